using Manifold.Layers;

namespace Manifold.Verification;

/// <summary>A file of one layer that a later one replaces or deletes: its bytes are pulled by everybody and seen by nobody.</summary>
/// <param name="Layer">The index of the layer that has it, from 0, the lowest.</param>
/// <param name="By">The index of the layer that hides it.</param>
/// <param name="Deleted">It is gone; else another file has its place.</param>
internal sealed record WastedFile(string Path, long Bytes, int Layer, int By, bool Deleted);

/// <summary>Finds what an image's layers carry in vain, from their tables of contents alone.</summary>
/// <remarks>
/// One pass over each layer, from the top down, against what the layers above it have:
/// <code>
/// above                     hides below it
/// a file, a link            the same path, and all that was below it
/// a whiteout                the same path, and all that was below it
/// an opaque folder          all that was below it
/// a folder                  the same path where that was no folder
/// </code>
/// </remarks>
internal static class WastedFiles
{
    private readonly record struct Cover(int By, EntryKind Kind, bool Opaque)
    {
        public bool HidesBelow => Kind != EntryKind.Folder || Opaque;
    }

    /// <param name="layers">Lowest first.</param>
    public static IEnumerable<WastedFile> Find(IReadOnlyList<TableOfContents> layers)
    {
        var above = new Dictionary<string, Cover>(StringComparer.Ordinal);
        for (var i = layers.Count - 1; i >= 0; i--)
        {
            foreach (var wasted in FindIn(layers[i], i, above))
                yield return wasted;
            foreach (var entry in layers[i].Entries)
                Note(entry, i, above);
        }
    }

    private static IEnumerable<WastedFile> FindIn(TableOfContents layer, int index, Dictionary<string, Cover> above)
    {
        (string Path, Cover Cover)? hidden = null; // entries of one folder stand together
        foreach (var entry in layer.Entries)
        {
            if (hidden is { } end && !EntryPath.IsBelow(entry.Path, end.Path))
                hidden = null;
            Cover? cover = above.TryGetValue(entry.Path, out var same) ? same : null;
            if (hidden is null && cover is { HidesBelow: true } hiding && entry.Kind == EntryKind.Folder)
                hidden = (entry.Path, hiding);
            if (entry is not { Kind: EntryKind.File, Size: > 0 })
                continue;
            if ((cover ?? hidden?.Cover) is { } by)
                yield return new WastedFile(entry.Path, entry.Size, index, by.By, Deleted: cover is null || by.Kind == EntryKind.Whiteout);
        }
    }

    private static void Note(LayerEntry entry, int index, Dictionary<string, Cover> above)
    {
        var cover = new Cover(index, entry.Kind, entry.Opaque);
        // The nearest layer above is the one that did it; a folder that only passes by hides nothing that was not hidden.
        if (cover.HidesBelow)
            above[entry.Path] = cover;
        else if (!entry.Implied)
            above.TryAdd(entry.Path, cover);
    }
}
