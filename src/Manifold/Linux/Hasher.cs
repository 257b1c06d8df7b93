using System.Runtime.InteropServices;

namespace Manifold.Linux;

/// <summary>A hash function. Source: FIPS 180-4; RFC 1321 for MD5. The last two only name things; they prove nothing.</summary>
internal enum HashKind
{
    Sha256,
    Sha512,
    Sha1,
    Md5,
}

/// <summary>Hashes bytes as they arrive. Not thread-safe.</summary>
internal sealed unsafe class Hasher : IDisposable
{
    public const int Sha256Bytes = 32;

    private readonly Functions functions;
    private readonly byte* context = (byte*)NativeMemory.AllocZeroed(CryptoCalls.ContextBytes);
    private bool disposed;

    /// <exception cref="HostNotReadyException">The build is not the native one, and OpenSSL is not installed.</exception>
    public Hasher(HashKind kind)
    {
        Kind = kind;
        functions = kind switch
        {
            HashKind.Sha256 => new(Sha256Bytes, &CryptoCalls.BeginSha256, &CryptoCalls.AddSha256, &CryptoCalls.EndSha256),
            HashKind.Sha512 => new(64, &CryptoCalls.BeginSha512, &CryptoCalls.AddSha512, &CryptoCalls.EndSha512),
            HashKind.Sha1 => new(20, &CryptoCalls.BeginSha1, &CryptoCalls.AddSha1, &CryptoCalls.EndSha1),
            _ => new(16, &CryptoCalls.BeginMd5, &CryptoCalls.AddMd5, &CryptoCalls.EndMd5),
        };
        try
        {
            Begin();
        }
        catch (DllNotFoundException)
        {
            throw OpenSsl.Missing("This build of manifold", "libcrypto.so.3");
        }
    }

    public HashKind Kind { get; }

    /// <summary>The hash of the bytes: 32 of them for SHA-256, 64 for SHA-512, 20 for SHA-1, 16 for MD5.</summary>
    public static byte[] Hash(HashKind kind, ReadOnlySpan<byte> bytes)
    {
        using var hasher = new Hasher(kind);
        hasher.Append(bytes);
        return hasher.Finish();
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        fixed (byte* first = bytes)
            _ = functions.Add(context, first, (nuint)bytes.Length);
        GC.KeepAlive(this);
    }

    /// <summary>The hash of all that was appended since the last time; the next byte begins a new one.</summary>
    public byte[] Finish()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        var hash = new byte[functions.Bytes];
        fixed (byte* first = hash)
            _ = functions.End(first, context);
        Begin();
        GC.KeepAlive(this);
        return hash;
    }

    private void Begin()
    {
        _ = functions.Begin(context);
        GC.KeepAlive(this);
    }

    ~Hasher() => Free();

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (disposed)
            return;
        disposed = true;
        NativeMemory.Free(context);
    }

    private readonly struct Functions(
        int bytes, delegate*<byte*, int> begin, delegate*<byte*, byte*, nuint, int> add, delegate*<byte*, byte*, int> end)
    {
        public readonly int Bytes = bytes;
        public readonly delegate*<byte*, int> Begin = begin;
        public readonly delegate*<byte*, byte*, nuint, int> Add = add;
        public readonly delegate*<byte*, byte*, int> End = end;
    }
}
