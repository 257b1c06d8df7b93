using Manifold.Content;
using Manifold.Oci;

namespace Manifold.EndToEnd.Content;

public sealed class PruningTheStore : IDisposable
{
    private static readonly ImageReference Name = ImageReference.Parse("quay.io/acme/app:1");

    private readonly TemporaryFolder folder = new();
    private readonly Store store;

    public PruningTheStore() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task tagged_images_stay_whole_for_all_platforms()
    {
        store.Tags.Set(Name, await SampleImages.WriteIndexAsync(store, "x", "linux/amd64", "linux/arm64"));
        Snapshot(DiffIdOf(Name));
        var before = Blobs();

        var result = await Prune(new());

        Assert.Equal(before, Blobs());
        Assert.Equal(0, result.FreedBytes);
        Assert.True(Directory.Exists(SnapshotPath(DiffIdOf(Name))));
        await Tool.Run("skopeo", "copy", "--all", $"oci:{store.Root}:{Name}", $"oci:{folder["copy"]}");
    }

    [Fact]
    public async Task what_cannot_be_removed_is_told_and_everything_else_goes_now_and_the_next_time()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting needs root.");
        Digest[] layers = [.. new[] { "1", "2", "3" }.Select(Digest.Of)];
        foreach (var layer in layers)
            Snapshot(layer);
        var mounted = Path.Combine(SnapshotPath(layers[1]), "etc");
        await Tool.Run("mount", "-t", "tmpfs", "none", mounted);
        try
        {
            var result = await Prune(new());

            Assert.Contains(layers[1].Hex, Assert.Single(result.Faults), StringComparison.Ordinal);
            Assert.Equal(2, result.Snapshots);
            Assert.All(layers, layer => Assert.False(Directory.Exists(SnapshotPath(layer)))); // none looks whole that is not
            // Neither another prune nor another process fails for it.
            Assert.Empty((await Prune(new())).Faults);
            store.Dispose();
            using var next = Store.Open(folder["store"]);
            Assert.NotNull(next.WorkFolder);
        }
        finally
        {
            await Tool.Run("bash", "-c", $"umount $(grep -o '{store.Root}/[^ ]*' /proc/self/mountinfo)");
        }
    }

    private Task<Prune.Result> Prune(Prune.Options options, int hoursLater = 0) =>
        new Prune(store, new LaterTime(TimeSpan.FromHours(hoursLater))).RunAsync(options);

    private Digest DiffIdOf(ImageReference name)
    {
        var image = StoredImage.Read(store, new NamedImage(name.ToString(), store.Tags.Find(name)!));
        return image.Platforms[0].Config!.RootFs.DiffIds[0];
    }

    private string SnapshotPath(Digest diffId) => Path.Combine(store.Root, "snapshots", diffId.Hex);

    private string Snapshot(Digest diffId)
    {
        Directory.CreateDirectory(Path.Combine(SnapshotPath(diffId), "etc"));
        File.WriteAllText(Path.Combine(SnapshotPath(diffId), "etc", "hosts"), "localhost");
        return SnapshotPath(diffId);
    }

    private List<string> Blobs() =>
        [.. Directory.EnumerateFiles(Path.Combine(store.Root, "blobs"), "*", SearchOption.AllDirectories).Order()];

    private sealed class LaterTime(TimeSpan later) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + later;
    }
}
