using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Tests.Support;

/// <summary>A store with images, a client, and a folder for what tools and we write.</summary>
public abstract class WithPlaces : IDisposable
{
    protected WithPlaces(string? parent = null)
    {
        Folder = new TemporaryFolder(parent);
        Store = Store.Open(Folder["store"]);
    }

    protected TemporaryFolder Folder { get; }
    protected Store Store { get; }
    protected RegistryClient Client { get; } = new(new RegistryOptions { RetryDelay = TimeSpan.FromMilliseconds(5) });
    private protected ImageSources Sources => new(Store, Client);

    private protected IImageSource Open(string location) => Sources.Open(ImageLocation.Parse(location));

    /// <summary>An index of small images under a name of the store.</summary>
    protected async Task<Descriptor> StoredAsync(string name, params string[] platforms)
    {
        var index = await SampleImages.WriteIndexAsync(Store, name, platforms);
        Store.Tags.Set(ImageReference.Parse(name), index);
        return index;
    }

    /// <summary>Reads all that an image is made of, so that all of it is verified, and returns the digests.</summary>
    private protected static async Task<ImmutableSortedSet<Digest>> ReadWholeAsync(IImageSource source)
    {
        var found = ImmutableSortedSet.CreateBuilder<Digest>();
        await ReadAsync((await source.ResolveAsync()).Descriptor);
        await source.DisposeAsync();
        return found.ToImmutable();

        async Task ReadAsync(Descriptor descriptor)
        {
            if (!found.Add(descriptor.Digest))
                return;
            foreach (var entry in MediaType.IsIndex(descriptor.MediaType) ? (await source.ReadIndexAsync(descriptor)).Manifests : [])
                await ReadAsync(entry);
            if (!MediaType.IsManifest(descriptor.MediaType))
                return;
            var manifest = await source.ReadManifestAsync(descriptor);
            foreach (var blob in manifest.Layers.Append(manifest.Config))
            {
                await using var content = await source.OpenBlobAsync(blob);
                await content.CopyToAsync(Stream.Null);
                found.Add(blob.Digest);
            }
        }
    }

    protected ImmutableSortedSet<Digest> StoredBlobs() =>
        [.. Directory.EnumerateFiles(Path.Combine(Store.Root, "blobs", "sha256"))
            .Select(path => Digest.Parse($"sha256:{Path.GetFileName(path)}"))];

    public void Dispose()
    {
        Client.Dispose();
        Store.Dispose();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }
}
