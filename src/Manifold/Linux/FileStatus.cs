namespace Manifold.Linux;

/// <summary>A time of the kernel's: seconds since 1970, which may be negative, and nanoseconds.</summary>
internal readonly record struct FileTime(long Seconds, int Nanoseconds = 0) : IComparable<FileTime>
{
    public int CompareTo(FileTime other) =>
        Seconds != other.Seconds ? Seconds.CompareTo(other.Seconds) : Nanoseconds.CompareTo(other.Nanoseconds);

    public static bool operator <(FileTime left, FileTime right) => left.CompareTo(right) < 0;
    public static bool operator <=(FileTime left, FileTime right) => left.CompareTo(right) <= 0;
    public static bool operator >(FileTime left, FileTime right) => left.CompareTo(right) > 0;
    public static bool operator >=(FileTime left, FileTime right) => left.CompareTo(right) >= 0;
}

/// <summary>What the kernel says of a file itself (links are not followed). <see cref="Type"/> holds the mode's S_IFMT bits.</summary>
internal readonly record struct FileStatus
{
    public const int TypeMask = 0xF000, Fifo = 0x1000,
        CharacterDevice = 0x2000, Folder = 0x4000, BlockDevice = 0x6000, RegularFile = 0x8000, SymbolicLink = 0xA000, Socket = 0xC000;

    public required int Type { get; init; }

    /// <summary>The permission bits with setuid, setgid and sticky: 07777.</summary>
    public required int Mode { get; init; }

    /// <summary>Something is mounted here: what is seen is the mount's root, and belongs to somebody else.</summary>
    public required bool IsMountPoint { get; init; }
    public required uint Uid { get; init; }
    public required uint Gid { get; init; }
    public required long Size { get; init; }
    public required uint Links { get; init; }
    public required ulong Inode { get; init; }

    /// <summary>Device that the file is on, major in the upper half.</summary>
    public required ulong Device { get; init; }
    public required FileTime Modified { get; init; }
    public required FileTime Changed { get; init; }

    /// <summary>For device nodes: which device.</summary>
    public required uint NodeMajor { get; init; }
    public required uint NodeMinor { get; init; }

    public bool IsFolder => Type == Folder;
    public bool IsRegularFile => Type == RegularFile;
    public bool IsSymbolicLink => Type == SymbolicLink;

    /// <summary>For messages: "it is a socket, not a file".</summary>
    public string Noun => Type switch
    {
        Folder => "folder",
        SymbolicLink => "symbolic link",
        Fifo => "FIFO",
        Socket => "socket",
        CharacterDevice or BlockDevice => "device",
        _ => "file",
    };
}
