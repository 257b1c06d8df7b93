using Manifold.Content;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Registry;
using Manifold.Server;

namespace Manifold.EndToEnd.Publishing;

/// <summary>What happens to tags when something goes wrong, or somebody else is there, with Debian's registry.</summary>
public sealed class MovingTags : IAsyncLifetime
{
    private Front front = null!;

    public async ValueTask InitializeAsync() => front = await Front.StartAsync();

    public ValueTask DisposeAsync() => front.DisposeAsync();

    [Fact]
    public async Task a_tag_does_not_lose_a_platform_unless_that_is_allowed()
    {
        await using var release = await Release.PrepareAsync(front, "losing");
        using (var store = Store.Open(release.StoreFolder))
            store.Tags.Set(ImageReference.Parse("new:1"), await SampleImages.WriteIndexAsync(store, "smaller", "linux/amd64"));

        var (code, said, error) = await release.RunAsync();

        Assert.Equal((1, ""), (code, said));
        Assert.Contains("losing/app:stable: the tag has linux/arm64, but the new image does not. Add it with --platform, or remove it "
            + "with --allow-platform-removal.\n", error, StringComparison.Ordinal);
        Assert.Contains("losing/mirror:stable: the tag has", error, StringComparison.Ordinal);
        Assert.EndsWith("No tag was written.\n", error, StringComparison.Ordinal);
        Assert.Equal(0, await release.EveryTagIsOldOrNewAsync());
        Assert.Equal(1, (await release.RunAsync("--force")).Code);
        Assert.Equal(0, (await release.RunAsync("--allow-platform-removal")).Code);
    }

    [Fact]
    public async Task a_tag_that_somebody_moved_since_the_preflight_stops_all_of_them_unless_forced()
    {
        await using var release = await Release.PrepareAsync(front, "moved");
        var theirs = default(Digest);
        front.Step(release.Name, async passing =>
        {
            if (passing.EndsUpload is not null && theirs == default)
                theirs = await release.SomebodyPublishesAsync("mirror:stable");
            await passing.AnswerAsync();
        });

        var (code, said, error) = await release.RunAsync();

        Assert.Equal((1, ""), (code, said));
        Assert.Contains($"push {front.Name}/moved/mirror:stable: the tag was moved from {release.Old.Digest} to {theirs} since the "
            + "preflight", error, StringComparison.Ordinal);
        Assert.Equal(theirs, await release.NowAsync("mirror:stable"));
        Assert.Equal((release.Old.Digest, null), (await release.NowAsync("app:stable"), await release.NowAsync("app:2")));

        theirs = default;
        using (var store = Store.Open(release.StoreFolder)) // other content, so that there is something to upload
            store.Tags.Set(ImageReference.Parse("new:1"),
                release.New = await SampleImages.WriteIndexAsync(store, "newer", "linux/amd64", "linux/arm64"));
        Assert.Equal(0, (await release.RunAsync("--force")).Code);
        Assert.NotEqual(default, theirs);
        Assert.Equal(3, await release.EveryTagIsOldOrNewAsync());
    }

    [Fact]
    public async Task of_two_publications_of_the_same_tags_at_once_one_succeeds_and_the_other_is_refused()
    {
        await using var release = await Release.PrepareAsync(front, "twice");
        var other = default(Descriptor);
        using (var store = Store.Open(release.StoreFolder))
            store.Tags.Set(ImageReference.Parse("other:1"),
                other = await SampleImages.WriteIndexAsync(store, "other", "linux/amd64", "linux/arm64"));
        var both = new TaskCompletionSource();
        var indexes = new System.Collections.Concurrent.ConcurrentDictionary<string, byte>();
        front.Step(release.Name, async passing =>
        {
            // Neither writes an index before the other has seen the tags as they were.
            if (passing.Request.Method == "PUT"
                && new[] { other.Digest, release.New.Digest }
                    .FirstOrDefault(digest => passing.Path.EndsWith($"{digest}", StringComparison.Ordinal))
                    is var digest
                && digest != default)
            {
                indexes.TryAdd(digest.ToString(), 0);
                if (indexes.Count == 2)
                    both.TrySetResult();
                await both.Task;
            }
            await passing.AnswerAsync();
        });

        var outcomes = await Task.WhenAll(new[] { "new:1", "other:1" }.Select(image =>
            Commanding.Manifold(release.Folder, ["push", image, .. Release.Tags.Select(tag => $"{front.Name}/{release.Name}/{tag}")])));

        Assert.Equal([0, 1], outcomes.Select(outcome => outcome.Code).Order());
        Assert.Contains("since the preflight", outcomes.Single(outcome => outcome.Code == 1).Error, StringComparison.Ordinal);
        Assert.Equal(outcomes[0].Code == 0 ? release.New.Digest : other.Digest,
            Assert.Single((await Task.WhenAll(Release.Tags.Select(release.NowAsync))).Distinct()));
    }

