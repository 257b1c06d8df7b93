using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>An image of a Docker archive, as <c>docker save</c>, skopeo, buildah and kaniko write it, read in place.</summary>
/// <remarks>
/// <code>
/// index.json there and whole   1  Docker 25 and later: it is an OCI layout too, and read as one; digests are the image's own
/// manifest.json                2  config and layers by file name; the image by its name, or by its number as @0
///   config                     3  its bytes as they are; its digest is that of the bytes
///   layers                     4  a plain tar has the config's diff id for a digest; a compressed one is hashed once
/// manifest                     5  made here, of OCI's kind: the format has none
/// </code>
/// Plain layers stay plain. What is read is verified against these digests, so a layer that is not what the config says is refused.
/// </remarks>
internal sealed class DockerArchiveSource : IImageSource
{
    private readonly Lazy<INamedFiles> files;
    private readonly LayoutSource layout;
    private readonly SharedValue<Archived> image;

    internal DockerArchiveSource(ImageLocation location, Func<INamedFiles> open)
    {
        Location = location;
        files = new(open);
        layout = new LayoutSource(location, () => files.Value);
        image = new(ReadAsync);
    }

    /// <summary>What the archive holds: as a layout where <paramref name="Documents"/> is null.</summary>
    private sealed record Archived(
        ManifestContent Top, ImmutableDictionary<Digest, ReadOnlyMemory<byte>>? Documents, ImmutableDictionary<Digest, string> Layers);

    public ImageLocation Location { get; }

    public async Task<ManifestContent> ResolveAsync(CancellationToken cancellation = default) =>
        (await image.GetAsync(cancellation).ConfigureAwait(false)).Top;

    public async Task<ReadOnlyMemory<byte>> ReadDocumentAsync(Descriptor document, CancellationToken cancellation = default)
    {
        var archived = await image.GetAsync(cancellation).ConfigureAwait(false);
        if (archived.Documents is null)
            return await layout.ReadDocumentAsync(document, cancellation).ConfigureAwait(false);
        return archived.Documents.TryGetValue(document.Digest, out var bytes) ? bytes : throw Lacks(document);
    }

