using System.Text.Json;
using Manifold.Content;
using Manifold.EndToEnd.Registry;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Server;
using Manifold.Verification.Findings;

namespace Manifold.EndToEnd.Publishing;

/// <summary>
/// Debian's registry, and ours, lose parts of an image that was built here; publishing it again repairs it, and
/// <c>verify</c> and <c>inspect</c> tell what is lost. skopeo judges.
/// </summary>
public sealed class MendingRealRegistries : IAsyncLifetime
{
    private const string Both = "linux/amd64,linux/arm64";

    private readonly Workshop shop = new();
    private readonly RegistryClient client = new(new RegistryOptions());
    private DebianRegistry registry = null!;
    private string context = null!;

    public async ValueTask InitializeAsync()
    {
        registry = await DebianRegistry.StartAsync();
        context = shop.Context("FROM scratch\nARG TARGETARCH\nCOPY Dockerfile /shared/\nCOPY Dockerfile /$TARGETARCH/\n");
        shop.Write("project/manifold.yaml",
            $"platforms: [{Both.Replace(",", ", ", StringComparison.Ordinal)}]\ntags: [\"1\"]\nregistry: {registry.Name}\n"
                + $"images: {{app: {{context: ../{Path.GetFileName(context)}}}}}\n");
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await registry.DisposeAsync();
        shop.Dispose();
    }

    private string Name => $"{registry.Name}/app:1";

