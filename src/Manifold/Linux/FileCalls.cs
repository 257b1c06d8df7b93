using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Manifold.Linux;

/// <summary>
/// The kernel's calls on files relative to an open folder. Each returns -1 on failure; <see cref="Failure"/> makes the exception.
/// </summary>
internal static unsafe partial class FileCalls
{
    internal const int AtCurrentFolder = -100, AtSymlinkNoFollow = 0x100, AtRemoveFolder = 0x200, AtEmptyPath = 0x1000;
    internal const int NoEntry = 2, Exists = 17, NotAFolder = 20, IsAFolder = 21, TooManyLinks = 40, NotSupported = 95;
    internal const uint StatusBasic = 0x7FF;

    internal static readonly int Directory = DirectoryOf(RuntimeInformation.ProcessArchitecture);
    internal static readonly int NoFollow = NoFollowOf(RuntimeInformation.ProcessArchitecture);
    internal const int ReadOnly = 0, WriteOnly = 1, Create = 0x40, Exclusive = 0x80, NonBlocking = 0x800, CloseOnExec = 0x80000;

    [LibraryImport("libc", EntryPoint = "openat",
        SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static partial int OpenAt(int folder, string name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdirat",
        SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    internal static partial int MakeFolderAt(SafeFileHandle folder, string name, uint mode);

    [LibraryImport("libc", EntryPoint = "mknodat",
        SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    internal static partial int MakeNodeAt(SafeFileHandle folder, string name, uint mode, ulong device);

    [LibraryImport("libc", EntryPoint = "symlinkat",
        SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    internal static partial int SymlinkAt(string target, SafeFileHandle folder, string name);

    [LibraryImport("libc", EntryPoint = "linkat",
        SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    internal static partial int LinkAt(SafeFileHandle fromFolder, string from, SafeFileHandle folder, string name, int flags);

    [LibraryImport("libc", EntryPoint = "unlinkat",
        SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    internal static partial int UnlinkAt(SafeFileHandle folder, string name, int flags);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true, StringMarshalling = StringMarshalling.Custom,
        StringMarshallingCustomType = typeof(FileNameMarshaller))]
    internal static partial int RenameAt(SafeFileHandle fromFolder, string from, SafeFileHandle folder, string name);

    [LibraryImport("libc", EntryPoint = "readlinkat",
        SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    internal static partial nint ReadLinkAt(SafeFileHandle folder, string name, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "fchownat",
        SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    internal static partial int ChangeOwnerAt(SafeFileHandle folder, string name, uint user, uint group, int flags);

    [LibraryImport("libc", EntryPoint = "fchmodat",
        SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    internal static partial int ChangeModeAt(SafeFileHandle folder, string name, uint mode, int flags);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    internal static partial int ChangeOwner(SafeFileHandle file, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    internal static partial int ChangeMode(SafeFileHandle file, uint mode);

    [LibraryImport("libc", EntryPoint = "utimensat",
        SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    internal static partial int SetTimesAt(SafeFileHandle folder, string name, TimeSpecification* accessAndChange, int flags);

    [LibraryImport("libc", EntryPoint = "futimens", SetLastError = true)]
    internal static partial int SetTimes(SafeFileHandle file, TimeSpecification* accessAndChange);

    [LibraryImport("libc", EntryPoint = "statx",
        SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    private static partial int StatusAt(int folder, string name, int flags, uint mask, StatusBuffer* status);

    [LibraryImport("libc", EntryPoint = "getdents64", SetLastError = true)]
    internal static partial nint ReadFolder(SafeFileHandle folder, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "llistxattr",
        SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    internal static partial nint ListXattrs(string path, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "lgetxattr",
        SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    internal static partial nint GetXattr(string path, string name, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "lsetxattr",
        SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    internal static partial int SetXattr(string path, string name, byte* value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "lremovexattr",
        SetLastError = true, StringMarshalling = StringMarshalling.Custom, StringMarshallingCustomType = typeof(FileNameMarshaller))]
    internal static partial int RemoveXattr(string path, string name);

    /// <summary>O_DIRECTORY of an architecture. Its bit on x86 is O_DIRECT on arm, O_LARGEFILE on ppc.</summary>
    internal static int DirectoryOf(Architecture architecture) => HasOwnOrder(architecture) ? 0x4000 : 0x10000;

    /// <summary>O_NOFOLLOW of an architecture. Its bit on x86 is O_LARGEFILE on arm, O_DIRECT on ppc: links would be followed.</summary>
    internal static int NoFollowOf(Architecture architecture) => HasOwnOrder(architecture) ? 0x8000 : 0x20000;

    private static bool HasOwnOrder(Architecture architecture) =>
        architecture is Architecture.Arm or Architecture.Armv6 or Architecture.Arm64 or Architecture.Ppc64le;

    /// <summary>Opens by name, or returns null and leaves the reason in <see cref="Marshal.GetLastPInvokeError"/>.</summary>
    internal static SafeFileHandle? TryOpen(SafeFileHandle? folder, string name, int flags, uint mode = 0)
    {
        var file = OpenAt(folder is null ? AtCurrentFolder : (int)folder.DangerousGetHandle(), name, flags | CloseOnExec, mode);
        GC.KeepAlive(folder);
        return file < 0 ? null : new SafeFileHandle(file, ownsHandle: true);
    }

    /// <summary>
    /// What a name in an open folder is, or a path where there is none; null leaves the reason in
    /// <see cref="Marshal.GetLastPInvokeError"/>.
    /// </summary>
    internal static FileStatus? TryStatus(SafeFileHandle? folder, string name)
    {
        StatusBuffer status;
        var result = StatusAt(folder is null ? AtCurrentFolder : (int)folder.DangerousGetHandle(),
            name, AtSymlinkNoFollow | AtEmptyPath, StatusBasic, &status);
        GC.KeepAlive(folder);
        if (result != 0)
            return null;
        return new FileStatus
        {
            Type = status.Mode & FileStatus.TypeMask,
            Mode = status.Mode & 0xFFF,
            IsMountPoint = (status.Attributes & StatusBuffer.MountRoot) != 0,
            Uid = status.User,
            Gid = status.Group,
            Size = status.Size,
            Links = status.Links,
            Inode = status.Inode,
            Device = ((ulong)status.DeviceMajor << 32) | status.DeviceMinor,
            Modified = new FileTime(status.ModifiedSeconds, (int)status.ModifiedNanoseconds),
            Changed = new FileTime(status.ChangedSeconds, (int)status.ChangedNanoseconds),
            NodeMajor = status.NodeMajor,
            NodeMinor = status.NodeMinor,
        };
    }

    /// <summary>The exception for the last failed call, with the kernel's number as its HResult.</summary>
    internal static IOException Failure(string doing)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{doing}: {Marshal.GetPInvokeErrorMessage(error)}.", error);
    }

    /// <summary>glibc's <c>makedev</c>.</summary>
    internal static ulong Device(uint major, uint minor) =>
        ((major & 0xFFFFF000UL) << 32) | ((major & 0xFFFUL) << 8) | ((minor & 0xFFFFFF00UL) << 12) | (minor & 0xFFUL);

    [StructLayout(LayoutKind.Sequential)]
    internal struct TimeSpecification
    {
        internal const long Omit = (1L << 30) - 2;
        internal long Seconds, Nanoseconds;
    }

    /// <summary><c>struct statx</c>: the same on every architecture, unlike <c>struct stat</c>.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct StatusBuffer
    {
        internal const ulong MountRoot = 0x2000; // STATX_ATTR_MOUNT_ROOT, Linux 5.8
        [FieldOffset(8)] internal ulong Attributes;
        [FieldOffset(16)] internal uint Links;
        [FieldOffset(20)] internal uint User;
        [FieldOffset(24)] internal uint Group;
        [FieldOffset(28)] internal ushort Mode;
        [FieldOffset(32)] internal ulong Inode;
        [FieldOffset(40)] internal long Size;
        [FieldOffset(96)] internal long ChangedSeconds;
        [FieldOffset(104)] internal uint ChangedNanoseconds;
        [FieldOffset(112)] internal long ModifiedSeconds;
        [FieldOffset(120)] internal uint ModifiedNanoseconds;
        [FieldOffset(128)] internal uint NodeMajor;
        [FieldOffset(132)] internal uint NodeMinor;
        [FieldOffset(136)] internal uint DeviceMajor;
        [FieldOffset(140)] internal uint DeviceMinor;
    }
}
