using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Manifold.Linux;

/// <summary>The kernel's mount table, as the calling thread sees it.</summary>
/// <remarks>Every failure is an <see cref="IOException"/> that names the call and the path.</remarks>
internal static partial class MountCalls
{
    [Flags]
    public enum Flags : ulong
    {
        None = 0,
        ReadOnly = 0x1,
        Bind = 0x1000,
        Recursive = 0x4000,
        Private = 0x40000,
    }

    internal const int NewMountNamespace = 0x00020000, OwnFileSystemState = 0x00000200; // CLONE_NEWNS, CLONE_FS
    internal const int Detach = 2; // MNT_DETACH

    /// <summary>
    /// Gives the calling thread, and only it, a mount table, a working folder and a umask of its own;
    /// the umask is 022, as a RUN expects it.
    /// </summary>
    public static void UnshareThread()
    {
        Check(Unshare(NewMountNamespace | OwnFileSystemState), "unshare", "mount namespace");
        _ = UMask(0x12); // returns the former one
    }

    public static void Mount(string source, string target, string type, Flags flags, string? options = null) =>
        Check(Mount(source, target, type, (nuint)flags, options), $"mount {type}", target);

    public static void Bind(string source, string target) =>
        Check(Mount(source, target, null, (nuint)Flags.Bind, null), "bind mount", target);

    /// <summary>Keeps mounts made from now on from reaching any other namespace.</summary>
    public static void MakeAllPrivate() =>
        Check(Mount("none", "/", null, (nuint)(Flags.Recursive | Flags.Private), null), "make private", "/");

    /// <summary>Takes a mount out of the tree at once; what still uses it keeps it until the end.</summary>
    public static void Unmount(string target) => Check(Umount2(target, Detach), "unmount", target);

    /// <summary>The same where something may be mounted, or not.</summary>
    public static void UnmountIfMounted(string target) => _ = Umount2(target, Detach);

    /// <summary>What is forbidden on the mount that a path is on, as options of a mount.</summary>
    public static unsafe ImmutableArray<string> Restrictions(string path)
    {
        DiskSpace.Buffer status;
        // Where a word has 32 bits, glibc pads the structure otherwise.
        if (IntPtr.Size != sizeof(ulong) || StatusOfFileSystem(path, &status) != 0)
            return [];
        var forbidden = status.Flags;
        return [.. RestrictionFlags.Where(each => (forbidden & each.Bit) != 0).Select(each => each.Option)];
    }

    // ST_NOSUID, ST_NODEV, ST_NOEXEC
    internal static readonly ImmutableArray<(ulong Bit, string Option)> RestrictionFlags = [(2, "nosuid"), (4, "nodev"), (8, "noexec")];

    /// <summary>Changes the working folder: of the thread after <see cref="UnshareThread"/>, else of the process.</summary>
    public static void ChangeFolder(string path) => Check(ChDir(path), "chdir", path);

    private static void Check(int result, string call, string path)
    {
        if (result == 0)
            return;
        var error = Marshal.GetLastPInvokeError();
        throw new IOException($"{call} '{path}': {Marshal.GetPInvokeErrorMessage(error)}.", error);
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint UMask(uint mask);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string? type, nuint flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Umount2(string target, int flags);

    [LibraryImport("libc", EntryPoint = "statvfs", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatusOfFileSystem(string path, DiskSpace.Buffer* status);

    [LibraryImport("libc", EntryPoint = "chdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChDir(string path);
}
