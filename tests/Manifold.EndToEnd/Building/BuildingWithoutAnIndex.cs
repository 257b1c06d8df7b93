using System.Text.Json;
using Manifold.Oci;

namespace Manifold.EndToEnd.Building;

/// <summary>
/// <c>--index=never</c> and <c>--created</c>: what a few clients need of an image's documents, and nothing else of it
/// changes.
/// </summary>
public sealed class BuildingWithoutAnIndex : IDisposable
{
    private readonly Workshop shop = new();

    [Fact]
    public async Task one_platform_is_the_manifest_that_its_index_would_list()
    {
        var context = shop.Context("FROM scratch\nCOPY Dockerfile /\n");
        var listed = Assert.Single(Index(await LayoutAsync(context, "with")));
        var alone = await LayoutAsync(context, "without", "--index=never", "--iidfile", shop["iid"]);
        Assert.Equal((MediaType.Manifest, listed.Digest), (alone.MediaType, alone.Digest));
        Assert.Equal(alone.Digest.ToString(), File.ReadAllText(shop["iid"]));
    }

    [Fact]
    public async Task a_registry_gets_the_manifest_under_the_tag_and_says_so()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var built = (await shop.Run([shop.Context("FROM scratch\nCOPY Dockerfile /\n")], "build", "--index", "never", "-t",
            $"{registry.Name}/app:1", "--push", "--metadata-file", shop["meta"], "--platform-tags")).Succeeded();
        Assert.Equal(MediaType.Manifest, registry.Manifests["app:1"].Type);
        Assert.Equal(registry.Manifests["app:1"].Bytes, registry.Manifests[$"app:1-{Platform.Host.Architecture}"].Bytes);
        var digest = Digest.Of(registry.Manifests["app:1"].Bytes).ToString();
        Assert.Contains($"image  {digest}", built.Output, StringComparison.Ordinal);
        Assert.Equal(digest, JsonDocument.Parse(File.ReadAllText(shop["meta"])).RootElement.GetProperty("containerimage.digest")
            .GetString());
    }

    [Theory]
    [InlineData("--index=never: 2 platforms (linux/amd64, linux/arm64) need an index", "--index=never", "--platform",
        "linux/amd64,linux/arm64")]
    [InlineData("the annotation 'a' is for the index", "--index=never", "--annotation", "index:a=b")]
    [InlineData("--index=never and --shard", "--index=never", "--shard", "s.json", "--push", "-t", "localhost:1/x")]
    [InlineData("--index sometimes: expected always or never", "--index", "sometimes")]
    [InlineData("--created: 'yesterday' is not a time", "--created", "yesterday")]
    [InlineData("--created: '-1' is not a time", "--created=-1")]
    [InlineData("not a git checkout", "--created", "context")]
    public async Task what_cannot_be_is_refused(string expected, params string[] arguments)
    {
        var built = await shop.Build(shop.Context("FROM scratch\nCOPY Dockerfile /\n"), arguments);
        Assert.Equal(2, built.Code);
        Assert.Contains(expected, built.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_project_says_it_of_one_image_or_its_baker_of_all()
    {
        shop.Write("p/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        var file = shop.Write("p/manifold.yaml", "images:\n  a: {context: ., index: never, created: 1700000000}\n  b: {context: .}\n  c: "
            + "{context: ., platforms: [linux/amd64, linux/arm64]}\n");
        (await shop.Run(["a", "b"], "bake", "-f", file)).Succeeded();
        Assert.Equal((MediaType.Manifest, MediaType.Index), (await TypeAsync("a"), await TypeAsync("b")));
        Assert.Equal("2023-11-14T22:13:20", (await ConfigAsync("store:a")).GetProperty("created").GetString()![..19]);
        Assert.Equal("1970-01-01", (await ConfigAsync("store:b")).GetProperty("created").GetString()![..10]);

        (await shop.Run(["a", "b"], "bake", "-f", file, "--index=never", "--created", "1600000000")).Succeeded();
        Assert.Equal(MediaType.Manifest, await TypeAsync("b"));
        Assert.All(["store:a", "store:b"], name => Assert.StartsWith("2020-09-13", ConfigAsync(name).GetAwaiter().GetResult()
            .GetProperty("created").GetString(), StringComparison.Ordinal));

        var refused = await shop.Run(["c"], "bake", "-f", file, "--index=never");
        Assert.Equal(2, refused.Code);
        Assert.Contains("c: index: never: 2 platforms", refused.Error, StringComparison.Ordinal);
        (await shop.Run(["c"], "bake", "-f", file, "--set", "c.platform=linux/amd64", "--index=never")).Succeeded();
    }

    [Fact]
    public async Task the_time_of_creation_changes_nothing_else()
    {
        var context = shop.Context("FROM scratch\nCOPY Dockerfile /\n");
        (await shop.Build(context, "-t", "plain:1")).Succeeded();
        (await shop.Build(context, "-t", "timed:1", "--created", "1700000000")).Succeeded();
        var (plain, timed) = (await ConfigAsync("store:plain:1"), await ConfigAsync("store:timed:1"));
        Assert.Equal(plain.GetProperty("rootfs").ToString(), timed.GetProperty("rootfs").ToString());
        Assert.StartsWith("2023-11-14T22:13:20", timed.GetProperty("created").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("2023-11-14T22:13:20", timed.GetProperty("history")[0].GetProperty("created").GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task now_is_this_machines_time()
    {
        shop.Time = new SteppedTime();
        ((SteppedTime)shop.Time).Step(TimeSpan.FromDays(365_000) * 0.01);
        var before = shop.Time.GetUtcNow().ToUnixTimeSeconds();
        (await shop.Build(shop.Context("FROM scratch\nCOPY Dockerfile /\n"), "-t", "app:1", "--created", "now")).Succeeded();
        Assert.InRange((await ConfigAsync("store:app:1")).GetProperty("created").GetDateTimeOffset().ToUnixTimeSeconds(), before,
            shop.Time.GetUtcNow().ToUnixTimeSeconds());
    }

    [Fact]
    public async Task the_context_of_a_checkout_is_as_old_as_its_commit()
    {
        var context = shop.Context("FROM scratch\nCOPY Dockerfile /\n");
        await Tool.Run("git", "-C", context, "init", "--quiet");
        await Tool.Run("git", "-C", context, "add", ".");
        await Tool.Run("env", "GIT_COMMITTER_DATE=1650000000 +0000", "git", "-C", context, "-c", "user.name=a", "-c", "user.email=a@b",
            "commit", "--quiet", "-m", "x");
        (await shop.Build(context, "-t", "app:1", "--created", "context")).Succeeded();
        Assert.Equal(1650000000, (await ConfigAsync("store:app:1")).GetProperty("created").GetDateTimeOffset().ToUnixTimeSeconds());
    }

    private async Task<Descriptor> LayoutAsync(string context, string name, params string[] arguments)
    {
        (await shop.Build(context, ["-o", $"type=oci,tar=false,dest={shop[name]}", .. arguments])).Succeeded();
        return Assert.Single(ImageIndex.Parse(File.ReadAllBytes(shop[$"{name}/index.json"])).Manifests);

    }

    private IEnumerable<Descriptor> Index(Descriptor top) =>
        ImageIndex.Parse(File.ReadAllBytes(shop[$"with/blobs/sha256/{top.Digest.Hex}"])).Manifests;

    private async Task<string> TypeAsync(string name) =>
        JsonDocument.Parse((await shop.Run([$"store:{name}"], "inspect", "--format", "json")).Succeeded().Output)
            .RootElement.GetProperty("mediaType").GetString()!;

    private async Task<JsonElement> ConfigAsync(string name) =>
        JsonDocument.Parse((await shop.Run([name], "inspect", "--config")).Succeeded().Output).RootElement;

    public void Dispose() => shop.Dispose();
}
