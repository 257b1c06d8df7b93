using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Tests.Registry;
using Microsoft.AspNetCore.Http;

namespace Manifold.Tests.Publishing;

/// <summary>
/// Requests fail while two tags are written, looked at or put back: in the end both are new or both are old, or the message says
/// which is which.
/// </summary>
public sealed class FailingBetweenTags : WithARegistry
{
    /// <summary>In place of a status: the connection is cut.</summary>
    private const int Cut = 0;

    private readonly List<string> warnings = [];

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404, "only once")]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(Cut)]
    public async Task a_look_that_fails_after_both_were_written_undoes_nothing(int status, string? note = null)
    {
        await PrepareAsync();
        var (written, looks) = (0, note is null ? int.MaxValue : 1);
        Registry.Fault = async context =>
        {
            if (Writes(context, "one") || Writes(context, "two"))
                Interlocked.Increment(ref written);
            return written > 0 && Looks(context, "one") && Interlocked.Decrement(ref looks) >= 0 && await FailAsync(context, status);
        };

        await PublishAsync("one", "two");

        Assert.Equal(("new", "new"), (Now("one"), Now("two")));
        Assert.Equal(note is null, warnings.Any(warning =>
            warning.Contains("/app:one, but then did not allow reading", StringComparison.Ordinal)));
        Assert.Empty(Journal());
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(409)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(Cut)]
    public async Task a_write_that_is_refused_leaves_both_old(int status)
    {
        await PrepareAsync();
        Registry.Fault = async context => Writes(context, "two") && await FailAsync(context, status);

        var failure = await Assert.ThrowsAsync<PublicationFailedException>(() => PublishAsync("one", "two"));

        Assert.Equal(("old", "old"), (Now("one"), Now("two")));
        Assert.Contains("No tag changed", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, failure.Old.Length);
        Assert.Empty(Journal());
    }

    [Theory]
    [InlineData(403)]
    [InlineData(503)]
    [InlineData(Cut)]
    public async Task a_write_that_is_refused_and_looks_that_fail_leave_both_old(int status)
    {
        await PrepareAsync();
        var written = 0;
        Registry.Fault = async context =>
        {
            if (Writes(context, "two") && Interlocked.Increment(ref written) == 1)
                return await FailAsync(context, 403);
            return written > 0 && context.Request.Method == "HEAD" && await FailAsync(context, status);
        };

        var failure = await Assert.ThrowsAsync<PublicationFailedException>(() => PublishAsync("one", "two"));

        Assert.Equal(("old", "old"), (Now("one"), Now("two")));
        Assert.Equal(2, failure.Old.Length);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(Cut)]
    public async Task one_refusal_to_put_back_is_not_the_last_word(int status)
    {
        await PrepareAsync();
        var (ones, refused) = (0, 0);
        Registry.Fault = async context =>
        {
            if (Writes(context, "two"))
                return await FailAsync(context, 403);
            // The first write is the new image; the second puts it back.
            return Writes(context, "one") && Interlocked.Increment(ref ones) == 2 && Interlocked.Increment(ref refused) == 1
                && await FailAsync(context, status);
        };

        await Assert.ThrowsAsync<PublicationFailedException>(() => PublishAsync("one", "two"));

        Assert.Equal((1, "old", "old"), (refused, Now("one"), Now("two")));
    }

    [Theory]
    [InlineData(403)]
    [InlineData(500)]
    public async Task where_a_tag_cannot_be_put_back_the_others_are_written_after_all(int status)
    {
        await PrepareAsync();
        var (ones, twos) = (0, 0);
        Registry.Fault = async context =>
        {
            if (Writes(context, "two") && Interlocked.Increment(ref twos) == 1)
                return await FailAsync(context, 403); // once
            return Writes(context, "one") && Interlocked.Increment(ref ones) > 1 && await FailAsync(context, status);
        };

        await PublishAsync("one", "two");

        Assert.Equal(("new", "new"), (Now("one"), Now("two")));
        Assert.Empty(Journal());
    }

    [Fact]
    public async Task where_a_registry_refuses_both_ways_every_tag_is_told_as_it_is()
    {
        await PrepareAsync();
        var ones = 0;
        Registry.Fault = async context => Writes(context, "two") || (Writes(context, "one") && Interlocked.Increment(ref ones) > 1)
            ? await FailAsync(context, 403) : false;

        var failure = await Assert.ThrowsAsync<PublicationFailedException>(() => PublishAsync("one", "two"));

        Assert.Equal(("new", "old"), (Now("one"), Now("two")));
        Assert.Equal((Registry.Reference("app:one"), Registry.Reference("app:two")),
            (Assert.Single(failure.New), Assert.Single(failure.Old)));
        Assert.Contains("could be restored:", failure.Message, StringComparison.Ordinal);
        Assert.Matches(@"  new      \S+/app:one \(sha256:\w+\), not restored: .*answered 403", failure.Message);
    }

    [Fact]
    public async Task a_registry_that_goes_away_after_the_first_write_is_told_and_the_next_publication_ends_it()
    {
        await PrepareAsync();
        var gone = false;
        Registry.Fault = async context =>
        {
            if (Writes(context, "two"))
                gone = true;
            return gone && !Writes(context, "one") && await FailAsync(context, 503);
        };
        Registry.Fault = Both(Registry.Fault, async context => gone && Writes(context, "one") && Now("one") == "new"
            && await FailAsync(context, 503));

        var failure = await Assert.ThrowsAsync<PublicationFailedException>(() => PublishAsync("one", "two"));

        Assert.Contains("unknown", failure.Message, StringComparison.Ordinal);
        Assert.Single(Journal());
        Registry.Fault = null;
        await PublishAsync("three");
        Assert.Equal(Now("one"), Now("two"));
        Assert.Empty(Journal());
    }

    [Fact]
    public async Task a_tag_that_the_registry_shows_a_moment_later_is_waited_for()
    {
        await PrepareAsync();
        var stale = 2;
        var written = false;
        Registry.Fault = async context =>
        {
            written |= Writes(context, "one");
            if (!written || !Looks(context, "one") || Interlocked.Decrement(ref stale) < 0)
                return false;
            context.Request.Path = "/v2/app/manifests/before";
            await Task.CompletedTask;
            return false;
        };
        Registry.Manifests["app:before"] = Registry.Manifests["app:one"];

        await PublishAsync("one", "two");

        Assert.Equal(("new", "new"), (Now("one"), Now("two")));
    }

    [Fact]
    public async Task a_tag_that_the_registry_accepts_and_never_writes_leaves_both_old()
    {
        await PrepareAsync();
        Registry.Fault = async context =>
        {
            if (!Writes(context, "two"))
                return false;
            await ScriptedRegistry.ReadAsync(context);
            context.Response.StatusCode = 201;
            return true;
        };

        var failure = await Assert.ThrowsAsync<PublicationFailedException>(() => PublishAsync("one", "two"));

        Assert.Equal(("old", "old"), (Now("one"), Now("two")));
        Assert.Contains("The registry accepted every tag, but not all of them", failure.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_new_tag_that_may_have_been_written_is_taken_away_again()
    {
        await PrepareAsync();
        var written = false;
        Registry.Fault = async context =>
        {
            if (Writes(context, "two"))
                return await FailAsync(context, 403);
            if (!Writes(context, "fresh") || written)
                return false;
            written = true;
            var bytes = await ScriptedRegistry.ReadAsync(context); // it does the work, and its answer is lost, again and again
            Registry.Manifests["app:fresh"] = (MediaType.Index, bytes);
            return await FailAsync(context, Cut);
        };

        var failure = await Assert.ThrowsAsync<PublicationFailedException>(() => PublishAsync("fresh", "two"));

        Assert.Equal((null, "old"), (Now("fresh"), Now("two")));
        Assert.Equal(2, failure.Old.Length);
    }

    [Fact]
    public async Task a_refusal_while_a_killed_publication_is_ended_keeps_its_record()
    {
        var (old, index) = await PrepareAsync();
        await PublishAsync("content");
        Registry.Manifests["app:one"] = Registry.Manifests["app:content"]; // the kill came between the two
        Directory.CreateDirectory(Path.Combine(Store.Root, "publications"));
        await File.WriteAllTextAsync(Path.Combine(Store.Root, "publications", "1.json"), $$"""
            {"version": 1, "time": "{{DateTimeOffset.UtcNow:O}}", "tags": [
              {"tag": "{{Registry.Name}}/app:one", "before": {{Json(old)}}, "after": {{Json(index)}}},
              {"tag": "{{Registry.Name}}/app:two", "before": {{Json(old)}}, "after": {{Json(index)}}}]}
            """);
        Registry.Fault = async context => Looks(context, "two") && await FailAsync(context, 403);
        await PublishAsync("other");
        Assert.Equal(("new", "old"), (Now("one"), Now("two")));

        Registry.Fault = null;
        await PublishAsync("another");

        Assert.Equal(("new", "new"), (Now("one"), Now("two")));

        static string Json(Descriptor descriptor) =>
            $$"""{"mediaType": "{{descriptor.MediaType}}", "digest": "{{descriptor.Digest}}", "size": {{descriptor.Size}}}""";
    }

    private Descriptor image = null!;
    private Digest before;

    /// <summary>An old image under two tags, and a new one in the store.</summary>
    private async Task<(Descriptor Old, Descriptor New)> PrepareAsync()
    {
        Options = Options with { RetryDelay = TimeSpan.FromMilliseconds(1) };
        var old = await SampleImages.WriteIndexAsync(Store, "old", "linux/amd64", "linux/arm64");
        image = old;
        await PublishAsync("one", "two");
        before = old.Digest;
        image = await SampleImages.WriteIndexAsync(Store, "new", "linux/amd64", "linux/arm64");
        return (old, image);
    }

    private async Task PublishAsync(params string[] tags)
    {
        var client = Client();
        await using var source = new StoreSource(Store, client, Registry.Reference("app:x"), image);
        var tools = new PublishingTools(Store, client, TimeProvider.System) { Warn = warnings.Add };
        await new Publisher(tools).PublishAsync(source, image,
            new PublicationRequest { Targets = [.. tags.Select(tag => Registry.Reference($"app:{tag}"))] });
    }

    private string? Now(string tag) => !Registry.Manifests.TryGetValue($"app:{tag}", out var found) ? null
        : Digest.Of(found.Bytes) == before ? "old" : "new";

    private string[] Journal() => Directory.Exists(Path.Combine(Store.Root, "publications"))
        ? Directory.GetFiles(Path.Combine(Store.Root, "publications"), "*.json") : [];

    private static bool Writes(HttpContext context, string tag) => context.Request.Method == "PUT"
        && context.Request.Path.Value!.EndsWith($"/manifests/{tag}", StringComparison.Ordinal);

    private static bool Looks(HttpContext context, string tag) => context.Request.Method == "HEAD"
        && context.Request.Path.Value!.EndsWith($"/manifests/{tag}", StringComparison.Ordinal);

    private static Func<HttpContext, Task<bool>> Both(Func<HttpContext, Task<bool>> first, Func<HttpContext, Task<bool>> second) =>
        async context => await first(context) || await second(context);

    private static async Task<bool> FailAsync(HttpContext context, int status)
    {
        if (status == Cut)
        {
            context.Abort();
            return true;
        }
        if (status == 429)
            context.Response.Headers.RetryAfter = "3600";
        await ScriptedRegistry.RefuseAsync(context, status, "DENIED");
        return true;
    }
}
