using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using System.Text;
using System.Text.Unicode;

namespace Manifold.Linux;

/// <summary>Names of files: bytes to the kernel, strings here, and none is lost between.</summary>
/// <remarks>
/// A byte that is no part of valid UTF-8 is a lone surrogate U+DC80 to U+DCFF in the string, as in Python's <c>surrogateescape</c>;
/// so any name makes the round trip, and every other name reads as what it is.
/// </remarks>
internal static class FileName
{
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
            return Encoding.UTF8.GetString(bytes);
        var text = new StringBuilder(bytes.Length);
        Span<char> chars = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done)
                text.Append(chars[..rune.EncodeToUtf16(chars)]);
            else
                (_, length) = (text.Append((char)(0xDC00 + bytes[0])), 1);
            bytes = bytes[length..];
        }
        return text.ToString();
    }

    public static byte[] Encode(string name)
    {
        var bytes = new byte[MaxLength(name)];
        return bytes[..Encode(name, bytes)];
    }

    /// <summary>
    /// Encodes into <paramref name="target"/>, which has room for three bytes for each char, and returns how many were written.
    /// </summary>
    public static int Encode(string name, Span<byte> target)
    {
        if (Utf8.FromUtf16(name, target, out _, out var all, replaceInvalidSequences: false) == OperationStatus.Done)
            return all;
        var written = 0;
        for (var rest = name.AsSpan(); !rest.IsEmpty;)
        {
            if (rest[0] is >= '\uDC80' and <= '\uDCFF')
            {
                target[written++] = (byte)(rest[0] - 0xDC00);
                rest = rest[1..];
                continue;
            }
            _ = Rune.DecodeFromUtf16(rest, out var rune, out var length);
            written += rune.EncodeToUtf8(target[written..]);
            rest = rest[length..];
        }
        return written;
    }

    /// <summary>How many bytes the kernel sees.</summary>
    public static int Length(string name)
    {
        if (System.Text.Ascii.IsValid(name))
            return name.Length;
        return Encode(name).Length;
    }

    internal static int MaxLength(string name) => name.Length * 3;
}

/// <summary>Hands a name to the kernel as the bytes that <see cref="FileName"/> says, ended by a zero.</summary>
[CustomMarshaller(typeof(string), MarshalMode.ManagedToUnmanagedIn, typeof(ManagedToUnmanagedIn))]
internal static unsafe class FileNameMarshaller
{
    internal ref struct ManagedToUnmanagedIn
    {
        public static int BufferSize => 512;
        private byte* allocated;
        private byte* name;

        public void FromManaged(string managed, Span<byte> buffer)
        {
            // A zero would cut the name short and make another file of it.
            if (managed.Contains('\0', StringComparison.Ordinal))
                throw new UsageException($"'{managed}' is not a valid file name: it contains a zero byte.");
            var room = FileName.MaxLength(managed) + 1;
            if (room > buffer.Length)
            {
                allocated = (byte*)NativeMemory.Alloc((nuint)room);
                buffer = new Span<byte>(allocated, room);
            }
            buffer[FileName.Encode(managed, buffer)] = 0;
            name = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(buffer));
        }

        public readonly byte* ToUnmanaged() => name;

        public readonly void Free() => NativeMemory.Free(allocated);
    }
}
