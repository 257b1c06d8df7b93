using System.Formats.Tar;
using System.IO.Compression;
using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Tests.Support;

/// <summary>An image of several platforms made of files that a test names; each list of files is a layer.</summary>
internal sealed class SmallImage(Store store)
{
    private readonly List<Descriptor> entries = [];

    public Task AddAsync(string platform, params (string Path, string Content)[] files) =>
        AddAsync(platform, new ContainerConfig { Cmd = ["/bin/x"] }, Text(files));

    public async Task AddAsync(string platform, ContainerConfig config, params (string Path, byte[] Content)[][] layers)
    {
        var blobs = new List<Descriptor>();
        var diffIds = new List<Digest>();
        foreach (var layer in layers)
        {
            var (tar, gzip) = Tar(layer);
            blobs.Add(await store.WriteAsync(gzip, MediaType.LayerGzip));
            diffIds.Add(Digest.Of(tar));
        }
        var name = Platform.Parse(platform);
        var configBlob = await store.WriteAsync(new ImageConfig
        {
            Os = name.Os,
            Architecture = name.Architecture,
            Variant = name.Variant,
            Created = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
            Config = config,
            RootFs = new RootFs { DiffIds = [.. diffIds] },
        }.ToJson(), MediaType.Config);
        entries.Add(await store.WriteAsync(new Manifest { Config = configBlob, Layers = [.. blobs] }.ToJson(), MediaType.Manifest) with
        {
            Platform = PlatformFields.From(name),
        });
    }

    public async Task<Descriptor> IndexAsync() =>
        await store.WriteAsync(new ImageIndex { Manifests = [.. entries] }.ToJson(), MediaType.Index);

    /// <summary>The image under a name of the store, as a place to read from.</summary>
    public async Task<IImageSource> SourceAsync(string name = "app")
    {
        store.Tags.Set(ImageReference.Parse(name), await IndexAsync());
        return new StoreSource(store, new RegistryClient(new RegistryOptions()), ImageReference.Parse(name));
    }

    public static (string Path, byte[] Content)[] Text(params (string Path, string Content)[] files) =>
        [.. files.Select(file => (file.Path, System.Text.Encoding.UTF8.GetBytes(file.Content)))];

    // A content "-> target" is a symbolic link.
    private static (byte[] Tar, byte[] Gzip) Tar((string Path, byte[] Content)[] files)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
            foreach (var (path, content) in files)
                writer.WriteEntry(content.AsSpan().StartsWith("-> "u8)
                    ? new PaxTarEntry(TarEntryType.SymbolicLink, path) { LinkName = System.Text.Encoding.UTF8.GetString(content.AsSpan(3)) }
                    : new PaxTarEntry(TarEntryType.RegularFile, path)
                    {
                        DataStream = new MemoryStream(content),
                        ModificationTime = DateTimeOffset.UnixEpoch,
                    });
        using var gzip = new MemoryStream();
        using (var compressor = new GZipStream(gzip, CompressionLevel.Fastest, leaveOpen: true))
            compressor.Write(tar.ToArray());
        return (tar.ToArray(), gzip.ToArray());
    }
}
