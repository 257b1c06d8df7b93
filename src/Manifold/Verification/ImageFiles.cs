using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Verification;

/// <summary>One layer of an image in numbers.</summary>
/// <param name="Number">From 1, the lowest.</param>
/// <param name="CreatedBy">The instruction that made it; null if the config's history does not say.</param>
/// <param name="Bytes">The bytes of its files, uncompressed.</param>
/// <param name="Deletions">How many paths of lower layers it deletes.</param>
/// <param name="WastedBytes">The bytes of its files that higher layers replace or delete.</param>
internal sealed record FilesOfLayer(
    int Number, Descriptor Blob, Digest DiffId, string? CreatedBy, int Files, long Bytes, int Deletions, long WastedBytes);

/// <summary>One file of a layer, or a deletion.</summary>
/// <param name="Path">Without a slash at its start.</param>
/// <param name="Layer">The number of the layer, from 1.</param>
/// <param name="HiddenBy">The number of the higher layer that replaces or deletes it; null if a container sees the file.</param>
internal sealed record FileOfLayer(string Path, long Bytes, int Layer, int? HiddenBy)
{
    /// <summary>The higher layer deletes the file, and has nothing in its place.</summary>
    public bool IsDeletedThere { get; init; }

    /// <summary>This is no file: the layer deletes the path of a lower layer, or everything below it.</summary>
    public bool IsDeletion { get; init; }
}

/// <summary>The files of one platform's image, by layer.</summary>
/// <param name="Files">The largest first.</param>
/// <param name="Entries">How many files and deletions there are, shown or not.</param>
internal sealed record ImageFiles(ImmutableArray<FilesOfLayer> Layers, ImmutableArray<FileOfLayer> Files, long Entries)
{
    public long Bytes => Layers.Sum(layer => layer.Bytes);
    public long WastedBytes => Layers.Sum(layer => layer.WastedBytes);

    /// <summary>Reads the layers' tables of contents, and picks the largest files.</summary>
    /// <remarks>
    /// A layer whose table the store keeps is not read again. Every other layer is streamed once, nothing of its content is kept, and
    /// its table goes to the store, so memory holds one table at a time, the paths, and as many files as are returned.
    /// </remarks>
    /// <param name="how">The tables that the store keeps, and how many files to return.</param>
    /// <param name="onLayer">Called with the number of each layer before it is read.</param>
    /// <exception cref="ManifoldException">Something of the image is missing or broken.</exception>
    public static async Task<ImageFiles> ReadAsync(
        IImageSource source, PlatformImage image, (ContentsCache Cache, int Most) how, Action<int>? onLayer = null,
        CancellationToken cancellation = default)
    {
        var (cache, most) = how;
        var (layers, diffIds) = (image.Manifest.Layers, image.Config.RootFs.DiffIds);
        if (layers.Length != diffIds.Length)
        {
            throw new ContentMismatchException($"Reading {source.Location}: the manifest {image.Descriptor.Digest.Short} has "
                + $"{layers.Length} layers, but its config lists {diffIds.Length}. The image is broken. Get it again from its publisher.");
        }
        var unsaved = new Dictionary<int, TableOfContents>();
        for (var i = 0; i < layers.Length; i++)
        {
            onLayer?.Invoke(i + 1);
            if (cache.Has(diffIds[i]) && cache.Find(diffIds[i]) is not null)
                continue;
            var (layer, diffId) = (layers[i], diffIds[i]);
            var blob = await source.OpenBlobAsync(layer, cancellation).ConfigureAwait(false);
            var table = await Task.Run(() => LayerReader.Read(blob, layer, diffId, TableOfContents.Of, cancellation), cancellation)
                .ConfigureAwait(false);
            if (cache.Has(diffId))
                unsaved[i] = table; // the one that the store keeps is damaged
            cache.Save(diffId, table);
        }
        return Pick(image, new Tables(cache, diffIds, unsaved), most);
    }

    private static ImageFiles Pick(PlatformImage image, Tables tables, int most)
    {
        var wasted = WastedFiles.Find(tables).ToDictionary(file => (file.Layer, file.Path));
        var history = (image.Config.History ?? []).Where(entry => entry.EmptyLayer != true).Select(entry => entry.CreatedBy).ToList();
        var largest = new PriorityQueue<FileOfLayer, FileOfLayer>(Comparer<FileOfLayer>.Create((a, b) => -Order(a, b)));
        var layers = ImmutableArray.CreateBuilder<FilesOfLayer>();
        var count = 0L;
        for (var i = 0; i < tables.Count; i++)
        {
            var layer = new FilesOfLayer(
                i + 1, image.Manifest.Layers[i], tables.DiffIds[i], history.Count == tables.Count ? history[i] : null, 0, 0, 0, 0);
            foreach (var file in tables[i].Entries.Select(entry => Of(entry, i, wasted)).OfType<FileOfLayer>())
            {
                count++;
                layer = file.IsDeletion ? layer with { Deletions = layer.Deletions + 1 } : layer with
                {
                    Files = layer.Files + 1,
                    Bytes = layer.Bytes + file.Bytes,
                    WastedBytes = layer.WastedBytes + (file.HiddenBy is null ? 0 : file.Bytes),
                };
                largest.Enqueue(file, file);
                if (largest.Count > most)
                    largest.Dequeue();
            }
            layers.Add(layer);
        }
        var shown = largest.UnorderedItems.Select(item => item.Element).Order(Comparer<FileOfLayer>.Create(Order));
        return new ImageFiles(layers.ToImmutable(), [.. shown], count);
    }

    private static FileOfLayer? Of(LayerEntry entry, int layer, Dictionary<(int, string), WastedFile> wasted)
    {
        if (entry.Kind == EntryKind.Whiteout || entry.Opaque)
            return new FileOfLayer(entry.Path, 0, layer + 1, null) { IsDeletion = true };
        if (entry.Kind != EntryKind.File)
            return null;
        var hidden = wasted.GetValueOrDefault((layer, entry.Path));
        return new FileOfLayer(entry.Path, entry.Size, layer + 1, hidden?.By + 1) { IsDeletedThere = hidden is { Deleted: true } };
    }

    /// <summary>The largest first, files before deletions, then by path and layer.</summary>
    private static int Order(FileOfLayer a, FileOfLayer b) =>
        a.Bytes != b.Bytes ? b.Bytes.CompareTo(a.Bytes)
        : a.IsDeletion != b.IsDeletion ? a.IsDeletion.CompareTo(b.IsDeletion)
        : a.Path != b.Path ? string.CompareOrdinal(a.Path, b.Path) : a.Layer.CompareTo(b.Layer);

    /// <summary>The tables of the layers, of which one is in memory at a time.</summary>
    private sealed class Tables(ContentsCache cache, ImmutableArray<Digest> diffIds, IReadOnlyDictionary<int, TableOfContents> unsaved)
        : IReadOnlyList<TableOfContents>
    {
        private (int Index, TableOfContents Table)? last;

        public ImmutableArray<Digest> DiffIds => diffIds;
        public int Count => diffIds.Length;

        public TableOfContents this[int index]
        {
            get
            {
                if (last is not { } known || known.Index != index)
                {
                    last = known = (index, unsaved.GetValueOrDefault(index) ?? cache.Find(diffIds[index]) ?? throw Lost(index));
                }
                return known.Table;
            }
        }

        private static ContentMismatchException Lost(int index) =>
            new($"Reading the contents of layer {index + 1}: they are no longer in the store. Run the command again.");

        public IEnumerator<TableOfContents> GetEnumerator() => Enumerable.Range(0, Count).Select(i => this[i]).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
