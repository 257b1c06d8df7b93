using Manifold.Images;
using Manifold.Publishing;

namespace Manifold.Tests.Publishing;

/// <summary>Few requests show whether the registry still has everything.</summary>
public sealed partial class LosingContent
{
    [Fact]
    public async Task an_image_that_is_there_costs_one_question_for_each_manifest_and_none_for_blobs()
    {
        var index = await PublishedAsync("linux/amd64", "linux/arm64", "linux/arm/v7");
        Registry.Requests.Clear();

        var done = await PublishAsync(index, "app:1");

        Assert.Equal(["HEAD", "HEAD", "HEAD", "HEAD", "HEAD"],
            Registry.Requests.Select(request => request.Method)); // the tag, the index and its three manifests
        Assert.Equal(5, Registry.Requests.Select(request => request.Path).Distinct().Count());
        Assert.Equal(Transfers.None, done.Transfers);
        Assert.Empty(warnings);
    }

    [Fact]
    public async Task manifests_are_asked_for_at_the_same_time()
    {
        var index = await PublishedAsync([.. Enumerable.Range(0, 40).Select(i => $"linux/amd64/v{i}")]);
        using var all = new CountdownEvent(8);
        Registry.Fault = async context =>
        {
            if (context.Request.Path.Value!.Contains("/manifests/sha256:", StringComparison.Ordinal) && !all.IsSet)
            {
                all.Signal();
                while (!all.IsSet) // each waits for seven others
                    await Task.Delay(1, context.RequestAborted);
            }
            return false;
        };

        await PublishAsync(index, "app:1");

        Assert.True(all.IsSet);
    }

    [Fact]
    public async Task what_one_publication_has_sent_or_seen_is_not_asked_for_again()
    {
        var index = await SampleImages.WriteIndexAsync(Store, "x", "linux/amd64", "linux/arm64");
        await using var source = new StoreSource(Store, Client(), Registry.Reference("app:1"), index);
        var publisher = new Publisher(Tools());
        var preflight = await publisher.PreflightAsync(new PublicationRequest { Targets = [Registry.Reference("app:1")] }, []);
        var image = new PreparedImage(source, index, preflight);
        await publisher.SendAsync(image);
        Registry.Requests.Clear();

        await publisher.PublishAllAsync([image]);

        Assert.Equal((0, 0), (Registry.Count("HEAD", "/blobs/"), Registry.Count("HEAD", "/manifests/sha256:")));
        Registry.Lose("app", Entries(index)[0].Digest);
        await publisher.PublishAsync(source, index, new PublicationRequest { Targets = [Registry.Reference("app:1")] });
        await IsWholeAsync(index); // a publication of its own asks again
    }

    [Fact]
    public async Task a_preflight_asks_what_a_publication_needs_and_a_plan_asks_for_more()
    {
        await PublishedAsync();
        Registry.Requests.Clear();
        var needed = await new Publisher(Tools()).PreflightAsync(new PublicationRequest { Targets = [Registry.Reference("app:1")] }, []);
        Assert.Null(needed.Repositories[0].Exists);
        Assert.Equal(["DELETE", "HEAD", "POST"], Registry.Requests.Select(request => request.Method).Order());

        var surveyed = await new Publisher(Tools() with { Surveys = true })
            .PreflightAsync(new PublicationRequest { Targets = [Registry.Reference("app:1")] }, []);
        Assert.Equal((1, 1), (Registry.Count("GET", "/tags/list"), Registry.Count("GET", "/referrers/")));
        Assert.NotNull(surveyed.Repositories[0].Exists);
    }
}
