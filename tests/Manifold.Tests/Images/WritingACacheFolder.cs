using Manifold.Content;
using Manifold.Images.Caching;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Tests.Images;

/// <summary>A local cache in which somebody put something else in the place of its files.</summary>
public sealed class WritingACacheFolder : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder folder = new();
    private readonly RegistryClient client = new(new RegistryOptions());
    private readonly Store store;
    private readonly FolderCache cache;

    public WritingACacheFolder()
    {
        store = Store.Open(folder["store"]);
        cache = new FolderCache(store, client, Directory.CreateDirectory(folder["cache"]).FullName, "latest");
    }

    public void Dispose()
    {
        store.Dispose();
        client.Dispose();
        folder.Dispose();
    }

    [Theory, InlineData("canary"), InlineData("pipe"), InlineData("nowhere"), InlineData("short")]
    public async Task a_blob_that_is_not_its_file_counts_as_missing_and_is_replaced(string what)
    {
        var blob = await store.WriteAsync("a blob"u8.ToArray(), MediaType.Layer, TestContext.Current.CancellationToken);
        var path = Path.Combine(folder["cache"], "blobs/sha256", blob.Digest.Hex);
        await PutAsync(path, what, "a blob");

        Assert.False(await Task.Run(() => cache.HasAsync(blob, TestContext.Current.CancellationToken)).WaitAsync(Patience));
        await Task.Run(() => cache.PutBlobAsync(blob, TestContext.Current.CancellationToken)).WaitAsync(Patience);

        Assert.Null(new FileInfo(path).LinkTarget);
        Assert.Equal("a blob", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        Assert.True(await cache.HasAsync(blob, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("index.json", "pipe")]
    [InlineData("index.json", "canary")]
    [InlineData("oci-layout", "pipe")]
    [InlineData("oci-layout", "canary")]
    public async Task an_index_or_a_marker_that_is_not_its_file_is_refused_and_not_waited_for(string file, string what)
    {
        await PutAsync(Path.Combine(folder["cache"], file), what, """{"schemaVersion":2,"manifests":[]}""");

        var changing =
            Task.Run(() => cache.ChangeIndexAsync(_ => new ImageIndex { Manifests = [] }, TestContext.Current.CancellationToken));

        var refusal = await Assert.ThrowsAsync<UsageException>(() => changing.WaitAsync(Patience));
        Assert.Contains(file, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_other_names_stand_for_stays()
    {
        var other = new FolderCache(store, client, folder["cache"], "other");
        await cache.ChangeIndexAsync(_ => new ImageIndex { Manifests = [] }, TestContext.Current.CancellationToken);
        await other.ChangeIndexAsync(_ => new ImageIndex { Manifests = [] }, TestContext.Current.CancellationToken);

        Assert.NotNull(await cache.FindTopAsync(TestContext.Current.CancellationToken));
        Assert.NotNull(await other.FindTopAsync(TestContext.Current.CancellationToken));
    }

    private async Task PutAsync(string path, string what, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        switch (what)
        {
            case "pipe": await SystemProgram.Run("mkfifo", path); break;
            case "canary": File.CreateSymbolicLink(path, folder.Write("canary", content)); break;
            case "nowhere": File.CreateSymbolicLink(path, folder["nowhere"]); break;
            default: await File.WriteAllTextAsync(path, content[..^1], TestContext.Current.CancellationToken); break;
        }
    }
}