    [Theory]
    [InlineData("build", "manifest")]
    [InlineData("build", "manifest+layer")]
    [InlineData("build", "layer", "--check-all")]
    [InlineData("build", "config", "--check-all")]
    [InlineData("push", "manifest")]
    [InlineData("push", "manifest+config")]
    [InlineData("push", "layer", "--check-all")]
    [InlineData("bake", "manifest")]
    [InlineData("bake", "manifest+layer")]
    [InlineData("bake", "layer", "--check-all")]
    [InlineData("copy", "manifest")]
    [InlineData("copy", "layer", "--check-all")]
    [InlineData("index create", "manifest")]
    [InlineData("index create", "layer", "--check-all")]
    public async Task what_was_lost_is_there_again(string road, string lost, params string[] more)
    {
        await RunAsync(road);
        await LoseAsync(lost);
        Assert.NotEqual("", await SkopeoSaysAsync(Name));

        var told = await RunAsync(road, more);

        Assert.Contains($"push {registry.Name}/app: the registry had lost ", told.Error, StringComparison.Ordinal);
        Assert.Equal("", await SkopeoSaysAsync(Name));
        Assert.DoesNotContain("had lost", (await RunAsync(road, more)).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData("layer")]
    [InlineData("config")]
    public async Task verify_tells_what_the_registry_lost_though_the_store_has_it(string lost)
    {
        await RunAsync("build");
        Assert.Equal(0, (await shop.Run([Name], "verify")).Code);
        var digest = await LoseAsync(lost);

        var told = await shop.Run([Name], "verify");
        var json = await shop.Run([Name], "verify", "--json");

        Assert.Equal((1, 1), (told.Code, json.Code));
        Assert.Contains($"error: linux/arm64: the registry does not have the {lost} {digest} [MissingContent]", told.Output,
            StringComparison.Ordinal);
        Assert.Contains($"manifold push --check-all {Name}", told.Output, StringComparison.Ordinal);
        Assert.Matches("linux/amd64 +ok", told.Output);
        Assert.Matches("linux/arm64 +error", told.Output);
        using var report = JsonDocument.Parse(json.Output);
        var arm64 = report.RootElement.GetProperty("platforms").EnumerateArray()
            .Single(platform => platform.GetProperty("platform").GetString() == "linux/arm64");
        Assert.Equal(FindingId.MissingContent, Assert.Single(arm64.GetProperty("findings").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal((0, 1), ((await shop.Run([Name], "verify", "--platform", "linux/amd64")).Code,
            (await shop.Run([Name], "verify", "--platform", "linux/arm64")).Code));
        Assert.Equal(0, (await shop.Run([$"store:{Name}"], "verify")).Code);

        (await shop.Run([Name], "push", "--check-all")).Succeeded();
        Assert.Equal(0, (await shop.Run([Name], "verify")).Code);
    }

    [Fact]
    public async Task verify_tells_the_same_on_a_machine_without_the_image()
    {
        await RunAsync("build");
        var digest = await LoseAsync("manifest");
        using var other = new Workshop();

        var told = await other.Run([Name], "verify");

        Assert.Equal(1, told.Code);
        Assert.Contains($"error: linux/arm64: the registry does not have the manifest {digest} [MissingContent]", told.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_layer_that_two_platforms_share_is_told_once_for_both()
    {
        await RunAsync("build");
        registry.LoseBlob((await ManifestAsync("linux/arm64")).Layers[0].Digest);
        var told = await shop.Run([Name], "verify");
        Assert.Equal(1, told.Code);
        Assert.Contains("error: linux/amd64, linux/arm64: the registry does not have the layer", told.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_tag_that_went_is_no_reason_to_verify_or_inspect_the_stores_image()
    {
        await RunAsync("build");
        await registry.LoseManifestAsync("app", (await client.HeadManifestAsync(ImageReference.Parse(Name)))!.Digest);

        foreach (var command in new[] { "verify", "inspect" })
        {
            var told = await shop.Run([Name], command);
            Assert.Equal((3, ""), (told.Code, told.Output));
            Assert.Contains($"the registry no longer has this image. Push it again with: manifold push --check-all {Name}.", told.Error,
                StringComparison.Ordinal);
        }
        await RunAsync("build");
        Assert.Equal("", await SkopeoSaysAsync(Name));
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData("config")]
    public async Task inspect_shows_what_the_registry_has_and_tells_what_it_lost(string lost)
    {
        await RunAsync("build");
        var digest = await LoseAsync(lost);

        var told = await shop.Run([Name], "inspect");

        Assert.Equal(3, told.Code);
        Assert.Contains("linux/amd64", told.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("linux/arm64 ", told.Output, StringComparison.Ordinal);
        Assert.Contains($"inspect {Name}: linux/arm64: the registry does not have the {lost} {digest}.", told.Error,
            StringComparison.Ordinal);
        Assert.Equal(0, (await shop.Run([Name], "inspect", "--platform", "linux/amd64")).Code);
        Assert.Equal(3, (await shop.Run([Name], "inspect", "--platform", "linux/arm64")).Code);
        Assert.Equal(3, (await shop.Run([Name], "inspect", "--config", "--platform", "linux/arm64")).Code);
    }

    [Fact]
    public async Task a_merge_of_a_shard_whose_layer_went_names_the_command_that_makes_it_again()
    {
        var shards = new List<string>();
        foreach (var architecture in new[] { "amd64", "arm64" })
        {
            using var machine = new Workshop();
            shards.Add(shop[$"{architecture}.json"]);
            (await machine.Build(context, "--platform", $"linux/{architecture}", "--shard", shards[^1], "-t", Name, "--push")).Succeeded();
        }
        var shard = JsonDocument.Parse(await File.ReadAllTextAsync(shards[1])).RootElement.GetProperty("images")[0].GetProperty("manifest")
            .GetProperty("digest").GetString()!;
        var layer = Manifest.Parse((await client.GetManifestAsync(ImageReference.Parse(Name).WithDigest(Digest.Parse(shard))))!.Bytes.Span)
            .Layers[1].Digest;
        registry.LoseBlob(layer);

        var told = await shop.Run([.. shards], "merge");

        Assert.Equal(1, told.Code);
        Assert.Contains($"{layer}", told.Error, StringComparison.Ordinal);
        Assert.Contains($"Build it again: manifold build --platform linux/arm64 --shard {shards[1]} -t {Name} --push CONTEXT", told.Error,
            StringComparison.Ordinal);
        Assert.Null(await client.HeadManifestAsync(ImageReference.Parse(Name)));

        using var again = new Workshop();
        (await again.Build(context, "--platform", "linux/arm64", "--shard", shards[1], "-t", Name, "--push")).Succeeded();
        (await shop.Run([.. shards], "merge")).Succeeded();
        Assert.Equal("", await SkopeoSaysAsync(Name));
    }

    [Fact]
    public async Task an_entry_whose_manifest_went_can_be_taken_out_of_an_index()
    {
        await RunAsync("build");
        await LoseAsync("manifest");
        using var other = new Workshop(); // whose store has nothing of it

        (await other.Run([Name, "linux/arm64"], "index", "remove")).Succeeded();

        Assert.Equal("", await SkopeoSaysAsync(Name));
        Assert.Equal(0, (await other.Run([Name], "verify")).Code);
    }

    [Fact]
    public async Task a_list_of_contents_that_went_is_attached_again_by_the_same_build()
    {
        await RunAsync("build", "--sbom");
        var platform = (await EntryAsync("linux/arm64")).Digest;
        var repository = ImageReference.Parse(Name);
        var sbom = Assert.Single((await client.ListReferrersAsync(repository, platform)).Entries).Digest;
        await registry.LoseManifestAsync("app", sbom);

        await RunAsync("build", "--sbom");

        Assert.NotNull(await client.GetManifestAsync(repository.WithDigest(sbom)));
    }

    [Fact]
    public async Task a_cache_of_which_another_machines_part_went_is_written_all_the_same()
    {
        var cache = $"type=registry,ref={registry.Name}/app:cache,mode=max";
        (await shop.Build(context, "--platform", "linux/amd64", "--cache-to", cache)).Succeeded();
        var before = ImageIndex.Parse((await client.GetManifestAsync(ImageReference.Parse($"{registry.Name}/app:cache")))!.Bytes.Span);
        await registry.LoseManifestAsync("app", Assert.Single(before.Manifests).Digest);
        using var other = new Workshop();

        var told = (await other.Build(context, "--platform", "linux/arm64", "--cache-to", cache)).Succeeded();

        Assert.DoesNotContain("answered 4", told.Error, StringComparison.Ordinal);
        var after = ImageIndex.Parse((await client.GetManifestAsync(ImageReference.Parse($"{registry.Name}/app:cache")))!.Bytes.Span);
        Assert.Equal("linux/arm64", Assert.Single(after.Manifests).Platform?.ToPlatform().ToString());
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData("layer", "--check-all")]
    public async Task our_own_registry_is_mended_too(string lost, params string[] more)
    {
        using var served = Store.Open(shop["served"]);
        await using var server = await RegistryServer.StartAsync(served,
            new ServeOptions { Listen = ServeOptions.ParseListen("127.0.0.1:0"), AllowDelete = true });
        var name = ImageReference.Parse($"{server.Address}/app:1");
        string[] build = ["build", "--platform", Both, "-t", name.ToString(), "--push", .. more];
        (await shop.Run([context], build)).Succeeded();
        var index = ImageIndex.Parse((await client.GetManifestAsync(name))!.Bytes.Span);
        var manifest = Manifest.Parse((await client.GetManifestAsync(name.WithDigest(index.Manifests[1].Digest)))!.Bytes.Span);
        File.Delete(served.BlobPath(lost == "manifest" ? index.Manifests[1].Digest : manifest.Layers[1].Digest));
        Assert.Equal(1, (await shop.Run([name.ToString()], "verify")).Code);

        (await shop.Run([context], build)).Succeeded();

        Assert.Equal(0, (await shop.Run([name.ToString()], "verify")).Code);
        Assert.Equal("", await SkopeoSaysAsync(name.ToString()));
    }

    private async Task<Workshop.Outcome> RunAsync(string road, params string[] more)
    {
        if (road is "push" or "copy" or "index create" && (await shop.Run(["local:1"], "inspect", "--raw")).Code != 0)
            (await shop.Run([context], "build", "--platform", Both, "-t", "local:1")).Succeeded();
        return (road switch
        {
            "build" => await shop.Run([.. more, context], "build", "--platform", Both, "-t", Name, "--push"),
            "bake" => await shop.Run([.. more], "bake", "-f", shop["project/manifold.yaml"], "--push"),
            "push" => await shop.Run([.. more, "local:1", Name], "push"),
            "copy" => await shop.Run([.. more, "store:local:1", Name], "copy"),
            _ => await shop.Run([.. more, Name, "store:local:1"], "index", "create"),
        }).Succeeded();
    }

    /// <summary>Takes parts of the image for linux/arm64 away; returns the last one's digest.</summary>
    private async Task<Digest> LoseAsync(string parts)
    {
        var (entry, manifest) = (await EntryAsync("linux/arm64"), await ManifestAsync("linux/arm64"));
        var last = default(Digest);
        foreach (var part in parts.Split('+'))
        {
            last = part switch { "manifest" => entry.Digest, "config" => manifest.Config.Digest, _ => manifest.Layers[1].Digest };
            if (part == "manifest")
                await registry.LoseManifestAsync("app", last);
            else
                registry.LoseBlob(last);
        }
        return last;
    }

    private async Task<Descriptor> EntryAsync(string platform) =>
        ImageIndex.Parse((await client.GetManifestAsync(ImageReference.Parse(Name)))!.Bytes.Span)
            .Manifests.Single(entry => entry.Platform?.ToPlatform().ToString() == platform);

    private async Task<Manifest> ManifestAsync(string platform) =>
        Manifest.Parse((await client.GetManifestAsync(ImageReference.Parse(Name)
            .WithDigest((await EntryAsync(platform)).Digest)))!.Bytes.Span);

    /// <summary>The complaints of skopeo when it copies all platforms of the image; empty if the image is complete.</summary>
    private async Task<string> SkopeoSaysAsync(string name)
    {
        var target = shop[$"skopeo-{Guid.NewGuid():N}"];
        var result = await Manifold.Linux.ChildProcess.RunAsync("skopeo",
            ["copy", "-q", "--all", "--src-tls-verify=false", $"docker://{name}", $"oci:{target}:x"]);
        return result is { ExitCode: 0 } ? "" : $"failed: {result?.Error}";
    }
}
