using Manifold.Layers;

namespace Manifold.Solving.Copying;

/// <summary>ADD's archives: a file whose content is a tar, plain or compressed, is unpacked; what it is called does not matter.</summary>
/// <remarks>Its entry <c>.</c> says nothing about the destination (BuildKit's behaviour).</remarks>
internal static class UnpackedArchive
{
    /// <summary>The archive's entries, without its root. Null where the source is no archive.</summary>
    /// <param name="below">The file that is at a path of the destination already.</param>
    /// <param name="newTar">Names the file that takes the tar uncompressed; the entries' content is read from there.</param>
    public static IEnumerable<LayerEntry>? TryOpen(
        SelectedSource source, Func<string, LayerEntry?> below, Func<string> newTar, CancellationToken cancellation)
    {
        if (source.Root is not { Kind: EntryKind.File, Size: > 0, Open: { } open })
            return null;
        using var archive = Archive.TryOpen(open(), source.Name);
        if (archive is null)
            return null;
        return archive.ReadThrough(newTar(), below, cancellation).Entries().Where(entry => entry.Path.Length > 0);
    }
}
