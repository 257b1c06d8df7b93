using System.Formats.Tar;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>Writes an image as an OCI image layout of its own: a folder, or a tar of one.</summary>
/// <remarks>Blobs that were never downloaded are fetched first. Source: OCI image specification, "OCI Image Layout Specification".</remarks>
public sealed class ImageLayout(Store store, RegistryClient registry, BlobOrigins origins)
{
    private const string NameAnnotation = "org.opencontainers.image.ref.name";

    /// <param name="destination">A folder (made, or added to), or a file that is replaced.</param>
    public async Task WriteAsync(Descriptor image, IReadOnlyCollection<ImageReference> names, string destination, bool asTar, CancellationToken cancellation)
    {
        var blobs = new Dictionary<Digest, Descriptor>();
        await CollectAsync(image, blobs, 0, cancellation).ConfigureAwait(false);
        var folder = asTar ? Path.Combine(store.WorkFolder, "layout-" + Guid.NewGuid().ToString("N")) : destination;
        Directory.CreateDirectory(Path.Combine(folder, "blobs", "sha256"));
        foreach (var digest in blobs.Keys)
            await CopyAsync(digest, Path.Combine(folder, "blobs", digest.Algorithm, digest.Hex), cancellation).ConfigureAwait(false);
        Store.ReplaceFile(Path.Combine(folder, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}"""u8);
        Store.ReplaceFile(Path.Combine(folder, "index.json"), IndexOf(folder, image, names).ToJson());
        if (!asTar)
            return;
        await TarAsync(folder, destination, cancellation).ConfigureAwait(false);
        Linux.FileTree.Delete(folder);
    }

    private async Task CollectAsync(Descriptor descriptor, Dictionary<Digest, Descriptor> blobs, int depth, CancellationToken cancellation)
    {
        if (!blobs.TryAdd(descriptor.Digest, descriptor) || depth > Limits.IndexDepth)
            return;
        if (!store.Contains(descriptor.Digest))
            await new MissingBlob(registry, origins, store).FetchAsync(descriptor, cancellation).ConfigureAwait(false);
        var below = MediaType.IsIndex(descriptor.MediaType) ? ImageIndex.Parse(store.ReadDocument(descriptor.Digest)).Manifests
            : MediaType.IsManifest(descriptor.MediaType) ? Manifest.Parse(store.ReadDocument(descriptor.Digest)) is var manifest ? manifest.Layers.Add(manifest.Config) : []
            : [];
        foreach (var child in below)
            await CollectAsync(child, blobs, depth + 1, cancellation).ConfigureAwait(false);
    }

    private async Task CopyAsync(Digest digest, string target, CancellationToken cancellation)
    {
        if (File.Exists(target))
            return;
        var temporary = target + ".part";
        await using (var source = store.Open(digest))
        await using (var file = File.Create(temporary))
            await source.CopyToAsync(file, cancellation).ConfigureAwait(false);
        File.Move(temporary, target, overwrite: true);
    }

    private static ImageIndex IndexOf(string folder, Descriptor image, IReadOnlyCollection<ImageReference> names)
    {
        var path = Path.Combine(folder, "index.json");
        var others = File.Exists(path) ? ImageIndex.Parse(File.ReadAllBytes(path)).Manifests : [];
        var added = names.Count == 0 ? [image] : names.Select(name => image with
        {
            Annotations = (image.Annotations ?? System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty).SetItem(NameAnnotation, name.Tag ?? name.ToString()),
        }).ToArray();
        var taken = added.Select(NameOf).ToHashSet();
        return new ImageIndex { Manifests = [.. others.Where(entry => !taken.Contains(NameOf(entry)) && entry.Digest != image.Digest), .. added] };

        static string? NameOf(Descriptor entry) => entry.Annotations?.GetValueOrDefault(NameAnnotation);
    }

    private static async Task TarAsync(string folder, string destination, CancellationToken cancellation)
    {
        var temporary = destination + ".part";
        await using (var file = File.Create(temporary))
        await using (var tar = new TarWriter(file, TarEntryFormat.Ustar))
        {
            foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                await using var content = File.OpenRead(path);
                await tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, Path.GetRelativePath(folder, path))
                {
                    DataStream = content, ModificationTime = DateTimeOffset.UnixEpoch, Mode = (UnixFileMode)0b110_100_100,
                }, cancellation).ConfigureAwait(false);
            }
        }
        File.Move(temporary, destination, overwrite: true);
    }
}
