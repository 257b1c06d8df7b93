using System.Runtime.InteropServices;

namespace Manifold.Linux;

/// <summary>What lstat says of a path: links are not followed.</summary>
internal sealed partial record PathStatus
{
    private const uint TypeMask = 0xF000, Folder = 0x4000, File = 0x8000, Link = 0xA000, CharacterDevice = 0x2000;
    private const int CurrentFolder = -100, NoFollow = 0x100; // AT_FDCWD, AT_SYMLINK_NOFOLLOW
    private const uint BasicStats = 0x7FF; // STATX_BASIC_STATS
    private const int NotFound = 2, NotAFolder = 20; // ENOENT, ENOTDIR

    public required uint Mode { get; init; }
    public required uint Uid { get; init; }
    public required uint Gid { get; init; }
    public required long ModifiedSeconds { get; init; }
    public required uint ModifiedNanoseconds { get; init; }
    public required bool IsWhiteout { get; init; }

    public bool IsFolder => (Mode & TypeMask) == Folder;
    public bool IsFile => (Mode & TypeMask) == File;
    public bool IsLink => (Mode & TypeMask) == Link;

    /// <summary>The status of a path, or null where there is nothing.</summary>
    public static PathStatus? Of(string path)
    {
        Span<byte> buffer = stackalloc byte[256];
        int result;
        unsafe
        {
            fixed (byte* pointer = buffer)
                result = StatX(CurrentFolder, path, NoFollow, BasicStats, pointer);
        }
        if (result != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error is NotFound or NotAFolder ? null : throw new IOException($"stat '{path}': {Marshal.GetPInvokeErrorMessage(error)}.", error);
        }
        return Read(buffer);
    }

    // The layout of struct statx is the same on every processor, which struct stat's is not.
    private static PathStatus Read(ReadOnlySpan<byte> statx)
    {
        var mode = MemoryMarshal.Read<ushort>(statx[28..]);
        return new PathStatus
        {
            Mode = mode,
            Uid = MemoryMarshal.Read<uint>(statx[20..]),
            Gid = MemoryMarshal.Read<uint>(statx[24..]),
            ModifiedSeconds = MemoryMarshal.Read<long>(statx[112..]),
            ModifiedNanoseconds = MemoryMarshal.Read<uint>(statx[120..]),
            IsWhiteout = (mode & TypeMask) == CharacterDevice && MemoryMarshal.Read<ulong>(statx[128..]) == 0,
        };
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatX(int folder, string path, int flags, uint mask, byte* buffer);
}
