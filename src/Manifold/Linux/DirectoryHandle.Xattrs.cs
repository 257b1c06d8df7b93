using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Manifold.Linux;

internal sealed partial class DirectoryHandle
{
    private const int MaxXattrBytes = 64 * 1024; // the kernel's XATTR_SIZE_MAX and XATTR_LIST_MAX

    /// <summary>
    /// The extended attributes of a name (of the folder itself for the empty one) that <paramref name="wanted"/> accepts.
    /// </summary>
    public unsafe ImmutableSortedDictionary<string, byte[]> Xattrs(string name, Func<string, bool> wanted)
    {
        var file = XattrPath(name);
        var probe = stackalloc byte[512];
        var length = FileCalls.ListXattrs(file, probe, 512);
        if (length == 0 || (length < 0 && Marshal.GetLastPInvokeError() == FileCalls.NotSupported))
            return ImmutableSortedDictionary<string, byte[]>.Empty;
        var names = length > 0 ? new ReadOnlySpan<byte>(probe, (int)length).ToArray() : LongXattrList(file, name);
        var found = ImmutableSortedDictionary.CreateBuilder<string, byte[]>(StringComparer.Ordinal);
        foreach (var range in names.AsSpan().Split((byte)0))
        {
            var key = FileName.Decode(names.AsSpan()[range]);
            if (key.Length > 0 && wanted(key))
                found[key] = XattrValue(file, key, name);
        }
        return found.ToImmutable();
    }

    public unsafe void SetXattr(string name, string key, ReadOnlySpan<byte> value)
    {
        fixed (byte* bytes = value)
            Done(FileCalls.SetXattr(XattrPath(name), key, bytes, (nuint)value.Length, 0),
                $"Setting the extended attribute '{key}' of", name);
    }

    public void RemoveXattr(string name, string key) =>
        Done(FileCalls.RemoveXattr(XattrPath(name), key), $"Removing the extended attribute '{key}' of", name);

    private unsafe byte[] LongXattrList(string file, string name)
    {
        var buffer = new byte[MaxXattrBytes];
        fixed (byte* bytes = buffer)
        {
            var length = FileCalls.ListXattrs(file, bytes, MaxXattrBytes);
            if (length < 0)
                throw FileCalls.Failure($"Listing the extended attributes of '{Described(name)}'");
            return buffer[..(int)length];
        }
    }

    private unsafe byte[] XattrValue(string file, string key, string name)
    {
        var buffer = new byte[MaxXattrBytes];
        fixed (byte* bytes = buffer)
        {
            var length = FileCalls.GetXattr(file, key, bytes, MaxXattrBytes);
            if (length < 0)
                throw FileCalls.Failure($"Reading the extended attribute '{key}' of '{Described(name)}'");
            return buffer[..(int)length];
        }
    }

    // The calls on extended attributes know no open folder; /proc/self/fd gives the folder a path that cannot be moved away.
    private string XattrPath(string name) => $"/proc/self/fd/{handle.DangerousGetHandle()}/{Self(name)}";
}
