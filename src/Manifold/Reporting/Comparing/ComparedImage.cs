using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Images;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Verification.Packages;

namespace Manifold.Reporting.Comparing;

/// <summary>One platform of an image with the digest of every file.</summary>
/// <param name="Hashes">Of each layer's files, in the order of the layers.</param>
internal sealed record ComparedPlatform(PlatformContents Contents, ImmutableArray<IReadOnlyDictionary<string, Digest>> Hashes)
{
    /// <summary>What a container would see: each path with its entry, and a file's digest.</summary>
    public IEnumerable<(LayerEntry Entry, Digest? Content)> Files()
    {
        foreach (var entry in Contents.Files.Subtree(""))
            yield return (entry, Contents.Files.Locate(entry.Path) is { Layer: >= 0 } found ? ContentOf(found) : null);
    }

    private Digest? ContentOf(Chain.Found found) =>
        Hashes[found.Layer].TryGetValue(found.Entry.Kind == EntryKind.HardLink ? found.Entry.LinkTarget! : found.Entry.Path, out var digest)
            ? digest
            : null;
}

/// <summary>Reads images to be compared. A layer that both have is read once.</summary>
internal sealed class ComparedImages
{
    private readonly SharedWork<Digest, (LayerSurvey Survey, IReadOnlyDictionary<string, Digest> Hashes)> layers = new();
    private readonly SemaphoreSlim processors = new(Environment.ProcessorCount);

    /// <remarks>Costs fetching and decompressing each layer once.</remarks>
    /// <exception cref="ManifoldException">Something of the image is missing or broken.</exception>
    public async Task<ImmutableArray<ComparedPlatform>> ReadAsync(IImageSource source, CancellationToken cancellation = default)
    {
        var top = await source.ResolveAsync(cancellation).ConfigureAwait(false);
        var images = await (await ImageTree.ReadAsync(source, top.Descriptor, cancellation).ConfigureAwait(false))
            .ReadImagesAsync(source, cancellation).ConfigureAwait(false);
        return [.. await FirstFailure.WhenAllAsync(images,
            (image, token) => ReadAsync(source, image, token), cancellation).ConfigureAwait(false)];
    }

    private async Task<ComparedPlatform> ReadAsync(IImageSource source, PlatformImage image, CancellationToken cancellation)
    {
        var (descriptor, manifest, config) = image;
        var read = await Task.WhenAll(manifest.Layers.Zip(config.RootFs.DiffIds,
            (layer, diffId) => layers.GetAsync(diffId, stop => ReadAsync(source, layer, diffId, stop), cancellation)))
            .ConfigureAwait(false);
        var contents = new PlatformContents(descriptor.Platform?.ToPlatform() ?? config.Platform,
            descriptor, manifest, config, [.. read.Select(each => each.Survey)]);
        return new ComparedPlatform(contents, [.. read.Select(each => each.Hashes)]);
    }

    private async Task<(LayerSurvey, IReadOnlyDictionary<string, Digest>)> ReadAsync(
        IImageSource source, Descriptor layer, Digest diffId, CancellationToken cancellation)
    {
        var blob = await source.OpenBlobAsync(layer, cancellation).ConfigureAwait(false);
        await processors.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => LayerReader.Read(blob, layer, diffId, entries => Take(entries, cancellation), cancellation),
                cancellation).ConfigureAwait(false);
        }
        finally
        {
            processors.Release();
        }
    }

    private static (LayerSurvey, IReadOnlyDictionary<string, Digest>) Take(IEnumerable<LayerEntry> entries, CancellationToken cancellation)
    {
        var table = new TableOfContents.Builder();
        var databases = ImmutableDictionary.CreateBuilder<string, byte[]>(StringComparer.Ordinal);
        var hashes = new Dictionary<string, Digest>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            cancellation.ThrowIfCancellationRequested();
            if (entry is { Kind: EntryKind.File, Open: { } open })
                hashes[entry.Path] = Hash(entry, open, databases);
            table.Add(entry);
        }
        return (new LayerSurvey(table.Build(), databases.ToImmutable()), hashes);
    }

    private static Digest Hash(LayerEntry entry, Func<Stream> open, ImmutableDictionary<string, byte[]>.Builder databases)
    {
        using var content = open();
        if (entry.Size > Limits.PackageDatabaseBytes || !PackageInventory.IsWanted(entry.Path))
            return Digest.Of(content);
        var bytes = new byte[entry.Size];
        content.ReadExactly(bytes);
        databases[entry.Path] = bytes;
        return Digest.Of(bytes);
    }
}
