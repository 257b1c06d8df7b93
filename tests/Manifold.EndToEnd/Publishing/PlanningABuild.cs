using System.Text.Json.Nodes;
using Manifold.Content;
using Manifold.EndToEnd.Registry;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.EndToEnd.Publishing;

/// <summary><c>manifold plan</c>: what stands in the way is said, and nothing is done.</summary>
public sealed class PlanningABuild : IAsyncLifetime
{
    private readonly Workshop shop = new();
    private readonly RegistryClient client = new(new RegistryOptions());
    private DebianRegistry registry = null!;

    public async ValueTask InitializeAsync()
    {
        registry = await DebianRegistry.StartAsync();
        using var store = Store.Open(shop["bases"]);
        await client.PushAsync(store, await SampleImages.WriteIndexAsync(store, "base", "linux/amd64", "linux/arm64"), Reference("base:1"));
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await registry.DisposeAsync();
        shop.Dispose();
    }

    [Fact]
    public async Task bases_ways_and_targets_are_tables()
    {
        var context = shop.Context($"FROM --platform=$BUILDPLATFORM {registry.Name}/base:1 AS tools\n"
            + $"RUN make\nFROM {registry.Name}/base:1\nCOPY --from=tools /x /x\n");

        var plan = (await shop.Run([context],
            "plan", "--platform", "linux/amd64,linux/arm64", "-t", $"{registry.Name}/app:1", "--push", "--platform-tags"))
            .Succeeded();

        var rows = plan.Output.Split('\n')
            .Select(line => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Where(row => row.Length > 0).ToList();
        Assert.Equal(2, rows.Count(row => row[0] == $"{registry.Name}/base:1" && Digest.TryParse(row[2], out _) && row[^1] == "registry"));
        var foreign = Platform.Host.Architecture == "arm64" ? "linux/amd64" : "linux/arm64";
        Assert.Contains(rows, row => row is [var platform, "2", "1", var way]
            && platform == foreign && way == $"cross (on {Platform.Host})");
        Assert.Equal(["app:1", "app:1-amd64", "app:1-arm64"], rows.Where(row => row[^1] == "-").Select(row => row[0].Split('/')[1]));
        Assert.All(rows.Where(row => row[^1] == "-"), row => Assert.Matches("push .*new repository.*no referrers.* none$",
            $"{row[1]} {row[2]}"));
    }

    [Fact]
    public async Task it_builds_nothing_writes_no_tag_and_leaves_nothing_in_the_registry()
    {
        var context = shop.Context($"FROM {registry.Name}/base:1\nCOPY Dockerfile /\n");
        (await shop.Run([context], "plan", "-t", $"{registry.Name}/app:1", "--push")).Succeeded();

        Assert.Empty(shop.State());
        Assert.Empty(Directory.GetFiles(Path.Combine(shop.Root, "cache"), "*.json", SearchOption.AllDirectories));
        Assert.Null(await client.HeadManifestAsync(Reference("app:1")));
        Assert.False(await client.HasRepositoryAsync(Reference("app:1")));
        // Debian's registry keeps an empty file of a session that is given up; what makes it one is gone.
        Assert.DoesNotContain(registry.Files("_uploads"), file => Path.GetFileName(file) is "startedat" or "data");
    }

    [Fact]
    public async Task all_that_stands_in_the_way_is_one_message()
    {
        var context = shop.Context($"""
            FROM {registry.Name}/base:1 AS one
            FROM {registry.Name}/gone:2
            COPY --from=one /x /x
            COPY --from={registry.Name}/base:7 /x /x

            """);
        var plan = await shop.Run([context], "plan", "--platform", "linux/amd64,linux/s390x", "-t", "127.0.0.1:1/app:1", "--push");

        Assert.Equal((3, ""), (plan.Code, plan.Output));
        Assert.Contains($"{registry.Name}/base:1 (Dockerfile:1): there is no image for linux/s390x. It has: linux/amd64, linux/arm64.\n",
            plan.Error, StringComparison.Ordinal);
        Assert.Contains($"pull {registry.Name}/gone:2: the registry does not have it. Check the name and the tag. (requested by "
            + "Dockerfile:2.)\n", plan.Error, StringComparison.Ordinal);
        Assert.Contains($"pull {registry.Name}/base:7: the registry does not have it.", plan.Error, StringComparison.Ordinal);
        Assert.Contains("push 127.0.0.1:1/app: cannot connect to '127.0.0.1:1'", plan.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_missing_platform_alone_is_wrong_usage()
    {
        var plan = await shop.Run([shop.Context($"FROM {registry.Name}/base:1\n")], "plan", "--platform", "linux/s390x");
        Assert.Equal(2, plan.Code);
    }

    [Fact]
    public async Task what_a_tag_has_and_would_lose_is_data_and_a_refusal()
    {
        var context = shop.Context("FROM scratch\nCOPY Dockerfile /\n");
        (await shop.Build(context, "--platform", "linux/amd64,linux/arm64", "-t", $"{registry.Name}/app:1", "--push")).Succeeded();
        string[] arguments = ["plan", "--platform", "linux/amd64", "-t", $"{registry.Name}/app:1", "--push", "--json"];

        var refused = await shop.Run([context], arguments);
        Assert.Equal(1, refused.Code);
        Assert.Contains("the tag has linux/arm64, but the new image does not", refused.Error, StringComparison.Ordinal);

        var plan = JsonNode.Parse((await shop.Run([context, "--allow-platform-removal"], arguments)).Succeeded().Output)!;
        var target = Assert.Single(plan["targets"]!.AsArray())!;
        Assert.Equal(["linux/amd64", "linux/arm64"], target["platforms"]!.AsArray().Select(platform => (string)platform!));
        Assert.Equal("linux/arm64", (string)target["loses"]![0]!);
        var repository = plan["repositories"]![0]!;
        Assert.Equal((true, true, true, false), ((bool)repository["mayPush"]!,
            (bool)repository["exists"]!, (bool)repository["acceptsIndex"]!, (bool)repository["hasReferrersApi"]!));
        Assert.Null(repository["acceptsZstd"]);
        Assert.NotNull(plan["steps"]);
    }

    [Fact]
    public async Task a_build_that_may_not_be_published_does_no_work()
    {
        var context = shop.Context("FROM scratch\nCOPY Dockerfile /\n");
        (await shop.Build(context, "--platform", "linux/amd64,linux/arm64", "-t", $"{registry.Name}/app:1", "--push")).Succeeded();
        var other = shop.Context("FROM scratch\nCOPY Dockerfile /elsewhere\n");

        var build = await shop.Build(other, "--platform", "linux/amd64", "-t", $"{registry.Name}/app:1", "--push");

        Assert.Equal(1, build.Code);
        Assert.Empty(build.Steps);
        Assert.Contains("--allow-platform-removal", build.Error, StringComparison.Ordinal);
    }

    private ImageReference Reference(string name) => ImageReference.Parse($"{registry.Name}/{name}");
}
