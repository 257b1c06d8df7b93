using Manifold.Layers;

namespace Manifold.Solving.Copying;

/// <summary>ADD's archives: a file whose content is a tar, plain or compressed, is unpacked; what it is called does not matter.</summary>
/// <remarks>Its entry <c>.</c> says nothing about the destination (BuildKit's behaviour).</remarks>
internal static class UnpackedArchive
{
    /// <summary>The archive's entries, unpacked into a folder that <paramref name="newFolder"/> makes. Null where the source is no archive.</summary>
    public static IEnumerable<LayerEntry>? TryOpen(SelectedSource source, Func<string> newFolder, CancellationToken cancellation)
    {
        if (source.Root is not { Kind: EntryKind.File, Size: > 0, Open: { } open })
            return null;
        using var archive = Archive.TryOpen(open(), source.Name);
        if (archive is null)
            return null;
        var folder = newFolder();
        var unpacked = new FolderWriter(folder, FolderFormat.Plain).Write(archive.Entries(), cancellation);
        return new FolderReader(folder, FolderFormat.Plain) { ImpliedFolders = unpacked.ImpliedFolders.ToHashSet(StringComparer.Ordinal) }.Entries();
    }
}
