using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Snapshots;
using Manifold.Solving.Keeping;
using TarWriter = System.Formats.Tar.TarWriter;

namespace Manifold.Tests.Solving;

/// <summary>A layer of one file, made without the code that makes layers.</summary>
internal sealed record SampleLayer(Digest DiffId, Descriptor Blob, byte[] Bytes)
{
    public static SampleLayer Of(string path, string content)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
        {
            var data = new MemoryStream(Encoding.UTF8.GetBytes(content));
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = data });
        }
        using var gzip = new MemoryStream();
        using (var compressor = new GZipStream(gzip, CompressionLevel.Fastest, leaveOpen: true))
            compressor.Write(tar.ToArray());
        var bytes = gzip.ToArray();
        var blob = new Descriptor { MediaType = MediaType.LayerGzip, Digest = Digest.Of(bytes), Size = bytes.Length };
        return new SampleLayer(Digest.Of(tar.ToArray()), blob, bytes);
    }
}

/// <summary>A cache of another build whose transfers wait until a test lets them go on.</summary>
internal sealed class FakeCache : ILayerCache
{
    private readonly TaskCompletionSource<CancellationToken> begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => "fake";
    public ImageReference? Repository { get; init; }
    public Dictionary<Digest, byte[]> Blobs { get; } = [];
    public int Fetches { get; private set; }

    /// <summary>Completes when a transfer has begun, with its token.</summary>
    public Task<CancellationToken> Begun => begun.Task.WaitAsync(TestContext.Current.CancellationToken);

    public void Go() => go.TrySetResult();

    public void Add(ImportedCache imported, SampleLayer layer)
    {
        Blobs[layer.Blob.Digest] = layer.Bytes;
        imported.Add(this, [], [new CachedLayer(layer.DiffId, LayerForm.Default.Name, layer.Blob)]);
    }

    public Task<bool> HasAsync(Descriptor blob, CancellationToken cancellation) => Task.FromResult(Blobs.ContainsKey(blob.Digest));

    public async Task FetchAsync(Descriptor blob, Store store, IProgress<long> progress, CancellationToken cancellation)
    {
        Fetches++;
        begun.TrySetResult(cancellation);
        await go.Task.WaitAsync(cancellation);
        await store.WriteAsync(Blobs[blob.Digest], blob.MediaType, cancellation);
        progress.Report(blob.Size);
    }
}

/// <summary>A store with everything that keeps layers, on a disk of its own.</summary>
internal sealed class LayerShop : IDisposable
{
    public LayerShop()
    {
        Store = Store.Open(Folder["store"]);
        Cache = new StepCache(Store, TimeProvider.System);
        Snapshots = new SnapshotStore(Store);
        Client = new RegistryClient(new RegistryOptions());
        Layers = NewKeeper();
    }

    public TemporaryFolder Folder { get; } = new();
    public Store Store { get; }
    public StepCache Cache { get; }
    public SnapshotStore Snapshots { get; }
    public RegistryClient Client { get; }
    public LayerKeeper Layers { get; }

    /// <summary>What another run knows: the disk, and nothing of this one's memory.</summary>
    public LayerKeeper NewKeeper() => new(Tools, fileTime: 1000, _ => { });

    public LayerTools Tools => new(Store, Snapshots, Cache,
        (remote, progress, stop) => Client.PullBlobAsync(remote.Repository, remote.Descriptor, Store, progress, stop), TimeProvider.System)
    {
        Has = (remote, stop) => Client.HasBlobAsync(remote.Repository, remote.Descriptor.Digest, stop),
    };

    public void Dispose()
    {
        Client.Dispose();
        Store.Dispose();
        Folder.Dispose();
    }
}
