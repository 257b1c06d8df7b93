using System.Text.Json.Nodes;
using Manifold.EndToEnd.Publishing;
using Manifold.Oci;

namespace Manifold.EndToEnd.Building;

/// <summary>Two machines, each with a store of its own, and a cache between them.</summary>
[Trait("kind", "end-to-end")]
public sealed class SharingACache(SharedRegistry registry) : IClassFixture<SharedRegistry>, IAsyncLifetime
{
    private const string Both = "linux/amd64,linux/arm64";

    private const string TwoStages = """
        FROM BASE AS build
        COPY source /
        RUN busybox cat /source >/built && busybox uname -m >>/built
        FROM BASE
        COPY --from=build /built /
        RUN busybox wc -c /built >/size
        """;

    private readonly Workshop here = new(Peer.VisibleFolder), there = new(), third = new();
    private string context = "";

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        await Workshop.NeedBusyBox();
        context = here.Context(TwoStages, ("source", "1\n"));
    }

    [Theory]
    [InlineData("registry")]
    [InlineData("local")]
    public async Task another_machine_runs_nothing_again_and_makes_the_same_image(string type)
    {
        var (to, from) = Cache(type);
        Assert.Equal(4, Ran(await Build(here, "--cache-to", $"{to},mode=max", "--iidfile", here["iid"])));
        Assert.Equal(0, Ran(await Build(there, "--cache-from", from, "--iidfile", there["iid"])));
        Assert.Equal(await File.ReadAllTextAsync(here["iid"]), await File.ReadAllTextAsync(there["iid"]));
    }

    [Theory]
    [InlineData("registry")]
    [InlineData("local")]
    public async Task the_smaller_mode_knows_the_images_own_steps_only(string type)
    {
        var (to, from) = Cache(type);
        await Build(here, "--cache-to", to);
        var built = await Build(there, "--cache-from", from);
        Assert.Equal(["RUN busybox cat /source >/built && busybox uname -m >>/built"],
            built.Steps.Where(step => step.Name.Contains("RUN", StringComparison.Ordinal) && !step.Cached)
                .Select(step => step.Name[(step.Name.IndexOf(']', StringComparison.Ordinal) + 2)..]).Distinct());
    }

    [Fact]
    public async Task nothing_is_fetched_that_nobody_reads_and_a_push_to_the_same_registry_mounts()
    {
        var (to, from) = Cache("registry");
        await Build(here, "--cache-to", $"{to},mode=max");
        var target = $"{registry.Get().Name}/{Guid.NewGuid():N}:1";
        var built = await Build(there, "--cache-from", from, "--verify", "off", "-t", target, "--push");
        Assert.DoesNotContain("\"kind\":\"pull\"", built.Error, StringComparison.Ordinal);
        Assert.Contains("(mounted)", built.Error, StringComparison.Ordinal);
        await Tool.Run("skopeo", "copy", "--all", "--src-tls-verify=false", $"docker://{target}", $"oci:{there["pulled"]}:x");
    }

    [Fact]
    public async Task an_image_with_its_cache_inside_serves_as_a_cache_and_is_the_same_each_time()
    {
        var name = $"{registry.Get().Name}/{Guid.NewGuid():N}:1";
        await Build(here, "-t", name, "--push", "--cache-to", "type=inline", "--iidfile", here["iid"]);
        var built = await Build(there, "--cache-from", name, "--cache-to", "type=inline", "--iidfile", there["iid"]);
        Assert.Equal(2, Ran(built));
        Assert.Equal(await File.ReadAllTextAsync(here["iid"]), await File.ReadAllTextAsync(there["iid"]));
        await Build(third, "--build-arg", "BUILDKIT_INLINE_CACHE=1", "--iidfile", third["iid"]);
        Assert.Equal(await File.ReadAllTextAsync(here["iid"]), await File.ReadAllTextAsync(third["iid"]));

        var config = JsonNode.Parse(await Tool.Run("skopeo",
            "--override-arch", "arm64", "inspect", "--tls-verify=false", "--config", "--raw", $"docker://{name}"))!;
        Assert.Equal(2, JsonNode.Parse((string)config["io.manifold.cache.v1"]!)!["steps"]!.AsArray().Count);
        Assert.DoesNotContain("seconds\":1", (string)config["io.manifold.cache.v1"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_an_image_says_of_its_steps_is_not_handed_on_to_those_that_stand_on_it()
    {
        var name = $"{registry.Get().Name}/{Guid.NewGuid():N}:1";
        await Build(here, "-t", name, "--push", "--cache-to", "type=inline");
        (await there.Build(there.Context($"FROM {name}\nLABEL a=b\n"), "-o", $"type=oci,tar=false,dest={there["layout"]}")).Succeeded();
        Assert.DoesNotContain("io.manifold.cache",
            await Tool.Run("skopeo", "inspect", "--config", "--raw", $"oci:{there["layout"]}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("registry")]
    [InlineData("local")]
    public async Task machines_that_export_different_platforms_at_once_end_with_both(string type)
    {
        var (to, from) = Cache(type);
        here.Time = there.Time = new PatientTime(10);
        await Task.WhenAll(
            Build(here, "linux/amd64", "--cache-to", $"{to},mode=max"),
            Build(there, "linux/arm64", "--cache-to", $"{to},mode=max"));
        Assert.Equal(0, Ran(await Build(third, "--cache-from", from)));
    }

    [Fact]
    public async Task one_platforms_records_do_not_serve_another()
    {
        var (to, from) = Cache("local");
        await Build(here, "linux/arm64", "--cache-to", $"{to},mode=max");
        var built = await Build(there, "linux/amd64", "--cache-from", from);
        Assert.Equal(2, Ran(built));
        Assert.Contains("has no results for linux/amd64", built.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("damaged")]
    [InlineData("shorter")]
    [InlineData("gone")]
    public async Task a_blob_that_is_not_what_it_was_is_found_and_its_step_done_again(string what)
    {
        var (to, from) = Cache("local");
        await Build(here, "--cache-to", $"{to},mode=max", "--iidfile", here["iid"]);
        foreach (var blob in new DirectoryInfo(Path.Combine(here["cache"], "blobs", "sha256")).EnumerateFiles().Where(IsGzip).ToList())
        {
            var bytes = await File.ReadAllBytesAsync(blob.FullName);
            bytes[^1] ^= 1;
            if (what == "gone")
                blob.Delete();
            else
                await File.WriteAllBytesAsync(blob.FullName, what == "shorter" ? bytes[..^1] : bytes);
        }
        var built = await Build(there, "--cache-from", from, "--iidfile", there["iid"]);
        Assert.True(Ran(built) > 0, "Nothing was run.");
        Assert.Equal(what == "damaged", built.Error.Contains("Building it here instead.", StringComparison.Ordinal));
        Assert.Equal(await File.ReadAllTextAsync(here["iid"]), await File.ReadAllTextAsync(there["iid"]));
    }

    [Fact]
    public async Task a_cache_that_gives_one_layer_for_another_is_found_out()
    {
        var (to, from) = Cache("local");
        await Build(here, "linux/amd64", "--cache-to", $"{to},mode=max", "--iidfile", here["iid"]);
        Forge(here["cache"], document =>
        {
            // Which of them are read depends on the keys' order: each gets the next one's.
            var blobs = document["layers"]!.AsArray().Select(layer => layer!["blob"]!.DeepClone()).ToList();
            foreach (var (layer, i) in document["layers"]!.AsArray().Select((layer, i) => (layer!, i)))
                layer["blob"] = blobs[(i + 1) % blobs.Count];
        });
        var built = await Build(there, "linux/amd64", "--cache-from", from, "--iidfile", there["iid"]);
        Assert.Contains("A cache returned the wrong content for the layer", built.Error, StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllTextAsync(here["iid"]), await File.ReadAllTextAsync(there["iid"]));
    }

    [Theory]
    [InlineData("empty folder", "does not exist yet")]
    [InlineData("broken index", "cannot be read")]
    [InlineData("broken document", "cannot be read")]
    [InlineData("nowhere", "cannot be read")]
    [InlineData("an image", "is an image without cache information")]
    public async Task whatever_is_wrong_with_a_cache_is_a_warning(string what, string expected)
    {
        var (to, from) = Cache("local");
        if (what.StartsWith("broken", StringComparison.Ordinal))
            await Build(here, "linux/amd64", "--cache-to", to);
        if (what == "broken index")
            here.Write("cache/index.json", "{");
        else if (what == "broken document")
            Forge(here["cache"], document => document["steps"] = "none");
        else if (what == "nowhere")
            from = "127.0.0.1:1/nobody/listens:1";
        else if (what == "an image")
            from = Workshop.BusyBox;
        var built = await Build(there, "linux/amd64", "--cache-from", from);
        Assert.Contains(expected, built.Error, StringComparison.Ordinal);
        Assert.Equal(2, Ran(built));
    }

    [Fact]
    public async Task buildkits_own_cache_is_told_and_passed_over_and_may_give_way()
    {
        var cache = here["buildkit"];
        await Peer.Docker("buildx", "build", "--quiet", "--cache-to", $"type=local,dest={cache}", "--output", "type=cacheonly", context);
        Assert.Contains("was written by BuildKit", (await Build(there, "linux/amd64",
            "--cache-from", $"type=local,src={cache}", "--cache-to", $"type=local,dest={cache},mode=max")).Error, StringComparison.Ordinal);
        Assert.Equal(0, Ran(await Build(third, "linux/amd64", "--cache-from", $"type=local,src={cache}")));
    }

    [Fact]
    public async Task an_image_is_never_overwritten_by_a_cache()
    {
        var name = $"{registry.Get().Name}/{Guid.NewGuid():N}:1";
        await Build(here, "linux/amd64", "-t", name, "--push");
        var refused = await here.Build(context, "--cache-to", name);
        Assert.Equal(1, refused.Code);
        Assert.Contains("an image already has this name", refused.Error, StringComparison.Ordinal);
        var ignored = await Build(here, "linux/amd64", "--cache-to", $"type=registry,ref={name},ignore-error=true");
        Assert.Contains("an image already has this name", ignored.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_project_shares_its_caches_too()
    {
        here.Write("project/api/Dockerfile", $"FROM {Workshop.BusyBox}\nRUN echo api >/api\n");
        here.Write("project/manifold.yaml", $"images:\n  api:\n    context: api\n    tags: [api:1]\n"
            + $"    cache-to: [\"type=local,dest={here["cache"]}\", type=gha]\n    cache-from: [\"type=local,src={here["cache"]}\"]\n");
        var first = (await here.Run([], "bake", "-f", here["project"], "--progress", "json")).Succeeded();
        Assert.Contains("the cache 'type=gha' is ignored", first.Error, StringComparison.Ordinal);
        var second = (await there.Run([], "bake", "-f", here["project"], "--progress", "json")).Succeeded();
        Assert.Equal((1, 0), (Ran(first), Ran(second)));
    }

    private (string To, string From) Cache(string type)
    {
        var name = $"{registry.Get().Name}/{Guid.NewGuid():N}:cache";
        return type == "registry"
            ? ($"type=registry,ref={name}", $"type=registry,ref={name}")
            : ($"type=local,dest={here["cache"]}", $"type=local,src={here["cache"]}");
    }

    private async Task<Workshop.Outcome> Build(Workshop shop, params string[] arguments) =>
        (await shop.Build(context, arguments[0].StartsWith('-') ? ["--platform", Both, .. arguments] : ["--platform", .. arguments]))
            .Succeeded();

    private static int Ran(Workshop.Outcome built) =>
        built.Steps.Count(step => step.Name.Contains("RUN", StringComparison.Ordinal) && !step.Cached);

    private static bool IsGzip(FileInfo file)
    {
        using var stream = file.OpenRead();
        return stream.ReadByte() == 0x1F && stream.ReadByte() == 0x8B;
    }

    /// <summary>Changes the first document of a cache, and every digest that leads to it.</summary>
    private static void Forge(string folder, Action<JsonNode> change)
    {
        var top = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "index.json")))!;
        var index = Read(top["manifests"]![0]!);
        var manifest = Read(index["manifests"]![0]!);
        var document = Read(manifest["config"]!);
        change(document);
        Replace(manifest["config"]!, document);
        Replace(index["manifests"]![0]!, manifest);
        Replace(top["manifests"]![0]!, index);
        File.WriteAllText(Path.Combine(folder, "index.json"), top.ToJsonString());

        JsonNode Read(JsonNode descriptor) => JsonNode.Parse(File.ReadAllText(PathOf((string)descriptor["digest"]!)))!;
        string PathOf(string digest) => Path.Combine(folder, "blobs", digest.Replace(':', '/'));
        void Replace(JsonNode descriptor, JsonNode content)
        {
            var digest = Digest.Of(content.ToJsonString());
            File.WriteAllText(PathOf(digest.ToString()), content.ToJsonString());
            descriptor["digest"] = digest.ToString();
            descriptor["size"] = content.ToJsonString().Length;
        }
    }

    public ValueTask DisposeAsync()
    {
        foreach (var shop in new[] { here, there, third })
            shop.Dispose();
        return ValueTask.CompletedTask;
    }
}
