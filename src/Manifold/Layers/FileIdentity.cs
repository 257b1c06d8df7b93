using Manifold.Linux;

namespace Manifold.Layers;

/// <summary>Names one file among others, whatever it is called: the hard links of a file have the same identity.</summary>
/// <param name="Place">Where the number counts: the number of a device, or a tree of entries.</param>
internal sealed record FileIdentity(object Place, ulong Number)
{
    /// <summary>The identity of a file on disk; null for one that has no second name, and for what is not a regular file.</summary>
    internal static FileIdentity? Of(FileStatus status) =>
        status is { IsRegularFile: true, Links: > 1 } ? new FileIdentity(status.Device, status.Inode) : null;

    /// <summary>The same entries, but further names of a file are hard links to the first: copies keep what the original has.</summary>
    internal static IEnumerable<LayerEntry> KeepLinks(IEnumerable<LayerEntry> entries)
    {
        var first = new Dictionary<(FileIdentity, int, uint, uint, FileTime), string>();
        foreach (var entry in entries)
        {
            if (entry is not { Kind: EntryKind.File, Identity: { } identity }
                || first.TryAdd((identity, entry.Mode, entry.Uid, entry.Gid, entry.Modified), entry.Path))
                yield return entry;
            else
                yield return entry.AsHardLink(entry.Path, first[(identity, entry.Mode, entry.Uid, entry.Gid, entry.Modified)]);
        }
    }
}