    [Fact]
    public async Task when_one_tag_cannot_be_written_those_that_were_are_put_back()
    {
        await using var release = await Release.PrepareAsync(front, "refused");
        front.Step(release.Name, passing => passing.Path.Contains("/mirror/", StringComparison.Ordinal) && passing.WritesTag is not null
            ? passing.RefuseAsync(403, "DENIED", "the tag is immutable") : passing.AnswerAsync());

        var (code, said, error) = await release.RunAsync();

        Assert.Equal((3, ""), (code, said));
        Assert.Contains("the tag is immutable", error, StringComparison.Ordinal);
        Assert.Equal((release.Old.Digest, release.Old.Digest),
            (await release.NowAsync("app:stable"), await release.NowAsync("mirror:stable")));
        Assert.Contains($"  old      {front.Name}/refused/app:stable ({release.Old.Digest})\n", error, StringComparison.Ordinal);
        // Debian's registry deletes no tags, which must be told.
        Assert.Equal(release.New.Digest, await release.NowAsync("app:2"));
        Assert.Contains($"  new      {front.Name}/refused/app:2 ({release.New.Digest}), which did not exist before; the registry does not "
            + "delete tags\n", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(release.StoreFolder, "publications"), "*.json"));
    }

    [Fact]
    public async Task a_tag_that_is_new_is_taken_away_again_where_the_registry_does_that()
    {
        using var folder = new TemporaryFolder();
        using var served = Store.Open(folder["served"]);
        await using var server = await RegistryServer.StartAsync(served,
            new ServeOptions { Listen = ServeOptions.ParseListen("127.0.0.1:0"), AllowDelete = true });
        using var store = Store.Open(folder["store"]);
        using var client = new RegistryClient(new RegistryOptions());
        await using var release = await Release.PrepareAsync(front, "deleted");
        var index = await SampleImages.WriteIndexAsync(store, "x", "linux/amd64", "linux/arm64");
        front.Step(release.Name,
            passing => passing.WritesTag is not null ? passing.RefuseAsync(403, "DENIED", "no") : passing.AnswerAsync());
        var tag = ImageReference.Parse($"{server.Address}/app:1");

        var failure = await Assert.ThrowsAsync<PublicationFailedException>(
            () => client.PushAsync(store, index, tag, front.Reference("deleted/app:3")));

        Assert.Contains(tag, failure.Old);
        Assert.Empty(failure.New);
        Assert.Null(await client.HeadManifestAsync(tag));
        Assert.NotNull(await client.HeadManifestAsync(tag.WithDigest(index.Digest)));
    }

    [Fact]
    public async Task an_answer_that_is_lost_does_not_undo_what_the_registry_did()
    {
        await using var release = await Release.PrepareAsync(front, "lost");
        front.Step(release.Name, async passing =>
        {
            await passing.ForwardAsync();
            if (passing.WritesTag is not null)
                await passing.RefuseAsync(403, "UNKNOWN", "so it says");
            else
                await passing.AnswerAsync();
        });
        Assert.Equal(0, (await release.RunAsync()).Code);
        Assert.Equal(3, await release.EveryTagIsOldOrNewAsync());
    }

    [Fact]
    public async Task a_tag_that_another_machine_takes_in_the_last_moment_is_left_to_it_and_told()
    {
        await using var release = await Release.PrepareAsync(front, "taken");
        var theirs = default(Digest);
        front.Step(release.Name, async passing =>
        {
            await passing.ForwardAsync();
            if (passing.WritesTag == "stable" && passing.Path.Contains("/mirror/", StringComparison.Ordinal) && theirs == default)
                theirs = await release.SomebodyPublishesAsync("mirror:stable");
            await passing.AnswerAsync();
        });

        var (code, _, error) = await release.RunAsync();

        Assert.Equal(3, code);
        Assert.Contains($"  foreign  {front.Name}/taken/mirror:stable: somebody else moved this tag at the same time\n", error,
            StringComparison.Ordinal);
        Assert.Equal((theirs, release.Old.Digest), (await release.NowAsync("mirror:stable"), await release.NowAsync("app:stable")));
    }

    [Fact]
    public async Task Ctrl_C_while_the_tags_are_written_puts_back_those_that_were()
    {
        await using var release = await Release.PrepareAsync(front, "interrupted");
        var written = new TaskCompletionSource();
        front.Step(release.Name, async passing =>
        {
            if (passing.WritesTag is null || passing.Path.Contains("/app/", StringComparison.Ordinal))
            {
                await passing.AnswerAsync();
                return;
            }
            written.TrySetResult();
            await Task.Delay(Timeout.Infinite, passing.Gone);
        });
        using var program = release.Start("app:stable", "mirror:stable");
        await written.Task;
        await Eventually.Is(async () => await release.NowAsync("app:stable") == release.New.Digest);

        await Tool.Run("kill", "-INT", $"{program.Id}");
        var error = await program.StandardError.ReadToEndAsync();
        await program.WaitForExitAsync();

        Assert.Equal(130, program.ExitCode);
        Assert.Contains("The publication was interrupted while its tags were being written.\nNo tag changed.", error,
            StringComparison.Ordinal);
        Assert.Equal(0, await release.EveryTagIsOldOrNewAsync());
    }

    [Fact]
    public async Task what_a_killed_publication_left_is_not_touched_where_somebody_published_since()
    {
        await using var release = await Release.PrepareAsync(front, "superseded");
        var theirs = await release.SomebodyPublishesAsync("app:stable");
        Directory.CreateDirectory(Path.Combine(release.StoreFolder, "publications"));
        var journal = Path.Combine(release.StoreFolder, "publications", "1.json");
        await File.WriteAllTextAsync(journal, $$"""
            {"version": 1, "time": "2026-01-02T03:04:05Z", "tags": [
              {"tag": "{{front.Name}}/superseded/app:stable", "before": {{Json(release.Old)}}, "after": {{Json(release.New)}}},
              {"tag": "{{front.Name}}/superseded/mirror:stable", "before": {{Json(release.Old)}}, "after": {{Json(release.New)}}}]}
            """);

        var (code, _, error) = await Commanding.Manifold(release.Folder, "push", "new:1", $"{front.Name}/elsewhere/app:1");

        Assert.Equal(0, code);
        Assert.Contains($"was interrupted at 2026-01-02 03:04:05Z, and {front.Name}/superseded/app:stable was moved since", error,
            StringComparison.Ordinal);
        Assert.Equal((theirs, release.Old.Digest), (await release.NowAsync("app:stable"), await release.NowAsync("mirror:stable")));
        Assert.False(File.Exists(journal));

        static string Json(Descriptor descriptor) =>
            $$"""{"mediaType": "{{descriptor.MediaType}}", "digest": "{{descriptor.Digest}}", "size": {{descriptor.Size}}}""";
    }

    [Theory]
    [InlineData(401)]
    [InlineData(429)]
    public async Task what_a_killed_publication_left_waits_for_a_registry_that_cannot_be_asked_now(int status)
    {
        var name = $"waiting{status}";
        await using var release = await Release.PrepareAsync(front, name);
        var theirs = await release.SomebodyPublishesAsync("app:stable");
        Directory.CreateDirectory(Path.Combine(release.StoreFolder, "publications"));
        var journal = Path.Combine(release.StoreFolder, "publications", "1.json");
        await File.WriteAllTextAsync(journal, $$"""
            {"version": 1, "time": "2026-01-02T03:04:05Z", "tags": [
              {"tag": "{{front.Name}}/{{name}}/app:stable", "before": {{Json(release.Old)}}, "after": {{Json(release.New with { Digest = theirs })}}},
              {"tag": "{{front.Name}}/{{name}}/mirror:stable", "before": {{Json(release.Old)}}, "after": {{Json(release.New)}}}]}
            """);
        front.Step(name, passing =>
        {
            passing.Request.HttpContext.Response.Headers.RetryAfter = "3600";
            return passing.RefuseAsync(status, "DENIED", "not now");
        });

        var (code, _, error) = await Commanding.Manifold(release.Folder, "push", "new:1", $"{front.Name}/elsewhere/app:{status}");

        Assert.True(code == 0, error);
        Assert.Contains("could not be finished", error, StringComparison.Ordinal);
        Assert.True(File.Exists(journal));

        static string Json(Descriptor descriptor) =>
            $$"""{"mediaType": "{{descriptor.MediaType}}", "digest": "{{descriptor.Digest}}", "size": {{descriptor.Size}}}""";
    }

    [Fact]
    public async Task a_target_that_names_another_images_digest_is_refused_before_anything_is_written()
    {
        using var folder = new TemporaryFolder();
        using (var store = Store.Open(folder["store"]))
            store.Tags.Set(front.Reference("digest/app:1"), await SampleImages.WriteIndexAsync(store, "x", "linux/amd64"));

        var (code, _, error) = await Commanding.Manifold(folder,
            "push", $"{front.Name}/digest/app:1", $"{front.Name}/digest/app:1@sha256:{new string('0', 64)}");

        Assert.Equal(2, code);
        Assert.Contains("not the one in the name", error, StringComparison.Ordinal);
        using var client = new RegistryClient(new RegistryOptions());
        Assert.Null(await client.HeadManifestAsync(front.Reference("digest/app:1")));
    }

    [Fact]
    public async Task a_tag_that_is_also_a_platforms_own_is_refused_before_anything_is_written()
    {
        using var folder = new TemporaryFolder();
        using (var store = Store.Open(folder["store"]))
            store.Tags.Set(front.Reference("both/app:1"), await SampleImages.WriteIndexAsync(store, "x", "linux/amd64", "linux/arm64"));

        var (code, _, error) = await Commanding.Manifold(folder,
            "push", $"{front.Name}/both/app:1", $"{front.Name}/both/app:1", $"{front.Name}/both/app:1-arm64", "--platform-tags");

        Assert.Equal(2, code);
        Assert.Contains($"'{front.Name}/both/app:1-arm64' would be the tag of two images: all platforms and linux/arm64", error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task platform_tags_name_each_platforms_manifest()
    {
        using var folder = new TemporaryFolder();
        using (var store = Store.Open(folder["store"]))
            store.Tags.Set(front.Reference("tagged/app:1"), await SampleImages.WriteIndexAsync(store, "x", "linux/amd64", "linux/arm/v7"));

        var (code, said, error) = await Commanding.Manifold(folder, "push", $"{front.Name}/tagged/app:1", "--platform-tags");

        Assert.True(code == 0, error);
        Assert.Equal([$"{front.Name}/tagged/app:1", $"{front.Name}/tagged/app:1-amd64", $"{front.Name}/tagged/app:1-arm-v7"],
            said.Trim().Split('\n').Select(line => line.Split('@')[0]));
        var arm = await Tool.Run("skopeo", "inspect", "--tls-verify=false", "--config", $"docker://{front.Behind}/tagged/app:1-arm-v7");
        Assert.Contains("\"architecture\": \"arm\"", arm, StringComparison.Ordinal);
    }
}
