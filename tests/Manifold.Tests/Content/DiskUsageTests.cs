using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Tests.Content;

public sealed class MeasuringTheStore : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;

    public MeasuringTheStore() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task an_empty_store_holds_nothing()
    {
        var usage = await MeasureAsync();
        Assert.Equal((0, 0, 0), (usage.Bytes, usage.PruneFrees, usage.PruneAllFrees));
        Assert.Empty(usage.Images);
    }

    [Fact]
    public async Task a_measurement_changes_nothing()
    {
        await FillAsync();
        var before = Files();
        await MeasureAsync();
        Assert.Equal(before, Files());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task prune_then_frees_what_was_said(bool all)
    {
        await FillAsync();
        var usage = await MeasureAsync();

        var result = await new Prune(store, TimeProvider.System).RunAsync(new(all));

        Assert.Equal(result.FreedBytes, all ? usage.PruneAllFrees : usage.PruneFrees);
        Assert.True(result.FreedBytes > 0);
        Assert.Equal(usage.Bytes - result.FreedBytes, (await MeasureAsync()).Bytes);
        Assert.Equal(usage.Parts.Where(part => part.Kind != UsageKind.Builds).Sum(part => part.Bytes)
            - usage.Parts.Where(part => part.Kind != UsageKind.Builds).Sum(part => all ? part.PruneAllFrees : part.PruneFrees),
                result.KeptBytes);
    }

    [Fact]
    public async Task a_document_that_cannot_be_read_is_a_fault_and_frees_nothing()
    {
        var image = await SampleImages.WriteAsync(store, "x");
        store.Tags.Set(ImageReference.Parse("app"), image);
        await store.WriteAsync(new byte[1500], MediaType.Layer);
        File.Delete(store.BlobPath(image.Digest));
        File.CreateSymbolicLink(store.BlobPath(image.Digest), "nowhere"); // as on a disk that is not mounted

        var usage = await MeasureAsync();

        Assert.Contains(image.Digest.Hex, Assert.Single(usage.Faults), StringComparison.Ordinal);
        Assert.Equal(0, usage.PruneFrees);

        var other = await SampleImages.WriteAsync(store, "y");
        store.Tags.Set(ImageReference.Parse("other"), other);
        File.Delete(store.BlobPath(other.Digest));
        File.CreateSymbolicLink(store.BlobPath(other.Digest), "nowhere");
        Assert.Equal(2, (await MeasureAsync()).Faults.Length);
    }

    [Fact]
    public async Task a_prune_that_measured_can_still_remove()
    {
        await FillAsync();
        var prune = new Prune(store, TimeProvider.System);
        var usage = await prune.MeasureAsync();

        var result = await prune.RunAsync(new(All: true));

        Assert.Equal(usage.PruneAllFrees, result.FreedBytes);
        Assert.Equal(usage.Bytes - result.FreedBytes, (await prune.MeasureAsync()).Bytes);
        Assert.Equal(0, (await prune.RunAsync(new(All: true))).FreedBytes);
    }

    [Fact]
    public async Task every_kind_of_content_has_its_part()
    {
        await FillAsync();
        var parts = (await MeasureAsync()).Parts.ToDictionary(part => part.Kind);

        Assert.Equal(2, parts[UsageKind.Images].Count);
        Assert.Equal(0, parts[UsageKind.Images].PruneAllFrees);
        Assert.Equal((2, 1000 + 700, 700, 1700), Figures(parts[UsageKind.Unnamed]));
        Assert.Equal(2, parts[UsageKind.Unpacked].Count);
        Assert.Equal(1, parts[UsageKind.CacheRecords].Count);
        Assert.Equal((1, 5, 0, 5), Figures(parts[UsageKind.CacheMounts]));
        Assert.Equal((1, 4, 0, 4), Figures(parts[UsageKind.Downloads]));
        Assert.Equal((1, 6, 6, 6), Figures(parts[UsageKind.Transfers]));
        Assert.Equal(Limits.BuildRecords + 1, parts[UsageKind.Builds].Count);
        Assert.Equal(2, parts[UsageKind.Builds].PruneFrees);
    }

    [Fact]
    public async Task what_images_share_is_counted_once()
    {
        var one = await SampleImages.WriteAsync(store, "same");
        var manifest = Manifest.Parse(store.ReadDocument(one.Digest));
        var annotations = ImmutableSortedDictionary<string, string>.Empty.Add("two", "2");
        var two = await store.WriteAsync((manifest with { Annotations = annotations }).ToJson(), MediaType.Manifest);
        store.Tags.Set(ImageReference.Parse("one"), one);
        store.Tags.Set(ImageReference.Parse("two"), two);
        var shared = manifest.Layers[0].Size + manifest.Config.Size;

        var usage = await MeasureAsync();

        Assert.Equal(usage.Images.Sum(image => image.Bytes) - shared, usage.Bytes);
        Assert.Equal([two.Size, one.Size], usage.Images.Select(image => image.OwnBytes));
    }

    [Fact]
    public async Task two_names_of_an_image_have_nothing_of_their_own()
    {
        var image = await SampleImages.WriteAsync(store, "x");
        store.Tags.Set(ImageReference.Parse("one"), image);
        store.Tags.Set(ImageReference.Parse("two"), image);
        Assert.Equal([0, 0], (await MeasureAsync()).Images.Select(each => each.OwnBytes));
    }

    [Fact]
    public async Task a_build_that_works_does_not_delay_it()
    {
        using var building = await store.LockSharedAsync();
        await MeasureAsync().WaitAsync(Eventually.Bound);
    }

    private Task<DiskUsage> MeasureAsync() => new Prune(store, TimeProvider.System).MeasureAsync();

    private static (int, long, long, long) Figures(UsagePart part) => (part.Count, part.Bytes, part.PruneFrees, part.PruneAllFrees);

    /// <summary>An image under two names, a layer of the cache, one of nobody, unpacked layers, and a file of every other kind.</summary>
    private async Task FillAsync()
    {
        var image = await SampleImages.WriteIndexAsync(store, "x", "linux/amd64", "linux/arm64");
        store.Tags.Set(ImageReference.Parse("app:1"), image);
        store.Tags.Set(ImageReference.Parse("app:2"), image);
        var cached = await store.WriteAsync(new byte[1000], MediaType.Layer);
        await store.WriteAsync(new byte[700], MediaType.Layer);
        folder.Write("store/cache/steps/a.json", $"\"{cached.Digest}\"");
        folder.Write($"store/snapshots/{cached.Digest.Hex}/file", "unpacked");
        folder.Write($"store/snapshots/{Digest.Of("nobody").Hex}/file", "unpacked, too");
        folder.Write($"store/cache/mounts/{Digest.Of("id").Hex}/0/file", "cache");
        folder.Write($"store/cache/mounts/{Digest.Of("id").Hex}/0.lock", "");
        folder.Write("store/sources/git/one/file", "text");
        File.SetLastWriteTimeUtc(folder.Write("store/partial/one", "pulled"), DateTimeOffset.UnixEpoch.UtcDateTime);
        for (var i = 0; i <= Limits.BuildRecords; i++)
            folder.Write($"store/builds/20260101-000000-{i:x4}.json", "{}");
    }

    private List<string> Files() => [.. Directory.EnumerateFiles(store.Root, "*", SearchOption.AllDirectories)
        .Where(file => Path.GetFileName(file) != "content.lock").Order()];
}
