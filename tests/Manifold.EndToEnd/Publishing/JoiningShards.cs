using System.Text.Json.Nodes;
using Manifold.EndToEnd.Registry;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.EndToEnd.Publishing;

/// <summary>Platforms that are built in several stores, as on several machines, and joined in another.</summary>
public sealed class JoiningShards : IAsyncLifetime
{
    private readonly Workshop amd64 = new(), arm64 = new(), joining = new();
    private readonly RegistryClient client = new(new RegistryOptions());
    private DebianRegistry registry = null!;
    private string context = null!;

    public async ValueTask InitializeAsync()
    {
        registry = await DebianRegistry.StartAsync();
        context = joining.Context("FROM scratch\nARG TARGETARCH\nCOPY Dockerfile /$TARGETARCH/\n");
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await registry.DisposeAsync();
        amd64.Dispose();
        arm64.Dispose();
        joining.Dispose();
    }

    [Fact]
    public async Task the_joined_image_is_the_one_that_one_machine_would_have_built()
    {
        var shards = new[] { await ShardAsync(amd64, "linux/amd64"), await ShardAsync(arm64, "linux/arm64") };
        Assert.Null(await client.HeadManifestAsync(Reference("app:1")));

        var merged = (await MergeAsync([.. shards, "--platform", "linux/amd64,linux/arm64", "--platform-tags"])).Succeeded();

        var whole = (await joining.Build(context, "--platform", "linux/amd64,linux/arm64", "-t", "whole:1", "--iidfile", joining["iid"]))
            .Succeeded();
        var digest = Digest.Parse(await File.ReadAllTextAsync(joining["iid"]));
        Assert.Equal(digest, (await client.HeadManifestAsync(Reference("app:1")))?.Digest);
        Assert.Equal(digest, (await client.HeadManifestAsync(Reference("mirror:1")))?.Digest);
        Assert.StartsWith($"{registry.Name}/app:1@{digest}\n{registry.Name}/mirror:1@{digest}\n{registry.Name}/app:1-amd64@",
            merged.Output, StringComparison.Ordinal);
        await Tool.Run("skopeo",
            "copy", "-q", "--all", "--src-tls-verify=false", $"docker://{registry.Name}/mirror:1", $"oci:{joining["copy"]}:x");
        Assert.NotNull(whole);
    }

    [Fact]
    public async Task a_shard_says_what_was_pushed_and_stands_on_what()
    {
        var shard = JsonNode.Parse(await File.ReadAllTextAsync(await ShardAsync(arm64, "linux/arm64")))!;
        Assert.Equal(1, (int)shard["version"]!);
        Assert.Equal([$"{registry.Name}/app:1", $"{registry.Name}/mirror:1"],
            shard["targets"]!.AsArray().Select(target => (string)target!));
        var image = shard["images"]![0]!;
        Assert.Equal("linux/arm64", (string)image["platform"]!);
        var manifest = await client.GetManifestAsync(Reference("app").WithDigest(Digest.Parse((string)image["manifest"]!["digest"]!)));
        Assert.Equal((string)image["config"]!, Manifest.Parse(manifest!.Bytes.Span).Config.Digest.ToString());
        Assert.Null(await client.HeadManifestAsync(Reference("app:1")));
    }

