using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Manifold.Linux;
using Manifold.Sandbox;

namespace Manifold.EndToEnd.Linux;

/// <summary>Numbers and layouts of the kernel and glibc on each architecture: a C compiler reads them from Debian's headers.</summary>
public sealed class AsTheHeadersHaveIt
{
    private const string Included = """
        #define _GNU_SOURCE
        #include <dirent.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <sched.h>
        #include <signal.h>
        #include <stddef.h>
        #include <sys/socket.h>
        #include <linux/filter.h>
        #include <linux/if_tun.h>
        #include <linux/vm_sockets.h>
        #include <sys/file.h>
        #include <sys/mount.h>
        #include <sys/stat.h>
        #include <sys/statvfs.h>
        #include <sys/syscall.h>
        #include <sys/sysmacros.h>
        """;

    public static TheoryData<Architecture> Architectures => [Architecture.X64, Architecture.Arm64];

    [Theory]
    [MemberData(nameof(Architectures))]
    public async Task flags_of_open_files(Architecture architecture) => await Holds(architecture,
        ("O_DIRECTORY", FileCalls.DirectoryOf(architecture)),
        ("O_NOFOLLOW", FileCalls.NoFollowOf(architecture)),
        ("O_RDONLY", FileCalls.ReadOnly),
        ("O_WRONLY", FileCalls.WriteOnly),
        ("O_RDWR", FileLock.ReadWrite),
        ("O_CREAT", FileCalls.Create),
        ("O_EXCL", FileCalls.Exclusive),
        ("O_NONBLOCK", FileCalls.NonBlocking),
        ("O_CLOEXEC", FileCalls.CloseOnExec),
        ("AT_FDCWD", FileCalls.AtCurrentFolder),
        ("AT_SYMLINK_NOFOLLOW", FileCalls.AtSymlinkNoFollow),
        ("AT_REMOVEDIR", FileCalls.AtRemoveFolder),
        ("AT_EMPTY_PATH", FileCalls.AtEmptyPath),
        ("LOCK_SH", FileLock.Shared),
        ("LOCK_EX", FileLock.Exclusive),
        ("LOCK_NB", FileLock.NonBlocking));

    [Theory]
    [MemberData(nameof(Architectures))]
    public async Task errors(Architecture architecture) => await Holds(architecture,
        ("ENOENT", FileCalls.NoEntry),
        ("EEXIST", FileCalls.Exists),
        ("ENOTDIR", FileCalls.NotAFolder),
        ("EISDIR", FileCalls.IsAFolder),
        ("ELOOP", FileCalls.TooManyLinks),
        ("EOPNOTSUPP", FileCalls.NotSupported),
        ("EINTR", FileLock.Interrupted),
        ("EWOULDBLOCK", FileLock.WouldBlock),
        ("EIO", DiskTrouble.IoError),
        ("ENFILE", DiskTrouble.TooManyFilesAll),
        ("EMFILE", DiskTrouble.TooManyFiles),
        ("ENOSPC", DiskTrouble.NoSpace),
        ("EROFS", DiskTrouble.ReadOnly),
        ("EDQUOT", DiskTrouble.OverQuota),
        ("ENOSYS", SeccompProfile.NotImplemented));

    [Theory]
    [MemberData(nameof(Architectures))]
    public async Task mounts_and_namespaces(Architecture architecture) => await Holds(architecture,
        ("MS_RDONLY", (long)MountCalls.Flags.ReadOnly),
        ("MS_BIND", (long)MountCalls.Flags.Bind),
        ("MS_REC", (long)MountCalls.Flags.Recursive),
        ("MS_PRIVATE", (long)MountCalls.Flags.Private),
        ("MNT_DETACH", MountCalls.Detach),
        ("CLONE_NEWNS", MountCalls.NewMountNamespace),
        ("CLONE_FS", MountCalls.OwnFileSystemState),
        ("CLONE_NEWNET", NetworkNamespace.NewNetwork),
        ("(CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWUSER|CLONE_NEWPID|CLONE_NEWNET)",
            (long)SeccompProfile.NamespaceFlags),
        ("AF_VSOCK", (long)SeccompProfile.VsockFamily),
        ("ST_RDONLY", (long)DiskSpace.ReadOnlyFlag),
        ("ST_NOSUID", (long)MountCalls.RestrictionFlags[0].Bit),
        ("ST_NODEV", (long)MountCalls.RestrictionFlags[1].Bit),
        ("ST_NOEXEC", (long)MountCalls.RestrictionFlags[2].Bit));

    [Theory]
    [MemberData(nameof(Architectures))]
    public async Task calls_that_have_no_name_in_glibc(Architecture architecture) => await Holds(architecture,
        ("SYS_pidfd_open", TapFilter.OpenProcess),
        ("SYS_pidfd_getfd", TapFilter.TakeHandle),
        ("TUNATTACHFILTER", TapFilter.AttachOf(architecture)),
        ("sizeof(struct sock_fprog)", Unsafe.SizeOf<TapFilter.FilterProgram>()),
        ("offsetof(struct sock_fprog, filter)", Offset<TapFilter.FilterProgram>(nameof(TapFilter.FilterProgram.Code))),
        ("sizeof(struct sock_filter)", Unsafe.SizeOf<TapFilter.Instruction>()));

