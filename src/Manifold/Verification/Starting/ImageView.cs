using Manifold.Layers;
using Manifold.Verification.Binaries;

namespace Manifold.Verification.Starting;

/// <summary>What is at a path, links followed: where it really lies, in which layer, and its facts.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Layer">The layer's index in the image, from 0.</param>
internal sealed record Sighting(string Path, LayerEntry Entry, int Layer, FileFacts? Facts)
{
    public bool IsFolder => Entry.Kind == EntryKind.Folder;
    public bool MayRun => (Entry.Mode & 0b001_001_001) != 0;
    public string Folder => "/" + EntryPath.Parent(Path[1..]);
}

/// <summary>An image's file tree, or the upper part of it: the layers from <paramref name="lowest"/> up.</summary>
/// <remarks>
/// What is found in the upper layers is what a container sees there, since nothing below can change it; only of what is not found the
/// layers below may still have something. So a start that is followed without a fault need not be followed again with more layers.
/// </remarks>
/// <param name="layers">Those from <paramref name="lowest"/> to the top.</param>
internal sealed class ImageView(IReadOnlyList<LayerFiles> layers, int lowest)
{
    private readonly Chain chain = new([.. layers.Select(layer => layer.Contents)]);

    /// <summary>What an absolute path leads to; null where that is nothing, or nowhere (a loop of links, a file in the middle).</summary>
    public Sighting? Find(string path)
    {
        try
        {
            return chain.Resolve(path) is { Exists: true } resolved && chain.Locate(resolved.Path) is { } found
                ? Seen(resolved.Path, found)
                : null;
        }
        catch (LayerException)
        {
            return null;
        }
    }

    /// <summary>The files directly in a folder whose links were not followed yet.</summary>
    public IEnumerable<Sighting> FilesIn(string folder) => In(folder).Where(child => !child.IsFolder);

    /// <summary>The folders directly in a folder whose links were not followed yet.</summary>
    public IEnumerable<Sighting> FoldersIn(string folder) => In(folder).Where(child => child.IsFolder);

    /// <summary>The files of one folder that a pattern with wildcards in its last part matches, in the order of their paths.</summary>
    /// <param name="pattern">Absolute.</param>
    public IEnumerable<Sighting> FilesLike(string pattern) => !Dockerfile.FilePattern.TryParse(pattern, out var files) ? []
        : FilesIn(pattern[..pattern.LastIndexOf('/')]).Where(file => files.Matches(file.Path))
            .OrderBy(file => file.Path, StringComparer.Ordinal);

    /// <summary>The files anywhere below a folder, in the order of their paths; no more than so many.</summary>
    public IEnumerable<Sighting> FilesBelow(string folder, int most) => Find(folder) is not { IsFolder: true } found ? []
        : chain.LocateBelow(found.Path[1..]).Where(each => each.Entry.Kind is EntryKind.File or EntryKind.HardLink).Take(most)
            .Select(each => Seen(each.Entry.Path, each));

    /// <summary>Whether there is a file that anybody may execute.</summary>
    public bool HasPrograms => chain.Subtree("").Any(entry => entry is { Kind: EntryKind.HardLink } or { Kind: EntryKind.File, Size: > 0 }
        && (entry.Mode & 0b001_001_001) != 0);

    /// <summary>The entry of a path of a layer, where the image shows it; null where a layer above hides it.</summary>
    public LayerEntry? Shown(string path, int layer) => chain.Locate(path) is { } found && found.Layer == layer - lowest
        ? found.Entry : null;

    /// <summary>Where a link that leads nowhere points; null where the path is no link or leads somewhere.</summary>
    public string? DanglingTarget(string path)
    {
        try
        {
            var link = chain.Resolve(path, followLast: false);
            return link.Entry is { Kind: EntryKind.SymbolicLink } entry && Find(path) is null ? entry.LinkTarget : null;
        }
        catch (LayerException)
        {
            return null;
        }
    }

    private IEnumerable<Sighting> In(string folder) => Find(folder) is not { IsFolder: true } found ? []
        : chain.Children(found.Path[1..]).Select(child => Find("/" + child.Path)).OfType<Sighting>();

    private Sighting Seen(string path, Chain.Found found) => new("/" + path, found.Entry, lowest + Math.Max(found.Layer, 0),
        found.Layer < 0 ? null : layers[found.Layer].FactsOf(found.Entry));
}