    public async Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation = default)
    {
        var archived = await image.GetAsync(cancellation).ConfigureAwait(false);
        if (archived.Documents is null)
            return await layout.OpenBlobAsync(blob, cancellation).ConfigureAwait(false);
        if (archived.Documents.TryGetValue(blob.Digest, out var bytes))
            return new MemoryStream(bytes.ToArray(), writable: false);
        return archived.Layers.TryGetValue(blob.Digest, out var path) && files.Value.TryOpen(path) is { } file
            ? new VerifiedStream(file, blob.Digest, blob.Size, files.Value.Place) : throw Lacks(blob);
    }

    public async Task<ImmutableArray<Descriptor>> ListReferrersAsync(Digest subject, CancellationToken cancellation = default) =>
        (await image.GetAsync(cancellation).ConfigureAwait(false)).Documents is null
            ? await layout.ListReferrersAsync(subject, cancellation).ConfigureAwait(false) : [];

    public ImmutableArray<ImageReference> OriginsOf(Digest blob) => [];

    public ValueTask DisposeAsync()
    {
        if (files.IsValueCreated)
            files.Value.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<Archived> ReadAsync(CancellationToken cancellation)
    {
        // 1
        if (await TryAsLayoutAsync(cancellation).ConfigureAwait(false) is { } top)
            return new Archived(top, null, ImmutableDictionary<Digest, string>.Empty);
        // 2
        var chosen = Choose(ReadImages());
        // 3
        var config = ReadDocument(chosen.Config!);
        var configDescriptor = new Descriptor { MediaType = MediaType.Config, Digest = Digest.Of(config), Size = config.Length };
        var diffIds = DocumentReading.Parse(Location, configDescriptor, config, ImageConfig.Parse).RootFs.DiffIds;
        if (diffIds.Length != chosen.Layers!.Value.Length)
            throw Broken($"its config lists {diffIds.Length} layers, but its manifest.json lists {chosen.Layers.Value.Length}");
        // 4
        var layers = chosen.Layers.Value.Zip(diffIds, DescribeLayer).ToImmutableArray();
        // 5
        var manifest = new Manifest { Config = configDescriptor, Layers = layers }.ToJson();
        var descriptor = new Descriptor { MediaType = MediaType.Manifest, Digest = Digest.Of(manifest), Size = manifest.Length };
        var documents = ImmutableDictionary<Digest, ReadOnlyMemory<byte>>.Empty.SetItem(descriptor.Digest, manifest)
            .SetItem(configDescriptor.Digest, config);
        var paths = layers.Zip(chosen.Layers.Value).Aggregate(
            ImmutableDictionary<Digest, string>.Empty, (all, layer) => all.SetItem(layer.First.Digest, layer.Second));
        return new Archived(new ManifestContent(descriptor, manifest), documents, paths);
    }

    /// <summary>The layout's image, where there is one with every manifest: the archive of one platform may list those of all.</summary>
    private async Task<ManifestContent?> TryAsLayoutAsync(CancellationToken cancellation)
    {
        if (!Has("oci-layout") || !Has("index.json"))
            return null;
        var top = await layout.ResolveAsync(cancellation).ConfigureAwait(false);
        if (!MediaType.IsIndex(top.Descriptor.MediaType))
            return top;
        var index = await layout.ReadIndexAsync(top.Descriptor, cancellation).ConfigureAwait(false);
        return index.Manifests.All(entry => layout.Contains(entry.Digest)) || !Has("manifest.json") ? top : null;
    }

    private ImmutableArray<DockerArchiveImage> ReadImages()
    {
        if (!Has("manifest.json"))
            throw new UsageException($"{files.Value.Place} is not a Docker archive: it has no 'manifest.json'. "
                + "For an archive of an OCI layout, use: oci-archive:FILE");
        try
        {
            var images =
                JsonSerializer.Deserialize(ReadDocument("manifest.json"), DockerArchiveJson.Default.ImmutableArrayDockerArchiveImage);
            if (images.IsDefaultOrEmpty || !images.All(IsWhole))
                throw Broken("its manifest.json lists no image, or an image without config or layers");
            return images;
        }
        catch (JsonException e)
        {
            throw Broken($"its manifest.json cannot be read ({e.Message})");
        }
    }

    private static bool IsWhole(DockerArchiveImage image) =>
        image is { Config: not null } && image.Layers is { IsDefault: false } layers && layers.All(layer => layer is not null);

    private DockerArchiveImage Choose(ImmutableArray<DockerArchiveImage> images)
    {
        if (Location.Digest is not null)
            throw new UsageException($"'{Location}': Docker archives do not store digests. "
                + $"Use the image's name or its number, as in docker-archive:{Location.Path}:@0.");
        var name = Location.Name;
        if (name is null && images.Length == 1)
            return images[0];
        if (name is ['@', .. var digits]
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number < images.Length)
            return images[number];
        var wanted = ImageReference.TryParse(name, out var reference) ? reference : null;
        var found = images.FirstOrDefault(
            image => image.Names.Any(known => known == name || (ImageReference.TryParse(known, out var own) && own == wanted)));
        var names = images.SelectMany((image, at) => image.Names.DefaultIfEmpty($"@{at}"));
        return found ?? throw new UsageException(
            (name is null
                ? $"There are several images in {files.Value.Place}. Choose one of"
                : $"There is no image '{name}' in {files.Value.Place}. It has") + $": {string.Join(", ", names)}.");
    }

    private Descriptor DescribeLayer(string path, Digest diffId)
    {
        using var file = files.Value.TryOpen(path) ?? throw Broken($"its layer '{path}' is missing");
        var start = new byte[4];
        var form = Compression.FormOf(start.AsSpan(0, file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)));
        return new Descriptor
        {
            MediaType = Compression.MediaTypeOf(form),
            Size = file.Length,
            Digest = form is LayerCompression.None ? diffId : HashOf(path),
        };
    }

    private Digest HashOf(string path)
    {
        using var file = files.Value.TryOpen(path)!;
        using var hash = new HashingStream(null);
        file.CopyTo(hash, 256 * 1024);
        return hash.Finish();
    }

    private byte[] ReadDocument(string path)
    {
        using var file = files.Value.TryOpen(path) ?? throw Broken($"its '{path}' is missing");
        if (file.Length > Limits.DocumentBytes)
            throw Broken($"its '{path}' has {file.Length} bytes; the limit for a document is {Limits.DocumentBytes}");
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private bool Has(string path)
    {
        using var file = files.Value.TryOpen(path);
        return file is not null;
    }

    private ContentMismatchException Lacks(Descriptor wanted) => Broken($"'{wanted.Digest}' is missing");

    private ContentMismatchException Broken(string what) => new($"Reading {Location}: {what}. Create the archive again.");
}
