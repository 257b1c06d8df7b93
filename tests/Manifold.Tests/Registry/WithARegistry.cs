using System.Security.Cryptography;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Tests.Registry;

/// <summary>A scripted registry, a store and a client for one test.</summary>
public abstract class WithARegistry : IAsyncLifetime
{
    private readonly List<RegistryClient> clients = [];

    protected TemporaryFolder Folder { get; } = new();
    protected ScriptedRegistry Registry { get; private set; } = null!;
    protected Store Store { get; private set; } = null!;
    private protected BlobOrigins Origins => new(Store);
    protected RegistryOptions Options { get; set; } = new()
    {
        RetryDelay = TimeSpan.FromMilliseconds(5),
        StallTimeout = TimeSpan.FromSeconds(10),
        ChunkBytes = 256 * 1024,
    };

    public async ValueTask InitializeAsync()
    {
        Registry = await ScriptedRegistry.StartAsync();
        Store = Store.Open(Folder["store"]);
    }

    /// <summary>A client with the options as they are now.</summary>
    protected RegistryClient Client()
    {
        clients.Add(new RegistryClient(Options));
        return clients[^1];
    }

    protected static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        RandomNumberGenerator.Fill(bytes);
        return bytes;
    }

    protected string[] StoredBlobs() =>
        [.. Directory.EnumerateFiles(Path.Combine(Store.Root, "blobs", "sha256")).Select(file => Path.GetFileName(file))];

    protected Task PullAsync(string repository, Descriptor blob, CancellationToken cancellation = default) =>
        Client().PullBlobAsync(Registry.Reference(repository), blob, Store, null, cancellation);

    public async ValueTask DisposeAsync()
    {
        clients.ForEach(client => client.Dispose());
        await Registry.DisposeAsync();
        Store.Dispose();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }
}