    [Fact]
    public async Task what_does_not_fit_together_is_refused_before_any_tag()
    {
        var one = await ShardAsync(amd64, "linux/amd64");
        var two = await ShardAsync(arm64, "linux/arm64");

        var missing = await MergeAsync(one, two, "--platform", "linux/amd64,linux/arm64,linux/riscv64");
        Assert.Equal(2, missing.Code);
        Assert.Contains("no shard has linux/riscv64. The shards have: linux/amd64, linux/arm64. Add the shard, or build it: manifold "
            + $"build --platform linux/riscv64 --shard FILE -t {registry.Name}/app:1 --push CONTEXT", missing.Error,
            StringComparison.Ordinal);

        var unexpected = await MergeAsync(one, two, "--platform", "linux/amd64");
        Assert.Equal(2, unexpected.Code);
        Assert.Contains($"'{two}' has linux/arm64, which is not in --platform", unexpected.Error, StringComparison.Ordinal);

        context = joining.Context("FROM scratch\nCOPY Dockerfile /other\n");
        var other = await ShardAsync(amd64, "linux/amd64");
        var twice = await MergeAsync(one, other);
        Assert.Equal(2, twice.Code);
        Assert.Contains($"'{one}' and '{other}' both have an image for linux/amd64, but not the same", twice.Error,
            StringComparison.Ordinal);
        Assert.Equal(0, (await MergeAsync(one, one)).Code); // the same image twice is one

        var elsewhere = amd64["elsewhere.json"];
        await File.WriteAllTextAsync(elsewhere,
            (await File.ReadAllTextAsync(two)).Replace("/mirror:1", "/mirror:2", StringComparison.Ordinal));
        var conflict = await MergeAsync(one, elsewhere);
        Assert.Equal(2, conflict.Code);
        Assert.Contains("Build all shards with the same -t.", conflict.Error, StringComparison.Ordinal);

        var newer = amd64["newer.json"];
        await File.WriteAllTextAsync(newer,
            (await File.ReadAllTextAsync(two)).Replace("\"version\": 1", "\"version\": 7", StringComparison.Ordinal));
        Assert.Contains("shard of version 7", (await MergeAsync(newer)).Error, StringComparison.Ordinal);
        Assert.Contains("it is not a shard", (await MergeAsync(Path.Combine(context, "Dockerfile"))).Error, StringComparison.Ordinal);
        Assert.Contains("there is no file", (await MergeAsync(amd64["none.json"])).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_manifest_that_the_registry_swept_is_told_with_the_command_that_makes_it()
    {
        var (one, two) = (await ShardAsync(amd64, "linux/amd64"), await ShardAsync(arm64, "linux/arm64"));
        var gone = Digest.Parse((string)JsonNode.Parse(await File.ReadAllTextAsync(two))!["images"]![0]!["manifest"]!["digest"]!);
        Assert.True(await client.DeleteManifestAsync(Reference("mirror").WithDigest(gone)));

        var merged = await MergeAsync(one, two);

        Assert.Equal(1, merged.Code);
        Assert.Contains($"merge: {registry.Name}/mirror@{gone} (linux/arm64, from '{two}') is no longer in the registry", merged.Error,
            StringComparison.Ordinal);
        Assert.Contains(
            $"manifold build --platform linux/arm64 --shard {two} -t {registry.Name}/app:1 -t {registry.Name}/mirror:1 --push CONTEXT\n"
                + $"No tag was written.\n", merged.Error, StringComparison.Ordinal);
        Assert.Null(await client.HeadManifestAsync(Reference("app:1")));
    }

    [Fact]
    public async Task a_platform_that_a_tag_has_stays_when_another_is_appended_and_is_not_dropped_otherwise()
    {
        var (one, two) = (await ShardAsync(amd64, "linux/amd64"), await ShardAsync(arm64, "linux/arm64"));
        (await MergeAsync(one)).Succeeded();

        var dropping = await MergeAsync(two);
        Assert.Equal(1, dropping.Code);
        Assert.Contains("the tag has linux/amd64, but the new image does not", dropping.Error, StringComparison.Ordinal);

        (await MergeAsync(two, "--append", "--annotation", "org.example.note=joined")).Succeeded();
        var index = ImageIndex.Parse((await client.GetManifestAsync(Reference("app:1")))!.Bytes.Span);
        Assert.Equal(["linux/arm64", "linux/amd64"], index.Manifests.Select(entry => entry.Platform!.ToPlatform().ToString()));
        Assert.Equal("joined", index.Annotations!["org.example.note"]);
    }

    /// <summary>Builds and pushes one platform, and returns the shard's path.</summary>
    private async Task<string> ShardAsync(Workshop machine, string platform)
    {
        var path = machine[$"{Guid.NewGuid():N}.json"];
        (await machine.Build(context,
            "--platform", platform, "--shard", path, "-t", $"{registry.Name}/app:1", "-t", $"{registry.Name}/mirror:1", "--push"))
            .Succeeded();
        return path;
    }

    private Task<Workshop.Outcome> MergeAsync(params string[] arguments) => joining.Run(arguments, "merge");

    private ImageReference Reference(string name) => ImageReference.Parse($"{registry.Name}/{name}");
}
