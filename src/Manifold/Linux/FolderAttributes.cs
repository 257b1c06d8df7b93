using System.Runtime.InteropServices;
using System.Text;

namespace Manifold.Linux;

/// <summary>What a folder is apart from its entries: mode, owner, time and extended attributes.</summary>
internal static partial class FolderAttributes
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const int LargestAttribute = 64 * 1024; // XATTR_SIZE_MAX, XATTR_LIST_MAX

    /// <summary>Whether overlayfs shows nothing from below this folder.</summary>
    public static bool IsOpaque(string folder) => Get(folder, "trusted.overlay.opaque") is [(byte)'y'];

    /// <summary>Gives <paramref name="to"/> the attributes of <paramref name="from"/>, except those that overlayfs keeps for itself.</summary>
    public static void Copy(string from, string to)
    {
        var status = PathStatus.Of(from) ?? throw new DirectoryNotFoundException($"Reading the attributes of '{from}': it is not there.");
        Check(LChOwn(to, status.Uid, status.Gid), "chown", to);
        Check(ChMod(to, status.Mode & 0xFFF), "chmod", to);
        foreach (var name in Names(from))
        {
            if (!name.StartsWith("trusted.overlay.", StringComparison.Ordinal) && Get(from, name) is { } value)
                Check(LSetXattr(to, name, value, (nuint)value.Length, 0), "setxattr", to);
        }
        SetTime(to, status.ModifiedSeconds, status.ModifiedNanoseconds);
    }

    /// <summary>Makes a folder without entries look as an unpacker makes it by default: root's, 0755, the epoch.</summary>
    public static void Default(string folder)
    {
        Check(LChOwn(folder, 0, 0), "chown", folder);
        Check(ChMod(folder, 0x1ED), "chmod", folder);
        SetTime(folder, 0, 0);
    }

    private static void SetTime(string path, long seconds, long nanoseconds) =>
        Check(UTimeNsAt(CurrentFolder, path, [seconds, nanoseconds, seconds, nanoseconds], 0), "utimensat", path);

    private static string[] Names(string path)
    {
        var buffer = new byte[LargestAttribute];
        var length = LListXattr(path, buffer, (nuint)buffer.Length);
        return length <= 0 ? [] : Encoding.UTF8.GetString(buffer, 0, (int)length).Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }

    private static byte[]? Get(string path, string name)
    {
        var buffer = new byte[LargestAttribute];
        var length = LGetXattr(path, name, buffer, (nuint)buffer.Length);
        return length < 0 ? null : buffer[..(int)length];
    }

    private static void Check(int result, string call, string path)
    {
        if (result == 0)
            return;
        var error = Marshal.GetLastPInvokeError();
        throw new IOException($"{call} '{path}': {Marshal.GetPInvokeErrorMessage(error)}.", error);
    }

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LChOwn(string path, uint uid, uint gid);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChMod(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "utimensat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UTimeNsAt(int folder, string path, [In] long[] times, int flags);

    [LibraryImport("libc", EntryPoint = "llistxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint LListXattr(string path, [Out] byte[] list, nuint size);

    [LibraryImport("libc", EntryPoint = "lgetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint LGetXattr(string path, string name, [Out] byte[] value, nuint size);

    [LibraryImport("libc", EntryPoint = "lsetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LSetXattr(string path, string name, byte[] value, nuint size, int flags);
}
