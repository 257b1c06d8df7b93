using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Registry;

namespace Manifold.Images.Outputs;

/// <summary>
/// The files of one platform's image as a container sees them, streamed out of its layers; nothing is mounted and nothing is kept on disk.
/// </summary>
/// <remarks>
/// <code>
/// each layer       1  what it has, without the content
/// stacked          2  whose entry wins each path; whiteouts are gone with what they hide
/// out, in order    3  folders, links and nodes, parents first
///                  4  files, layer by layer: a layer's blob is read to its end once more, which proves it
///                  5  further names of files
/// </code>
/// A name of a file whose first name an upper layer has taken away or replaced is the file itself. Costs decompressing each layer twice,
/// and memory for the names.
/// </remarks>
internal sealed class MergedFiles
{
    private readonly IImageSource source;
    private readonly PlatformImage image;
    private readonly ImmutableArray<TableOfContents>.Builder tables = ImmutableArray.CreateBuilder<TableOfContents>();
    private readonly Dictionary<(int Layer, string Path), ImmutableSortedDictionary<string, byte[]>> xattrs = [];
    private readonly List<LayerEntry> bare = [];
    private readonly Dictionary<(int Layer, string Path), string> files = [];
    private readonly List<LayerEntry> links = [];

    private MergedFiles(IImageSource source, PlatformImage image) => (this.source, this.image) = (source, image);

    public static async Task<MergedFiles> ReadAsync(IImageSource source, PlatformImage image, CancellationToken cancellation)
    {
        var merged = new MergedFiles(source, image);
        // 1
        for (var layer = 0; layer < image.Manifest.Layers.Length; layer++)
        {
            var at = layer;
            merged.tables.Add(await merged.ReadLayerAsync(layer,
                entries => TableOfContents.Of(entries.Select(entry => merged.Noted(at, entry))), cancellation).ConfigureAwait(false));
        }
        // 2
        merged.Merge();
        return merged;
    }

    /// <summary>Whether the image has something at a path.</summary>
    public bool Has(string path) => new Chain(tables.ToImmutable()).Find(path) is not null;

    /// <summary>Hands out every entry once. A file's content can be read until the next entry comes.</summary>
    public async Task WriteAsync(Action<LayerEntry> write, IProgress<BlobPlaced>? progress, CancellationToken cancellation)
    {
        // 3
        bare.ForEach(write);
        // 4
        foreach (var layer in files.Keys.Select(file => file.Layer).Distinct().Order())
        {
            await ReadLayerAsync(layer, entries =>
            {
                foreach (var entry in entries.Where(entry => entry.Kind == EntryKind.File))
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (files.TryGetValue((layer, entry.Path), out var path))
                        write(entry with { Path = path });
                }
                return true;
            }, cancellation).ConfigureAwait(false);
            progress?.Report(new BlobPlaced(image.Manifest.Layers[layer], AlreadyThere: false));
        }
        // 5
        links.ForEach(write);
    }

    private async Task<T> ReadLayerAsync<T>(int layer, Func<IEnumerable<LayerEntry>, T> use, CancellationToken cancellation)
    {
        var descriptor = image.Manifest.Layers[layer];
        var blob = await source.OpenBlobAsync(descriptor, cancellation).ConfigureAwait(false);
        return await Task.Run(() => LayerReader.Read(blob, descriptor, image.Config.RootFs.DiffIds[layer], use, cancellation),
            cancellation).ConfigureAwait(false);
    }

    /// <summary>A table of contents keeps no attributes; those of files come with their content.</summary>
    private LayerEntry Noted(int layer, LayerEntry entry)
    {
        if (entry.Kind != EntryKind.File && !entry.Xattrs.IsEmpty)
            xattrs[(layer, entry.Path)] = entry.Xattrs;
        return entry;
    }

    private void Merge()
    {
        var names = new List<Chain.Found>();
        foreach (var found in new Chain(tables.ToImmutable()).LocateBelow(""))
        {
            if (found.Entry.Kind == EntryKind.File)
                files[(found.Layer, found.Entry.Path)] = found.Entry.Path;
            else if (found.Entry.Kind == EntryKind.HardLink)
                names.Add(found);
            else
                AddBare(found, found.Entry.Path);
        }
        foreach (var name in names)
            AddName(name.Entry.Path, OriginalOf(name));
    }

    private void AddBare(Chain.Found found, string path) => bare.Add(found.Entry with
    {
        Path = path,
        Opaque = false,
        Implied = false,
        Xattrs = xattrs.GetValueOrDefault((found.Layer, found.Entry.Path), ImmutableSortedDictionary<string, byte[]>.Empty),
    });

    private void AddName(string path, Chain.Found original)
    {
        if (original.Entry.Kind != EntryKind.File)
            AddBare(original, path);
        else if (!files.TryAdd((original.Layer, original.Entry.Path), path))
            links.Add(original.Entry.AsHardLink(path, files[(original.Layer, original.Entry.Path)]));
    }

    /// <summary>The file that a hard link was to when its layer was made: in the same layer, else in what lay below.</summary>
    private Chain.Found OriginalOf(Chain.Found link)
    {
        for (var links = 0; link.Entry.Kind == EntryKind.HardLink; links++)
        {
            var target = link.Entry.LinkTarget!;
            var there = tables[link.Layer].Find(target) is { Kind: not EntryKind.Whiteout } own ? new Chain.Found(own, link.Layer)
                : new Chain(tables.Take(link.Layer).ToArray()).Locate(target);
            if (there is not { Entry.Kind: not EntryKind.Folder } found || links == Limits.SymbolicLinks)
                throw new LayerException($"Reading {source.Location}: '{link.Entry.Path}' is a hard link to '{target}', "
                    + "which is not a file in the image. The image is broken. Get it again from its publisher.");
            link = found;
        }
        return link;
    }
}
