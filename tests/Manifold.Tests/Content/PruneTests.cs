using System.Text;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Tests.Content;

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
    public async Task what_no_name_and_no_record_reaches_goes_and_is_counted()
    {
        var image = await SampleImages.WriteIndexAsync(store, "x", "linux/amd64");
        store.Tags.Set(Name, image);
        var snapshot = Snapshot(DiffIdOf(Name));
        var size = Bytes();
        store.Tags.Remove(Name);

        var result = await Prune(new());

        Assert.Empty(Blobs());
        Assert.False(Directory.Exists(snapshot));
        Assert.Equal(size, result.FreedBytes);
        Assert.Equal(0, result.KeptBytes);
    }

    [Fact]
    public async Task what_a_cache_record_names_stays_and_goes_with_all()
    {
        var layer = await store.WriteAsync("layer"u8.ToArray(), MediaType.Layer);
        var snapshot = Snapshot(Digest.Of("tar"));
        Record("a.json", $$"""{"layer":"{{layer.Digest}}","diffId":"{{Digest.Of("tar")}}"}""", daysAgo: 1);

        Assert.Equal(0, (await Prune(new())).FreedBytes);
        var all = await Prune(new(All: true));

        Assert.Empty(Blobs());
        Assert.False(Directory.Exists(snapshot));
        Assert.Equal((1, 1, 1), (all.Blobs, all.Snapshots, all.CacheRecords));
    }

    [Fact]
    public async Task least_recently_used_records_go_first_until_the_store_fits()
    {
        var digests = new List<Digest>();
        for (var i = 0; i < 4; i++)
        {
            digests.Add((await store.WriteAsync(Encoding.ASCII.GetBytes(new string((char)('a' + i), 1000)), MediaType.Layer)).Digest);
            Record($"{i}.json", $"\"{digests[i]}\"", daysAgo: 10 - i);
        }

        var result = await Prune(new(KeepBytes: 2500));

        Assert.Equal([false, false, true, true], digests.Select(store.Contains));
        Assert.InRange(Bytes(), 1, 2500);
        Assert.Equal(Bytes(), result.KeptBytes);
    }

    [Fact]
    public async Task tagged_images_stay_even_where_they_do_not_fit()
    {
        store.Tags.Set(Name, await SampleImages.WriteAsync(store, "x"));
        var before = Blobs();
        await Prune(new(All: true, KeepBytes: 0));
        Assert.Equal(before, Blobs());
    }

    [Fact]
    public async Task a_signature_stays_as_long_as_what_it_signs()
    {
        var image = await SampleImages.WriteAsync(store, "x");
        store.Tags.Set(Name, image);
        var signature = await SampleImages.WriteAsync(store, "signature");
        store.Repositories.AddManifest("acme/app", signature, (image.Digest, signature));

        await Prune(new(), hoursLater: 48);
        Assert.True(store.Contains(signature.Digest));

        store.Tags.Remove(Name);
        await Prune(new(), hoursLater: 48);
        Assert.False(store.Contains(signature.Digest));
        Assert.Null(store.Repositories.FindManifest("acme/app", signature.Digest));
    }

    [Fact]
    public async Task a_push_that_has_no_name_yet_is_spared_for_an_hour()
    {
        var blob = await store.WriteAsync("pushed"u8.ToArray(), MediaType.Layer);
        store.Repositories.AddBlob("acme/app", blob.Digest);
        PartialBlob.Create(store, store.Repositories.UploadPath("acme/app", "0")).Dispose();

        await Prune(new());
        Assert.True(store.Contains(blob.Digest));

        await Prune(new(), hoursLater: 2);
        Assert.False(store.Contains(blob.Digest));
        Assert.False(store.Repositories.HasBlob("acme/app", blob.Digest));
        Assert.True(File.Exists(store.Repositories.UploadPath("acme/app", "0")));

        await Prune(new(), hoursLater: 25);
        Assert.False(File.Exists(store.Repositories.UploadPath("acme/app", "0")));
    }

    [Fact]
    public async Task it_waits_for_a_build_and_spares_what_that_build_names_meanwhile()
    {
        var building = await store.LockSharedAsync();
        var image = await SampleImages.WriteAsync(store, "x");
        var told = new TaskCompletionSource();
        var prune = new Prune(store, TimeProvider.System).RunAsync(new(), told.SetResult);
        await told.Task;

        Assert.True(store.Contains(image.Digest));
        store.Tags.Set(Name, image);
        building.Dispose();

        await prune;
        Assert.True(store.Contains(image.Digest));
    }

    [Fact]
    public async Task names_that_are_not_UTF8_are_counted_and_removed()
    {
        foreach (var place in new[] { $"snapshots/{Digest.Of("layer").Hex}/fs", "sources/git/repository/commit", "cache/mounts/id/0" })
            NamesOfBytes.Write(Path.Combine(store.Root, place, "sub\udcff"), "caf\udce9", "1234567");

        Assert.Equal(7 + 7, (await Prune(new())).KeptBytes);
        var all = await Prune(new(All: true));

        Assert.Equal((7 + 7, 0), (all.FreedBytes, all.KeptBytes));
        Assert.Empty(all.Faults);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(store.Root, "snapshots")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(store.Root, "sources", "git")));
    }

    [Fact]
    public async Task a_document_that_cannot_be_read_keeps_what_it_may_need()
    {
        var image = await SampleImages.WriteIndexAsync(store, "x", "linux/amd64");
        store.Tags.Set(Name, image);
        var other = await store.WriteAsync("layer"u8.ToArray(), MediaType.Layer);
        var index = store.BlobPath(image.Digest);
        File.Delete(index);
        File.CreateSymbolicLink(index, "nowhere"); // as a disk that cannot read it
        Record("a.json", "{}", daysAgo: 1);

        var result = await Prune(new(All: true));

        Assert.Equal((0, 1), (result.Blobs, result.CacheRecords));
        Assert.True(store.Contains(other.Digest));
        Assert.Contains(image.Digest.Hex, result.Faults[0], StringComparison.Ordinal);
    }

    [Fact]
    public void an_upload_that_continues_during_a_prune_stays()
    {
        var uploads = Directory.CreateDirectory(Path.Combine(store.Repositories.Folder, "app", "_uploads"));
        string[] files = [Path.Combine(uploads.FullName, "left"), Path.Combine(uploads.FullName, "continued")];
        foreach (var file in files)
            File.WriteAllText(file, "12345");
        var later = new LaterTime(TimeSpan.FromHours(25));
        var survey = new PruneSurvey(store, later, mayVanish: false);
        var made = survey.DecideAll(new(), CancellationToken.None);
        Assert.Equal(10, made[UsageKind.Transfers].Freed);

        File.SetLastWriteTimeUtc(files[1], later.GetUtcNow().UtcDateTime);
        survey.CarryOut(made, CancellationToken.None);

        Assert.Equal([false, true], files.Select(File.Exists));
        Assert.Equal((5, 5), (made[UsageKind.Transfers].Freed, made[UsageKind.Transfers].Kept));
    }

    [Fact]
    public async Task an_interruption_ends_a_prune_before_a_snapshot_never_between_blobs()
    {
        var blob = await store.WriteAsync("x"u8.ToArray(), MediaType.Layer);
        var later = new LaterTime(TimeSpan.FromHours(2));
        var survey = new PruneSurvey(store, later, mayVanish: false);
        survey.CarryOut(survey.DecideAll(new(), CancellationToken.None), new CancellationToken(canceled: true));
        Assert.False(store.Contains(blob.Digest));

        Snapshot(Digest.Of("1"));
        var made = survey.DecideAll(new(), CancellationToken.None);
        Assert.Throws<OperationCanceledException>(() => survey.CarryOut(made, new CancellationToken(canceled: true)));
        Assert.True(Directory.Exists(SnapshotPath(Digest.Of("1"))));
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

    private void Record(string name, string content, int daysAgo)
    {
        var path = folder.Write($"store/cache/steps/{name}", content);
        var used = DateTime.Now.AddDays(-daysAgo);
        File.SetLastWriteTime(path, used);
        File.SetLastAccessTime(path, used);
    }

    private List<string> Blobs() =>
        [.. Directory.EnumerateFiles(Path.Combine(store.Root, "blobs"), "*", SearchOption.AllDirectories).Order()];

    private long Bytes() => new[] { "blobs", "snapshots", "cache" }.Select(name => new DirectoryInfo(Path.Combine(store.Root, name)))
        .Where(found => found.Exists).SelectMany(found => found.EnumerateFiles("*", SearchOption.AllDirectories)).Sum(file => file.Length);

    private sealed class LaterTime(TimeSpan later) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + later;
    }
}