    [Theory]
    [MemberData(nameof(Architectures))]
    public async Task what_the_kernel_says_of_a_file(Architecture architecture) => await Holds(architecture,
        ("STATX_BASIC_STATS", FileCalls.StatusBasic),
        ("STATX_ATTR_MOUNT_ROOT", (long)FileCalls.StatusBuffer.MountRoot),
        ("sizeof(struct statx)", Unsafe.SizeOf<FileCalls.StatusBuffer>()),
        OfStatus("stx_attributes", nameof(FileCalls.StatusBuffer.Attributes)),
        OfStatus("stx_nlink", nameof(FileCalls.StatusBuffer.Links)),
        OfStatus("stx_uid", nameof(FileCalls.StatusBuffer.User)),
        OfStatus("stx_gid", nameof(FileCalls.StatusBuffer.Group)),
        OfStatus("stx_mode", nameof(FileCalls.StatusBuffer.Mode)),
        OfStatus("stx_ino", nameof(FileCalls.StatusBuffer.Inode)),
        OfStatus("stx_size", nameof(FileCalls.StatusBuffer.Size)),
        OfStatus("stx_ctime.tv_sec", nameof(FileCalls.StatusBuffer.ChangedSeconds)),
        OfStatus("stx_ctime.tv_nsec", nameof(FileCalls.StatusBuffer.ChangedNanoseconds)),
        OfStatus("stx_mtime.tv_sec", nameof(FileCalls.StatusBuffer.ModifiedSeconds)),
        OfStatus("stx_mtime.tv_nsec", nameof(FileCalls.StatusBuffer.ModifiedNanoseconds)),
        OfStatus("stx_rdev_major", nameof(FileCalls.StatusBuffer.NodeMajor)),
        OfStatus("stx_rdev_minor", nameof(FileCalls.StatusBuffer.NodeMinor)),
        OfStatus("stx_dev_major", nameof(FileCalls.StatusBuffer.DeviceMajor)),
        OfStatus("stx_dev_minor", nameof(FileCalls.StatusBuffer.DeviceMinor)),
        ("sizeof(struct timespec)", Unsafe.SizeOf<FileCalls.TimeSpecification>()),
        ("UTIME_OMIT", FileCalls.TimeSpecification.Omit),
        ("offsetof(struct dirent64, d_reclen)", DirectoryHandle.EntryLength),
        ("offsetof(struct dirent64, d_name)", DirectoryHandle.EntryName),
        ("S_IFMT", FileStatus.TypeMask),
        ("S_IFSOCK", FileStatus.Socket),
        ("S_IFLNK", FileStatus.SymbolicLink),
        ("S_IFIFO", FileStatus.Fifo));

    [Theory]
    [MemberData(nameof(Architectures))]
    public async Task the_size_of_a_disk(Architecture architecture) => await Holds(architecture,
        ("(sizeof(struct statvfs) <= 128)", 1),
        OfDisk("f_frsize", nameof(DiskSpace.Buffer.BlockSize)),
        OfDisk("f_blocks", nameof(DiskSpace.Buffer.Blocks)),
        OfDisk("f_bavail", nameof(DiskSpace.Buffer.Available)),
        OfDisk("f_files", nameof(DiskSpace.Buffer.Files)),
        OfDisk("f_favail", nameof(DiskSpace.Buffer.AvailableFiles)),
        OfDisk("f_flag", nameof(DiskSpace.Buffer.Flags)));

    private static (string, long) OfStatus(string member, string field) =>
        ($"offsetof(struct statx, {member})", Offset<FileCalls.StatusBuffer>(field));

    private static (string, long) OfDisk(string member, string field) =>
        ($"offsetof(struct statvfs, {member})", Offset<DiskSpace.Buffer>(field));

    private static long Offset<T>(string field) => Marshal.OffsetOf<T>(field);

    private static async Task Holds(Architecture architecture, params (string Name, long Value)[] facts)
    {
        var (target, folders) = Headers(architecture);
        using var folder = new TemporaryFolder();
        var asserted = facts.Select(fact => string.Create(CultureInfo.InvariantCulture,
            $"_Static_assert((long)({fact.Name}) == {fact.Value}L, \"{fact.Name} is not {fact.Value}\");\n"));
        var source = folder.Write("facts.c", $"{Included}\n{string.Concat(asserted)}");

        var compiled = await Tool.Try("clang", ["-fsyntax-only", $"--target={target}", "-nostdlibinc", .. folders.SelectMany(each =>
            (string[])["-isystem", each]), source]);

        Assert.True(compiled.ExitCode == 0, compiled.Error);
    }

    /// <summary>Of build.sh's libraries, else of Debian's package for cross-compiling, else this machine's own.</summary>
    private static (string Target, string[] Folders) Headers(Architecture architecture)
    {
        var (name, target) = architecture == Architecture.Arm64 ? ("arm64", "aarch64-linux-gnu") : ("amd64", "x86_64-linux-gnu");
        var fetched = Path.Combine(Cases.Repository, "artifacts/sysroot", name, "usr/include");
        string[][] places =
        [
            [Path.Combine(fetched, target), fetched],
            [$"/usr/{target}/include"],
            [$"/usr/include/{target}", "/usr/include"],
        ];
        var found = places.FirstOrDefault(place => File.Exists(Path.Combine(place[0], "asm/fcntl.h")));
        Assert.SkipWhen(found is null, $"There are no headers for {name} here; './build.sh --arch {name}' fetches them.");
        return (target, found);
    }
}
