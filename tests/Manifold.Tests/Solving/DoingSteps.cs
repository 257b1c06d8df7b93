using System.Collections.Immutable;
using Manifold.Events;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Keeping;
using Manifold.Solving.Steps;

namespace Manifold.Tests.Solving;

/// <summary>COPY and WORKDIR make layers from files, without a mount and without root; equal work is done once.</summary>
public sealed class DoingSteps : IDisposable
{
    private readonly StepBench bench = new();

    public DoingSteps()
    {
        bench.Write("f", "one");
        bench.Write("d/g", "two");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task a_copy_has_the_files_and_the_folders_above_them_as_roots()
    {
        var image = await bench.SolveAsync("FROM scratch\nCOPY --chmod=640 f d/g /srv/data/");
        var entries = await bench.EntriesAsync(image.Layers.Single());

        Assert.Equal(["srv", "srv/data", "srv/data/f", "srv/data/g"], entries.Select(entry => entry.Path).Order(StringComparer.Ordinal));
        Assert.All(entries, entry => Assert.Equal((0u, 0u), (entry.Uid, entry.Gid)));
        Assert.All(entries.Where(entry => entry.Kind == EntryKind.File), entry => Assert.Equal(0x1A0, entry.Mode)); // 0640
        Assert.Equal("two", bench.Text(image.Layers.Single(), "srv/data/g"));
    }

    [Fact]
    public async Task a_working_folder_is_made_with_all_that_is_missing_and_never_twice()
    {
        var image = await bench.SolveAsync("FROM scratch\nWORKDIR /a/b\nUSER 5:6\nWORKDIR /a/b/c\nWORKDIR /a");
        Assert.Equal(2, image.Layers.Length);
        Assert.Equal(["a", "a/b"], (await bench.EntriesAsync(image.Layers[0])).Select(entry => entry.Path));
        var owned = Assert.Single(await bench.EntriesAsync(image.Layers[1]));
        Assert.Equal(("a/b/c", 0x1ED), (owned.Path, owned.Mode)); // 0755
        Assert.Equal(3, bench.Events.OfType<StepFinished>().Count());
        Assert.Single(bench.Events.OfType<StepFinished>(), done => done.DiffId is null);
    }

    [Fact]
    public async Task a_working_folder_that_is_a_file_is_refused()
    {
        var failure = await Assert.ThrowsAsync<StepFailedException>(() => bench.SolveAsync("FROM scratch\nCOPY f /x\nWORKDIR /x"));
        Assert.Contains("'/x'", failure.Message, StringComparison.Ordinal);
        Assert.Single(bench.Events.OfType<StepFailed>());
    }

    [Fact]
    public async Task a_copy_from_a_stage_takes_its_files_with_their_owners()
    {
        var image = await bench.SolveAsync("FROM scratch AS made\nCOPY --chown=7:8 f /x\nFROM scratch\nCOPY --from=made /x /y");
        var file = Assert.Single(await bench.EntriesAsync(image.Layers.Single()));
        Assert.Equal(("y", 7u, 8u), (file.Path, file.Uid, file.Gid));
        Assert.Equal("one", bench.Text(image.Layers.Single(), "y"));
    }

    [Fact]
    public async Task a_name_in_chown_is_looked_up_in_the_image()
    {
        bench.Write("passwd", "app:x:12:34::/:/bin/sh\n");
        bench.Write("group", "staff:x:56:\n");
        var image = await bench.SolveAsync("FROM scratch\nCOPY passwd group /etc/\nCOPY --chown=app:staff f /x");
        var file = Assert.Single(await bench.EntriesAsync(image.Layers[1]));
        Assert.Equal((12u, 56u), (file.Uid, file.Gid));

        var failure = await Assert.ThrowsAsync<StepFailedException>(
            () => bench.SolveAsync("FROM scratch\nCOPY passwd group /etc/\nCOPY --link --chown=nobody f /x"));
        Assert.Contains("'nobody'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task several_files_do_not_fit_into_one()
    {
        var failure = await Assert.ThrowsAsync<StepFailedException>(
            () => bench.SolveAsync("FROM scratch\nCOPY f /x\nCOPY <<one <<two /x\n1\none\n2\ntwo"));
        Assert.Contains("'/x'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_source_that_is_missing_fails_the_step_before_its_key_is_known_and_every_platform_is_named()
    {
        foreach (var platform in new[] { "linux/amd64", "linux/arm64" })
        {
            bench.Events.Clear();
            var failure = await Assert.ThrowsAsync<StepFailedException>(
                () => bench.SolveAsync("FROM scratch\nARG TARGETARCH\nENV A=$TARGETARCH\nCOPY missing /x", platform));
            Assert.Contains("'missing'", failure.Message, StringComparison.Ordinal);
            Assert.Single(bench.Events.OfType<StepStarted>());
            Assert.Single(bench.Events.OfType<StepFailed>());
        }
    }

    [Fact]
    public async Task what_was_done_before_is_not_done_again_unless_that_is_asked_for()
    {
        const string dockerfile = "FROM scratch AS first\nCOPY f /x\nFROM first AS second\nCOPY d /y";
        Assert.False((await bench.LastAsync(dockerfile)).Cached);
        Assert.All(bench.Events.OfType<StepFinished>(), done => Assert.False(done.Cached));
        Assert.True((await bench.LastAsync(dockerfile)).Cached);
        Assert.All(bench.Events.OfType<StepFinished>(), done => Assert.True(done.Cached));
    }

    [Fact]
    public async Task without_cache_each_step_is_done_again_but_once_in_a_run()
    {
        const string dockerfile = "FROM scratch\nRUN [\"a\"]";
        bench.With = tools => tools with { NoCache = true };
        Assert.False((await bench.LastAsync(dockerfile)).Cached);
        Assert.Single(bench.Sandbox.Requests);
        // The gate belongs to the run: an image of the same run need not do it again.
        Assert.True((await bench.LastAsync(dockerfile)).Cached);

        var gate = new StepGate(RunSlots.Limited(1, TimeProvider.System));
        bench.With = tools => tools with { NoCache = true, Gate = gate };
        Assert.False((await bench.LastAsync(dockerfile)).Cached);
        Assert.Equal(2, bench.Sandbox.Requests.Count);
    }

    [Fact]
    public async Task a_stage_that_is_named_is_done_again_and_the_others_are_not()
    {
        const string dockerfile = "FROM scratch AS a\nCOPY f /x\nFROM scratch AS b\nCOPY --from=a /x /y";
        await bench.SolveAsync(dockerfile);
        bench.Events.Clear();
        bench.With = tools => tools with { NoCacheFilter = ["B"], Gate = new StepGate(RunSlots.Limited(1, TimeProvider.System)) };
        await bench.SolveAsync(dockerfile);
        Assert.Equal([("a", true), ("b", false)],
            bench.Events.OfType<StepFinished>().Select(done => (done.Step.Stage, done.Cached)));
    }

    [Fact]
    public async Task the_files_of_a_cancelled_image_still_serve_another_image_of_the_run()
    {
        var plan = bench.Plan("FROM scratch\nCOPY f /x");
        var copy = (CopyStep)plan.Last;
        using var own = new CancellationTokenSource();
        var none = new StepInputs([], ImmutableDictionary<Digest, ImmutableArray<ChainLayer>>.Empty);
        var diffId = await bench.NewRunner(bench.Layers).ExecuteAsync(copy, none, own.Token);
        await own.CancelAsync();

        // The layer has no blob yet. Another image asks for it, and only the step that told of its files can make it.
        var blob = await bench.Layers.BlobAsync(new ChainLayer(diffId!.Value), LayerPolicy.Default, Cancellation);
        Assert.NotNull(new LayerReader(bench.Store).ReadContents(blob, diffId.Value).Find("x"));
    }

    [Fact]
    public async Task records_whose_layers_were_pruned_are_made_whole_again_where_a_chain_has_a_layer_twice()
    {
        const string dockerfile = "FROM scratch\nCOPY f /x\nCOPY f /x";
        var first = await bench.SolveAsync(dockerfile);
        Assert.Equal(first.Layers[0].DiffId, first.Layers[1].DiffId);
        Directory.Delete(Path.Combine(bench.Store.Root, "cache", "contents"), recursive: true);
        Directory.Delete(Path.Combine(bench.Store.Root, "cache", "blobs"), recursive: true);
        Directory.CreateDirectory(Path.Combine(bench.Store.Root, "cache", "blobs"));
        foreach (var blob in first.Layers)
            File.Delete(bench.Store.BlobPath(blob.Blob.Digest));

        bench.Events.Clear();
        var second = await bench.SolveAsync(dockerfile);
        Assert.Equal(first.Layers.Select(layer => layer.Blob.Digest), second.Layers.Select(layer => layer.Blob.Digest));
        Assert.All(bench.Events.OfType<StepFinished>(), done => Assert.True(done.Cached));
        Assert.True(bench.Store.Contains(second.Layers[0].Blob.Digest));
    }

    [Fact]
    public async Task an_archive_is_unpacked_by_ADD_and_copied_by_COPY()
    {
        using (var tar = new System.Formats.Tar.TarWriter(File.Create(bench.Folder["context/a.tar"])))
            tar.WriteEntry(bench.Folder["context/f"], "inside/f");
        var added = await bench.SolveAsync("FROM scratch\nADD a.tar /x/");
        Assert.Contains(await bench.EntriesAsync(added.Layers.Single()), entry => entry.Path == "x/inside/f");
        var copied = await bench.SolveAsync("FROM scratch\nCOPY a.tar /x/");
        Assert.Contains(await bench.EntriesAsync(copied.Layers.Single()), entry => entry.Path == "x/a.tar");
    }

    [Fact]
    public async Task what_ADD_cannot_fetch_fails_its_step()
    {
        var failure = await Assert.ThrowsAsync<StepFailedException>(() => bench.SolveAsync("FROM scratch\nADD http://127.0.0.1:1/f /x"));
        Assert.Contains("http://127.0.0.1:1/f", failure.Message, StringComparison.Ordinal);
        Assert.Single(bench.Events.OfType<StepFailed>());
    }

    [Fact]
    public async Task a_warning_names_what_exclude_does_not_keep_out()
    {
        await bench.SolveAsync("FROM scratch\nCOPY --exclude=f --exclude=g f d /x/");
        Assert.Contains("'f'", Assert.Single(bench.Events.OfType<Warned>()).Message, StringComparison.Ordinal);
    }
}
