using System.Collections.Immutable;
using Manifold.Linux;

namespace Manifold.Layers;

/// <summary>What an entry of a layer is.</summary>
internal enum EntryKind { File, Folder, SymbolicLink, HardLink, CharacterDevice, BlockDevice, Fifo, Whiteout }

/// <summary>One entry of a layer, whatever form the layer has: a tar, a folder on disk, files about to be copied.</summary>
/// <remarks>
/// Names and link targets are bytes to the kernel; <see cref="FileName"/> says how any byte fits into a string.
/// Source: OCI image specification, "Image Layer Filesystem Changeset".
/// </remarks>
internal sealed record LayerEntry
{
    /// <summary>
    /// Relative, <c>/</c> between components, none at either end; empty is the root. A whiteout's is the path that it hides.
    /// </summary>
    public required string Path { get; init; }
    public required EntryKind Kind { get; init; }

    /// <summary>Permissions with setuid, setgid and sticky: 07777.</summary>
    public int Mode { get; init; }
    public uint Uid { get; init; }
    public uint Gid { get; init; }
    public FileTime Modified { get; init; }

    /// <summary>
    /// Whether <see cref="Modified"/> is part of what the entry is, such as a server's Last-Modified: no clamp applies to it.
    /// </summary>
    public bool TimeIsOwn { get; init; }

    /// <summary>Bytes of a file; else 0.</summary>
    public long Size { get; init; }

    /// <summary>A symbolic link's target as it stands there, or the path in the layer that a hard link names once more.</summary>
    public string? LinkTarget { get; init; }
    public uint DeviceMajor { get; init; }
    public uint DeviceMinor { get; init; }
    public ImmutableSortedDictionary<string, byte[]> Xattrs { get; init; } = ImmutableSortedDictionary<string, byte[]>.Empty;

    /// <summary>The folder hides everything that lower layers have below it (a tar's <c>.wh..wh..opq</c>).</summary>
    public bool Opaque { get; init; }

    /// <summary>
    /// The layer has something below this folder, and no entry for it: whatever the lower layers say of it stays true; else 0755 root.
    /// </summary>
    public bool Implied { get; init; }

    /// <summary>
    /// A file's content from its begin; the caller disposes it. An entry of a tar can be opened once, until the next entry is read.
    /// </summary>
    public Func<Stream>? Open { get; init; }

    /// <summary>Which file this is, where it may have several names in what it was read from; null where it has one.</summary>
    public FileIdentity? Identity { get; init; }

    /// <summary>A folder that has no entry of its own.</summary>
    public static LayerEntry ImpliedFolder(string path, bool opaque = false) =>
        new()
        {
            Path = path,
            Kind = EntryKind.Folder,
            Mode = 0b111_101_101,
            Implied = true,
            Opaque = opaque,
        };

    /// <summary>One more name of the file that this entry describes.</summary>
    internal LayerEntry AsHardLink(string path, string target) => WithoutContent() with
    {
        Path = path,
        Kind = EntryKind.HardLink,
        LinkTarget = target,
        Size = 0,
        DeviceMajor = 0,
        DeviceMinor = 0,
    };

    /// <summary>The same under another path.</summary>
    internal LayerEntry Renamed(string path) => this with { Path = path };

    /// <summary>Whether another entry says the same of the same path, with the same content.</summary>
    /// <remarks>
    /// A file whose time has no fraction may have been changed within its second, or its time was set (useradd's backups): its content
    /// is compared. As containerd's differ has it.
    /// </remarks>
    public bool SameAs(LayerEntry other) =>
        Kind == other.Kind && Mode == other.Mode && Uid == other.Uid && Gid == other.Gid
        && Size == other.Size && LinkTarget == other.LinkTarget
        && DeviceMajor == other.DeviceMajor && DeviceMinor == other.DeviceMinor
        && Opaque == other.Opaque && SameXattrs(Xattrs, other.Xattrs)
        && (Kind == EntryKind.Folder || Modified == other.Modified)
        && (Kind != EntryKind.File || Modified.Nanoseconds != 0 || SameContent(Open!, other.Open!));

    private static bool SameContent(Func<Stream> left, Func<Stream> right)
    {
        using var a = left();
        using var b = right();
        var (bufferA, bufferB) = (new byte[64 * 1024], new byte[64 * 1024]);
        while (true)
        {
            var count = a.ReadAtLeast(bufferA, bufferA.Length, throwOnEndOfStream: false);
            if (count != b.ReadAtLeast(bufferB, bufferB.Length, throwOnEndOfStream: false)
                || !bufferA.AsSpan(0, count).SequenceEqual(bufferB.AsSpan(0, count)))
                return false;
            if (count < bufferA.Length)
                return true;
        }
    }

    private static bool SameXattrs(ImmutableSortedDictionary<string, byte[]>? left, ImmutableSortedDictionary<string, byte[]>? right) =>
        (left?.Count ?? 0) == (right?.Count ?? 0)
        && (left ?? ImmutableSortedDictionary<string, byte[]>.Empty)
            .All(pair => right!.TryGetValue(pair.Key, out var value) && value.AsSpan().SequenceEqual(pair.Value));

    /// <summary>What a table of contents keeps: everything that can be said without the bytes.</summary>
    internal LayerEntry WithoutContent() =>
        Open is null && Xattrs.IsEmpty ? this : this with { Open = null, Xattrs = ImmutableSortedDictionary<string, byte[]>.Empty };
}
