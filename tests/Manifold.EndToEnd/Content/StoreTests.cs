using Manifold.Content;
using Manifold.Oci;

namespace Manifold.EndToEnd.Content;

public sealed class WritingBlobs : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;

    public WritingBlobs() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task a_full_disk_is_named_with_what_mends_it()
    {
        using var disk = await SmallDisk.MountAsync(folder["disk"], "size=1m");
        using var full = Store.Open(folder["disk"]);
        await using var writer = full.CreateBlob();
        var error = Assert.Throws<HostNotReadyException>(() => writer.Write(new byte[2_000_000]));
        Assert.Contains($"'{full.Root}': the disk mounted on '{full.Root}' is full", error.Message, StringComparison.Ordinal);
        Assert.Contains("manifold prune", error.Message, StringComparison.Ordinal);
    }
}

public sealed class OpeningTheStore : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task a_read_only_one_can_be_read_and_writing_says_why_not()
    {
        using var disk = await SmallDisk.MountAsync(folder["disk"], "size=4m");
        var name = ImageReference.Parse("quay.io/acme/app:1");
        using (var writable = Store.Open(folder["disk"]))
            writable.Tags.Set(name, await SampleImages.WriteAsync(writable, "x"));
        await disk.MakeReadOnlyAsync();

        using var store = Store.Open(folder["disk"]);

        Assert.NotEmpty(store.ReadDocument(store.Tags.Find(name)!.Digest));
        Assert.Contains("MANIFOLD_ROOT", Assert.Throws<HostNotReadyException>(() => store.CreateBlob()).Message, StringComparison.Ordinal);
        Assert.Throws<HostNotReadyException>(() => store.Tags.Remove(name));
    }

    [Fact]
    public async Task a_folder_that_cannot_be_made_is_named_with_what_mends_it()
    {
        using var disk = await SmallDisk.MountAsync(folder["disk"], "size=1m,ro");
        var error = Assert.Throws<HostNotReadyException>(() => Store.Open(folder["disk"]));
        Assert.Contains($"'{folder["disk"]}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("MANIFOLD_ROOT", error.Message, StringComparison.Ordinal);
    }
}
