using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Registry;

namespace Manifold.Tests.Publishing;

/// <summary><see cref="TagSwitch"/> alone: what it refuses before it writes, what it writes, and in which order.</summary>
public sealed class SwitchingTags : WithAnImage
{
    private Descriptor old = null!;
    private Descriptor image = null!;

    [Fact]
    public async Task all_tags_are_written_and_no_record_is_left()
    {
        await PrepareAsync("app:one", "app:two");
        var recorded = new List<int>();
        Registry.Fault = context =>
        {
            if (WritesTag(context))
                lock (recorded)
                    recorded.Add(Journal().Length);
            return Task.FromResult(false);
        };

        await SwitchAsync(new PublicationRequest { Targets = [] }, await MoveAsync("app:one", old), await MoveAsync("app:two", old),
            await MoveAsync("app:new", null));

        Assert.Equal([image.Digest, image.Digest, image.Digest], new[] { "app:one", "app:two", "app:new" }.Select(tag => Now(tag)!.Value));
        Assert.Equal([1, 1, 1], recorded);
        Assert.Empty(Journal());
        Assert.Empty(Warnings);
    }

    [Fact]
    public async Task a_tag_that_names_the_image_already_is_not_written()
    {
        await PrepareAsync("app:one", "app:two");
        Registry.Manifests["app:one"] = Registry.Manifests[$"app@{image.Digest}"];

        await SwitchAsync(new PublicationRequest { Targets = [] }, await MoveAsync("app:one", image), await MoveAsync("app:two", old));

        Assert.Equal(["/v2/app/manifests/two"], Written());
    }

    [Fact]
    public async Task where_every_tag_names_the_image_nothing_is_written()
    {
        await PrepareAsync();
        Registry.Manifests["app:one"] = Registry.Manifests[$"app@{image.Digest}"];

        // Also where the preflight saw something else: somebody has published the same.
        await SwitchAsync(new PublicationRequest { Targets = [] }, await MoveAsync("app:one", old));

        Assert.Empty(Written());
    }

    [Theory]
    [InlineData("moved")]
    [InlineData("created")]
    [InlineData("deleted")]
    public async Task a_tag_that_changed_since_the_preflight_stops_all_unless_forced(string change)
    {
        await PrepareAsync("app:one", "app:two");
        var other = await ImageAsync("other");
        await PublishAsync(other, "app:other");
        var planned = await MoveAsync("app:two", change == "created" ? null : old);
        if (change == "moved")
            Registry.Manifests["app:two"] = Registry.Manifests[$"app@{other.Digest}"];
        if (change == "deleted")
            Registry.Manifests.TryRemove("app:two", out _);
        var found = Now("app:two");
        Registry.Requests.Clear();

        var one = await MoveAsync("app:one", old);
        var refusal = await Assert.ThrowsAsync<PublicationRefusedException>(() =>
            SwitchAsync(new PublicationRequest { Targets = [] }, one, planned));

        Assert.Equal((old.Digest, found), (Now("app:one"), Now("app:two")));
        Assert.Empty(Written());
        Assert.Contains($"push {Registry.Name}/app:two: the tag was {change}", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("app:one:", refusal.Message, StringComparison.Ordinal);

        await SwitchAsync(new PublicationRequest { Targets = [], Force = true }, one, planned);
        Assert.Equal((image.Digest, image.Digest), (Now("app:one"), Now("app:two")));
    }

    [Fact]
    public async Task all_that_is_wrong_is_reported_together()
    {
        await PrepareAsync("app:one", "app:two");
        Registry.Manifests.TryRemove("app:one", out _);
        Registry.Manifests.TryRemove("app:two", out _);

        var refusal = await Assert.ThrowsAsync<PublicationRefusedException>(async () =>
            await SwitchAsync(new PublicationRequest { Targets = [] }, await MoveAsync("app:one", old), await MoveAsync("app:two", old)));

        Assert.Equal(2, refusal.Message.Split("was deleted").Length - 1);
        Assert.Equal(1, refusal.ExitCode);
    }

    [Fact]
    public async Task a_platform_is_lost_only_where_that_is_allowed_and_force_does_not_allow_it()
    {
        await PrepareAsync("app:one", "app:two");
        image = await ImageAsync("smaller", "linux/amd64");
        await PublishAsync(image, "app:smaller");
        Registry.Requests.Clear();
        var move = await MoveAsync("app:one", old, Platform.Parse("linux/amd64"));

        foreach (var request in new[] { new PublicationRequest { Targets = [] }, new PublicationRequest { Targets = [], Force = true } })
            await Assert.ThrowsAsync<PublicationRefusedException>(() => SwitchAsync(request, move));
        Assert.Empty(Written());
        await SwitchAsync(new PublicationRequest { Targets = [], AllowPlatformRemoval = true }, move);

        Assert.Equal(image.Digest, Now("app:one"));
    }

    [Fact]
    public async Task what_somebody_published_meanwhile_does_not_lose_a_platform_to_force()
    {
        await PrepareAsync("app:one");
        var bigger = await ImageAsync("bigger", "linux/amd64", "linux/arm64", "linux/riscv64");
        var move = await MoveAsync("app:one", old);
        await PublishAsync(bigger, new PublicationRequest { Targets = [Registry.Reference("app:one")] });

        var refusal = await Assert.ThrowsAsync<PublicationRefusedException>(() =>
            SwitchAsync(new PublicationRequest { Targets = [], Force = true }, move));

        Assert.Contains("linux/riscv64", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(bigger.Digest, Now("app:one"));
    }

    [Fact]
    public async Task what_is_no_image_is_overwritten_only_by_force()
    {
        await PrepareAsync("app:one");
        var planned = await MoveAsync("app:one", old);
        planned = planned with { Planned = planned.Planned with { Now = planned.Planned.Now! with { Oddity = "It is a chart." } } };

        var refusal = await Assert.ThrowsAsync<PublicationRefusedException>(() =>
            SwitchAsync(new PublicationRequest { Targets = [] }, planned));
        await SwitchAsync(new PublicationRequest { Targets = [], Force = true }, planned);

        Assert.Contains("It is a chart.", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(image.Digest, Now("app:one"));
    }

    [Fact]
    public async Task the_tags_of_manifests_come_before_those_of_indexes()
    {
        await PrepareAsync();
        var entry = ImageIndex.Parse(Store.ReadDocument(image.Digest)).Manifests[0];
        var ofPlatform = new TagMove(new TargetState(Registry.Reference("app:1-amd64"), Platform.Parse("linux/amd64"), null, []),
            new ManifestContent(entry, Store.ReadDocument(entry.Digest)), [Platform.Parse("linux/amd64")]);

        await SwitchAsync(new PublicationRequest { Targets = [] }, await MoveAsync("app:1", null), ofPlatform);

        Assert.Equal(["/v2/app/manifests/1-amd64", "/v2/app/manifests/1"], Written());
    }

    [Fact]
    public async Task a_tag_that_may_not_be_read_afterwards_counts_as_written_and_is_told()
    {
        await PrepareAsync("app:one", "app:two");
        var moves = new[] { await MoveAsync("app:one", old), await MoveAsync("app:two", old) };
        var written = 0;
        Registry.Fault = async context =>
        {
            if (WritesTag(context))
                Interlocked.Increment(ref written);
            if (context.Request.Method != "HEAD" || written == 0)
                return false;
            await ScriptedRegistry.RefuseAsync(context, 403, "DENIED");
            return true;
        };

        await SwitchAsync(new PublicationRequest { Targets = [] }, moves);

        Assert.Equal((image.Digest, image.Digest), (Now("app:one"), Now("app:two")));
        Assert.Contains("what the tags point to", Assert.Single(Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_new_tag_that_cannot_be_taken_back_is_told_as_new()
    {
        await PrepareAsync("app:two");
        var moves = new[] { await MoveAsync("app:new", null), await MoveAsync("app:two", old) };
        Registry.Fault = async context =>
        {
            if (context.Request.Method != "DELETE" && !WritesTag(context, "two"))
                return false;
            await ScriptedRegistry.RefuseAsync(context, context.Request.Method == "DELETE" ? 405 : 403, "DENIED");
            return true;
        };

        var failure = await Assert.ThrowsAsync<PublicationFailedException>(() =>
            SwitchAsync(new PublicationRequest { Targets = [] }, moves));

        Assert.Equal((3, false), (failure.ExitCode, failure.IsInterrupted));
        Assert.Equal(Registry.Reference("app:new"), Assert.Single(failure.New));
        Assert.Equal(Registry.Reference("app:two"), Assert.Single(failure.Old));
        Assert.Empty(Journal());
    }

    [Fact]
    public async Task cancelled_before_the_first_write_nothing_is_written()
    {
        await PrepareAsync("app:one");
        var move = await MoveAsync("app:one", old);
        using var cancelling = new CancellationTokenSource();
        Registry.Fault = context =>
        {
            if (context.Request.Method == "HEAD")
                cancelling.Cancel();
            return Task.FromResult(false);
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            SwitchAsync(new PublicationRequest { Targets = [] }, cancelling.Token, move));

        Assert.Empty(Written());
        Assert.Equal(old.Digest, Now("app:one"));
        Assert.Empty(Journal());
    }

    /// <summary>The request that is under way may end: a tag that is half written helps nobody.</summary>
    [Fact]
    public async Task cancelled_while_tags_are_written_those_that_are_written_stay_where_all_are()
    {
        await PrepareAsync("app:one", "app:two");
        var moves = new[] { await MoveAsync("app:one", old), await MoveAsync("app:two", old) };
        using var cancelling = new CancellationTokenSource();
        Registry.Fault = context =>
        {
            if (WritesTag(context))
                cancelling.Cancel();
            return Task.FromResult(false);
        };

        await SwitchAsync(new PublicationRequest { Targets = [] }, cancelling.Token, moves);

        Assert.Equal((image.Digest, image.Digest), (Now("app:one"), Now("app:two")));
        Assert.Empty(Journal());
    }

    [Fact]
    public async Task cancelled_while_one_is_refused_the_other_is_put_back_and_nothing_is_tried_again()
    {
        await PrepareAsync("app:one", "app:two");
        var moves = new[] { await MoveAsync("app:one", old), await MoveAsync("app:two", old) };
        using var cancelling = new CancellationTokenSource();
        Registry.Fault = async context =>
        {
            if (!WritesTag(context, "two"))
                return false;
            await cancelling.CancelAsync();
            await ScriptedRegistry.RefuseAsync(context, 403, "DENIED");
            return true;
        };

        await Assert.ThrowsAsync<PublicationFailedException>(() =>
            SwitchAsync(new PublicationRequest { Targets = [] }, cancelling.Token, moves));

        Assert.Equal((old.Digest, old.Digest), (Now("app:one"), Now("app:two")));
        Assert.Single(Written(), path => path.EndsWith("/two", StringComparison.Ordinal));
    }

    [Fact]
    public async Task two_switches_of_one_store_wait_for_each_other()
    {
        await PrepareAsync("app:one", "app:two");
        var (one, two) = (await MoveAsync("app:one", old), await MoveAsync("app:two", old));
        var most = 0;
        Registry.Fault = context =>
        {
            if (WritesTag(context))
                most = Math.Max(most, Journal().Length);
            return Task.FromResult(false);
        };

        await Task.WhenAll(new[] { one, two }.Select(move => SwitchAsync(new PublicationRequest { Targets = [] }, move)));

        Assert.Equal((image.Digest, image.Digest), (Now("app:one"), Now("app:two")));
        Assert.Equal(1, most);
    }

    /// <summary>The old image under the tags, and the new one's content in the repository.</summary>
    private async Task PrepareAsync(params string[] tags)
    {
        Options = Options with { RetryDelay = TimeSpan.FromMilliseconds(1) };
        old = await ImageAsync("old");
        image = await ImageAsync("new");
        await PublishAsync(old, [.. tags, "app:old"]);
        await PublishAsync(image, "app:content");
        Registry.Requests.Clear();
    }

    private async Task<TagMove> MoveAsync(string tag, Descriptor? before, params Platform[] platforms)
    {
        var now = before is null ? null : new TagState(new ManifestContent(before, Store.ReadDocument(before.Digest)),
            [.. (await ImagePlatforms.ReadAsync(Source(), before, CancellationToken.None)).Select(entry => entry.Platform)]);
        ImmutableArray<Platform> after = platforms.Length > 0 ? [.. platforms]
            : [Platform.Parse("linux/amd64"), Platform.Parse("linux/arm64")];
        return new TagMove(new TargetState(Registry.Reference(tag), null, now, TargetProbe.Losing(now, null, after)),
            new ManifestContent(image, Store.ReadDocument(image.Digest)), after);
    }

    private StoreSource Source() => new(Store, Client(), Registry.Reference("app:x"), image);

    private Task SwitchAsync(PublicationRequest request, params TagMove[] moves) => SwitchAsync(request, CancellationToken.None, moves);

    private Task SwitchAsync(PublicationRequest request, CancellationToken cancellation, params TagMove[] moves) =>
        new TagSwitch(Tools(), request).RunAsync([.. moves], cancellation);

    private IEnumerable<string> Written() =>
        Registry.Requests.Where(asked => asked.Method is "PUT" or "DELETE").Select(asked => asked.Path);
}
