using System.Text.Json.Nodes;
using Manifold.Content;
using Manifold.EndToEnd.Registry;
using Manifold.Oci;

namespace Manifold.EndToEnd.Building;

/// <summary>
/// Several images from one file, which stand on each other: with real bases, a real registry, and other tools to judge what came.
/// </summary>
[Trait("kind", "end-to-end")]
public sealed class BakingAProject : IAsyncLifetime
{
    private readonly Workshop shop = new();
    private DebianRegistry registry = null!;

    public async ValueTask InitializeAsync()
    {
        await Workshop.NeedBusyBox();
        registry = await DebianRegistry.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        shop.Dispose();
        await registry.DisposeAsync();
    }

    /// <summary>A folder with a project. <c>BASE</c> is the busybox, <c>HERE</c> the registry.</summary>
    private string Project(string yaml, params (string Path, string Content)[] files)
    {
        var folder = $"project-{Guid.NewGuid():N}";
        foreach (var (path, content) in files.Append(("manifold.yaml", yaml)))
        {
            var full = shop[Path.Combine(folder, path)];
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, content.Replace("BASE", Workshop.BusyBox, StringComparison.Ordinal)
                .Replace("HERE", registry.Name, StringComparison.Ordinal));
        }
        return shop[folder];
    }

    private Task<Workshop.Outcome> Bake(string folder, params string[] arguments) =>
        shop.Run([.. arguments], "bake", "-f", folder, "--progress", "json");

    private const string TwoPlatforms = "registry: HERE\nplatforms: [linux/amd64, linux/arm64]\ntags: [dev]\n";

    private ImageIndex IndexOf(string name)
    {
        using var store = Store.Open(shop.Root);
        return ImageIndex.Parse(store.ReadDocument(store.Tags.Find(ImageReference.Parse($"{registry.Name}/{name}"))!.Digest));
    }

    private Manifest ManifestOf(string name, string platform)
    {
        using var store = Store.Open(shop.Root);
        return Manifest.Parse(
            store.ReadDocument(IndexOf(name).Manifests.Single(entry => entry.Platform!.ToPlatform() == Platform.Parse(platform)).Digest));
    }

    [Theory]
    [InlineData("by its published name", "FROM HERE/base:dev\n", "")]
    [InlineData("by its repository alone", "FROM HERE/base\n", "")]
    [InlineData("by its name in the file", "FROM base\n", "")]
    [InlineData("by an alias", "FROM ground\n", "")]
    [InlineData("by a named context", "FROM whatever\n", "    contexts: {whatever: 'image:base'}\n")]
    [InlineData("by COPY --from", "FROM BASE\nCOPY --from=base /base.txt /\n", "")]
    public async Task a_sibling_is_found_for_the_same_platform_and_nothing_is_pushed(string how, string from, string more)
    {
        var folder = Project($"{TwoPlatforms}images:\n  api:\n    context: api\n{more}  base: {{context: base, alias: ground}}\n",
            ("base/Dockerfile", "FROM BASE\nRUN uname -m > /base.txt\n"),
            ("api/Dockerfile", $"{from}RUN cat /base.txt > /api.txt\nENTRYPOINT [\"cat\", \"/api.txt\"]\n"));
        (await Bake(folder)).Succeeded();
        foreach (var (platform, machine) in new[] { ("linux/amd64", "x86_64"), ("linux/arm64", "aarch64") })
        {
            Assert.Equal(how == "by COPY --from",
                ManifestOf("base:dev", platform).Layers[^1].Digest != ManifestOf("api:dev", platform).Layers[1].Digest);
            var run = await shop.Run([], "verify", $"store:{registry.Name}/api:dev", "--platform", platform, "--run", "", "--json");
            Assert.Contains($"\"{machine}\"", run.Output, StringComparison.Ordinal);
        }
        Assert.Empty(await registry.RepositoriesAsync());
    }

    [Fact]
    public async Task outputs_of_a_bake_file_have_the_form_that_their_keys_say()
    {
        var folder = Project("", ("docker-bake.hcl", $$"""
            group "default" { targets = ["zstd", "docker", "file"] }
            target "zstd" { output = ["type=registry,name=HERE/zstd:1,compression=zstd,force-compression=true,annotation.org.example.a=1"] }
            target "docker" { output = ["type=image,name=HERE/docker:1,push=true,oci-mediatypes=false"] }
            target "file" { output = ["type=oci,dest={{shop["file"]}},compression=uncompressed,annotation.org.example.b=2"] }
            """));
        var context = shop.Context("FROM BASE\nCOPY Dockerfile /\n");
        File.Copy(Path.Combine(folder, "docker-bake.hcl"), Path.Combine(context, "docker-bake.hcl"));
        using var bake = shop.Start("bake", "--progress", "plain",
            "--metadata-file", shop["metadata.json"], "-f", Path.Combine(context, "docker-bake.hcl"), "--set", $"*.context={context}");
        var error = bake.StandardError.ReadToEndAsync();
        await bake.StandardOutput.ReadToEndAsync();
        await bake.WaitForExitAsync();
        Assert.True(bake.ExitCode == 0, await error);

        var zstd = await ManifestAt($"docker://{registry.Name}/zstd:1");
        Assert.Equal(["zstd", "zstd"], zstd["layers"]!.AsArray().Select(layer => ((string)layer!["mediaType"]!).Split('+')[^1]));
        Assert.Equal("1", (string?)zstd["annotations"]!["org.example.a"]);
        Assert.Contains("application/vnd.docker.distribution.manifest.list.v2+json",
            await Tool.Run("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{registry.Name}/docker:1"),
            StringComparison.Ordinal);
        Assert.Equal(await registry.DigestAsync("docker:1"),
            (string?)JsonNode.Parse(await File.ReadAllTextAsync(shop["metadata.json"]))!["docker"]!["containerimage.digest"]);
        var file = await ManifestAt($"oci-archive:{shop["file"]}");
        Assert.Equal("application/vnd.oci.image.layer.v1.tar", (string?)file["layers"]!.AsArray()[^1]!["mediaType"]);
        Assert.Equal("2", (string?)file["annotations"]!["org.example.b"]);
    }

    /// <summary>The one manifest below an image's index, as it is there.</summary>
    private async Task<JsonNode> ManifestAt(string place)
    {
        var raw = shop[$"raw-{Guid.NewGuid():N}"];
        await Tool.Run("skopeo", "copy", "--all", "--preserve-digests", "--src-tls-verify=false", place, $"oci:{raw}:x");
        JsonNode Blob(JsonNode descriptor) =>
            JsonNode.Parse(File.ReadAllText(Path.Combine(raw, "blobs", ((string)descriptor["digest"]!).Replace(':', '/'))))!;
        var top = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(raw, "index.json")))!["manifests"]![0]!;
        return Blob(Blob(top)["manifests"]![0]!);
    }

    [Fact]
    public async Task images_that_need_each_other_are_told_with_their_way_and_lines()
    {
        var folder = Project($"{TwoPlatforms}images:\n  a: {{context: a}}\n  b: {{context: b}}\n  c: {{context: c}}\n",
            ("a/Dockerfile", "FROM b\n"), ("b/Dockerfile", "FROM BASE\nCOPY --from=c / /\n"), ("c/Dockerfile", "FROM HERE/a:dev\n"));
        var outcome = await Bake(folder);
        Assert.Equal(2, outcome.Code);
        Assert.Contains(": a → b → c → a.\n", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("b/Dockerfile:2:1: b needs c\n", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task one_image_is_built_with_what_it_stands_on_and_published_alone()
    {
        var folder = Project($"{TwoPlatforms}images:\n  base: {{context: base}}\n  api: {{context: api}}\n  other: {{context: other}}\n",
            ("base/Dockerfile", "FROM BASE\nCOPY Dockerfile /base\n"),
            ("api/Dockerfile", "FROM base\nCOPY Dockerfile /api\n"), ("other/Dockerfile", "FROM BASE\nCOPY nothing /\n"));
        (await Bake(folder, "--push", "api")).Succeeded();
        Assert.Equal(["api"], await registry.RepositoriesAsync());
        var listed =
            JsonNode.Parse(await Tool.Run("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{registry.Name}/api:dev"))!;
        Assert.Equal(["amd64", "arm64"], listed["manifests"]!.AsArray().Select(entry => (string)entry!["platform"]!["architecture"]!));
        Assert.Equal(3, ManifestOf("api:dev", "linux/arm64").Layers.Length);
    }

    [Fact]
    public async Task a_failure_stops_the_others_publishes_nothing_and_says_how_to_go_on()
    {
        var folder = Project($"{TwoPlatforms}images:\n  good: {{context: good}}\n  bad: {{context: bad}}\n  above: {{context: above}}\n",
            ("good/Dockerfile", "FROM BASE\nRUN echo good > /good\n"),
            ("bad/Dockerfile", "FROM good\nRUN [ $(uname -m) = x86_64 ]\n"), ("above/Dockerfile", "FROM bad\nCOPY Dockerfile /\n"));
        var failed = await Bake(folder, "--push");
        Assert.Equal(1, failed.Code);
        Assert.Contains("bad: ", failed.Error, StringComparison.Ordinal);
        Assert.Contains("(linux/arm64", failed.Error, StringComparison.Ordinal);
        Assert.Contains("built: good\n", failed.Error, StringComparison.Ordinal);
        Assert.Contains("not built: above (needs bad)\n", failed.Error, StringComparison.Ordinal);
        Assert.Contains("Nothing was published.", failed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(await registry.TagsAsync("good"), tag => tag == "dev");

        File.WriteAllText(Path.Combine(folder, "bad/Dockerfile"), "FROM good\nRUN [ $(uname -m) = x86_64 ] || true\n");
        var mended = (await Bake(folder, "--push")).Succeeded();
        Assert.All(mended.Steps.Where(step => step.Name.Contains("echo good", StringComparison.Ordinal)), step => Assert.True(step.Cached));
        Assert.Contains("dev", await registry.TagsAsync("above"));
    }

    [Fact]
    public async Task what_can_be_finished_is_finished_and_published_where_that_is_asked_for()
    {
        var folder = Project($"{TwoPlatforms}images:\n  bad: {{context: bad}}\n  above: {{context: above}}\n  good: {{context: good}}\n",
            ("good/Dockerfile", "FROM BASE\nRUN sleep 1 && echo good > /good\n"),
            ("bad/Dockerfile", "FROM BASE\nRUN false\n"), ("above/Dockerfile", "FROM bad\nCOPY Dockerfile /\n"));
        var failed = await Bake(folder, "--push", "--keep-going");
        Assert.Equal(1, failed.Code);
        Assert.Contains("not built: above (needs bad)\nPublished: good. ", failed.Error, StringComparison.Ordinal);
        Assert.Equal(["dev"], await registry.TagsAsync("good"));
    }

    [Fact]
    public async Task a_platform_that_may_fail_is_left_out_and_a_published_tag_never_loses_it()
    {
        const string yaml = "registry: HERE\ntags: [dev]\nimages:\n  app:\n    context: app\n"
            + "    platforms:\n      linux/amd64: {}\n      linux/arm64: {optional: true}\n      linux/s390x: {optional: true}\n";
        var folder = Project(yaml, ("app/Dockerfile", "FROM BASE\nRUN true\n"));
        var whole = (await Bake(folder, "--push")).Succeeded();
        Assert.Matches("app: .*optional platform linux/s390x .*: FROM", whole.Error);
        Assert.Equal(["linux/amd64", "linux/arm64"], IndexOf("app:dev").Manifests.Select(entry => entry.Platform!.ToPlatform().ToString()));
        var before = await registry.DigestAsync("app:dev");

        File.WriteAllText(Path.Combine(folder, "app/Dockerfile"), $"FROM {Workshop.BusyBox}\nRUN [ $(uname -m) = x86_64 ]\n");
        var shrunk = await Bake(folder, "--push");
        Assert.Equal(1, shrunk.Code);
        Assert.Contains("the tag has linux/arm64, but the new image does not", shrunk.Error, StringComparison.Ordinal);
        Assert.Equal(before, await registry.DigestAsync("app:dev"));
        (await Bake(folder)).Succeeded();
        (await Bake(folder, "--push", "--allow-platform-removal")).Succeeded();
    }

    [Fact]
    public async Task a_platform_is_taken_from_upstream_as_it_is_and_its_digest_stays()
    {
        var folder = Project(
            "registry: HERE\ntags: [latest]\nimages:\n  proxy:\n    platform-tags: true\n"
                + "    platforms:\n      linux/amd64: {source: 'image:BASE'}\n      linux/arm64: {context: proxy}\n",
            ("proxy/Dockerfile", "FROM BASE\nCOPY Dockerfile /own\n"));
        (await Bake(folder, "--push")).Succeeded();
        var upstream = JsonNode
            .Parse(await Tool.Run("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{Workshop.BusyBox}"))!["manifests"]!
            .AsArray();
        var amd64 = (string)upstream.Single(entry => (string)entry!["platform"]!["architecture"]! == "amd64")!["digest"]!;
        Assert.Equal(amd64, await registry.DigestAsync("proxy:latest-amd64"));
        Assert.Equal(amd64, IndexOf("proxy:latest").Manifests[0].Digest.ToString());
        Assert.Equal(["latest", "latest-amd64", "latest-arm64"], (await registry.TagsAsync("proxy")).Order());
    }

    [Fact]
    public async Task an_upstream_image_without_the_platform_is_told_before_any_work()
    {
        var folder = Project(
            "registry: HERE\ntags: [latest]\nimages:\n  proxy:\n    platforms:\n      linux/s390x: {source: 'image:BASE'}\n"
                + "      linux/arm64: {context: proxy}\n", ("proxy/Dockerfile", "FROM BASE\nRUN true\n"));
        var outcome = await Bake(folder);
        Assert.Equal(2, outcome.Code);
        Assert.Empty(outcome.Steps);
        Assert.Contains("proxy (linux/s390x): ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains($"manifold.yaml:6:", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("has no image for linux/s390x. It has: linux/amd64, linux/arm64, linux/arm/v7, linux/ppc64le, linux/riscv64.",
            outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_hook_runs_again_only_when_what_it_reads_or_made_has_changed()
    {
        var folder = Project(
            "tags: [dev]\nregistry: HERE\nimages:\n  app:\n    context: app\n    platforms: [linux/amd64]\n"
                + "    before: {run: 'echo x >> runs && mkdir -p bin && cp src.txt bin/out', inputs: [src.txt], outputs: ['bin/**']}\n",
            ("app/Dockerfile", "FROM scratch\nCOPY bin/out /\n"), ("app/src.txt", "one"));
        int Runs() => File.ReadAllLines(Path.Combine(folder, "app/runs")).Length;
        (await Bake(folder)).Succeeded();
        (await Bake(folder)).Succeeded();
        Assert.Equal(1, Runs());
        File.WriteAllText(Path.Combine(folder, "app/src.txt"), "two");
        (await Bake(folder)).Succeeded();
        Assert.Equal(2, Runs());
        File.Delete(Path.Combine(folder, "app/bin/out"));
        (await Bake(folder)).Succeeded();
        Assert.Equal(3, Runs());
        Assert.Equal("two", File.ReadAllText(Path.Combine(folder, "app/bin/out")));
    }

    [Theory]
    [InlineData("echo broken; exit 7", "exit code 7.\n  broken")]
    [InlineData("true", "did not create 'bin/**' in '")]
    public async Task a_hook_that_fails_or_makes_nothing_is_told_with_its_line(string run, string said)
    {
        var folder = Project(
            $"tags: [dev]\nregistry: HERE\nimages:\n  app:\n    context: app\n    platforms: [linux/amd64]\n"
                + $"    before: {{run: '{run}', outputs: ['bin/**']}}\n", ("app/Dockerfile", "FROM scratch\nCOPY bin/out /\n"));
        var outcome = await Bake(folder);
        Assert.Equal(1, outcome.Code);
        Assert.Contains("manifold.yaml:7:", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(said, outcome.Error, StringComparison.Ordinal);
        Assert.Contains("run the same command again", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_tags_of_all_images_are_written_together_or_not_at_all()
    {
        var folder = Project(
            "platforms: [linux/amd64]\nimages:\n  one: {context: one, tags: ['HERE/one:1']}\n  two: {context: two, tags: ['HERE/two:1']}\n",
            ("one/Dockerfile", "FROM scratch\nCOPY Dockerfile /one\n"),
            ("two/Dockerfile", $"FROM BASE\nRUN {Pause.Mount} {Pause.Command}\n"));
        var pause = new Pause(shop.Root);
        var baking = Bake(folder, "--push");
        await pause.Reached(baking);
        // somebody else moves a tag meanwhile
        await Tool.Run("skopeo", "copy",
            "-q", "--dest-tls-verify=false", "--src-tls-verify=false", $"docker://{Workshop.BusyBox}", $"docker://{registry.Name}/two:1");
        pause.GoOn();
        var outcome = await baking;
        Assert.Equal(1, outcome.Code);
        Assert.Contains($"{registry.Name}/two:1: the tag was created", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(await registry.TagsAsync("one"));
    }

    [Fact]
    public async Task equal_steps_of_several_images_are_done_once()
    {
        const string dockerfile = "FROM BASE\nRUN sleep 1 && echo same > /same\n";
        var folder = Project(
            "tags: [dev]\nregistry: HERE\nplatforms: [linux/amd64]\nimages:\n  a: {context: a}\n  b: {context: b}\n  c: {context: c}\n",
            ("a/Dockerfile", dockerfile), ("b/Dockerfile", dockerfile), ("c/Dockerfile", dockerfile));
        var outcome = (await Bake(folder, "--jobs", "3")).Succeeded();
        var runs = outcome.Steps.Where(step => step.Name.Contains("echo same", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, runs.Count);
        Assert.Single(runs, step => !step.Cached);
        Assert.Equal(2, (await Bake(folder, "--no-cache")).Succeeded()
            .Steps.Count(step => step.Name.Contains("echo same", StringComparison.Ordinal) && step.Cached));
    }

    [Fact]
    public async Task every_wrong_Dockerfile_is_told_before_anything_starts()
    {
        var folder = Project($"{TwoPlatforms}images:\n  a: {{context: a}}\n  b: {{context: b}}\n  c: {{context: c}}\n",
            ("a/Dockerfile", "FROM BASE\nCOPPY x y\n"),
            ("b/Dockerfile", "FROM BASE\nEXPOSE http\n"), ("c/Dockerfile", "FROM BASE\nRUN touch /begun\n"));
        var outcome = await Bake(folder);
        Assert.Equal(2, outcome.Code);
        Assert.Empty(outcome.Steps);
        Assert.Contains("a/Dockerfile:2:1: error: ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("b/Dockerfile:2:", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_plan_shows_what_stands_on_what_and_builds_nothing()
    {
        var folder = Project($"{TwoPlatforms}images:\n  api: {{context: api}}\n  base: {{context: base}}\n",
            ("base/Dockerfile", "FROM BASE\nRUN true\n"), ("api/Dockerfile", "FROM base\nCOPY Dockerfile /\n"));
        foreach (var plan in new[] { await shop.Run(["-f", Path.Combine(folder, "manifold.yaml"), "--push"], "plan"),
            await shop.Run(["-f", folder, "--plan", "--push"], "bake") })
        {
            plan.Succeeded();
            Assert.StartsWith("base\n", plan.Output, StringComparison.Ordinal);
            Assert.Contains("\napi  after base\n", plan.Output, StringComparison.Ordinal);
            Assert.Contains("this project", plan.Output, StringComparison.Ordinal);
            Assert.Contains($"{registry.Name}/api:dev", plan.Output, StringComparison.Ordinal);
            Assert.Contains("new repository", plan.Output, StringComparison.Ordinal);
        }
        Assert.Empty(await registry.RepositoriesAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task a_deployment_is_restarted_and_waited_for_once_all_is_published(int exitCode)
    {
        var folder = Project(
            "registry: HERE\ntags: [dev]\nimages:\n  app: {context: app, platforms: [linux/amd64]}\n"
                + "rollout: {deployment: api, namespace: prod}\n", ("app/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"));
        // There is no cluster here: this stands in for kubectl, notes what it is told, and what the registry has by then.
        var said = Path.Combine(folder, "said");
        Directory.CreateDirectory(Path.Combine(folder, "bin"));
        var kubectl = Path.Combine(folder, "bin/kubectl");
        File.WriteAllText(kubectl, $"#!/bin/sh\necho \"$@\" >> {said}\ncurl -s http://{registry.Name}/v2/app/tags/list >> {said}\n"
            + $"echo the cluster says so\nexit {exitCode}\n");
        File.SetUnixFileMode(kubectl, (UnixFileMode)0b111_101_101);
        using var other = new Workshop { SearchPath = $"{folder}/bin:{Environment.GetEnvironmentVariable("PATH")}" };
        var outcome = await other.Run(["-f", folder, "--push"], "bake");
        Assert.Equal(exitCode, outcome.Code);
        Assert.StartsWith("rollout restart deployment/api --namespace prod\n{\"name\":\"app\",\"tags\":[\"dev\"]}",
            File.ReadAllText(said), StringComparison.Ordinal);
        Assert.Equal(exitCode == 0,
            File.ReadAllText(said).Contains("rollout status deployment/api --namespace prod\n", StringComparison.Ordinal));
        Assert.Equal(exitCode == 1, outcome.Error.Contains("kubectl rollout restart of deployment 'api' failed: the cluster says so",
            StringComparison.Ordinal));
    }

    [Fact]
    public async Task a_full_disk_in_the_middle_names_the_disk_and_the_image_and_going_on_repeats_nothing()
    {
        using var disk = await SmallDisk.MountAsync(shop.Root, "size=24m");
        var folder = Project(
            "tags: [dev]\nregistry: HERE\nplatforms: [linux/amd64]\nimages:\n  small: {context: small}\n  large: {context: large}\n",
            ("small/Dockerfile", "FROM BASE\nRUN echo small > /small\n"),
            ("large/Dockerfile", "FROM small\nRUN cat /bin/busybox /bin/busybox /bin/busybox /bin/busybox /bin/busybox "
                + "/bin/busybox /bin/busybox /bin/busybox /bin/busybox /bin/busybox /bin/busybox /bin/busybox /bin/busybox > /large\n"));
        var failed = await Bake(folder);
        Assert.Equal(4, failed.Code);
        Assert.Contains("is full (", failed.Error, StringComparison.Ordinal);
        Assert.Contains("large: ", failed.Error, StringComparison.Ordinal);
        Assert.Contains("built: small\n", failed.Error, StringComparison.Ordinal);
        await Tool.Run("mount", "-o", "remount,size=200m", shop.Root);
        var again = (await Bake(folder)).Succeeded();
        Assert.All(again.Steps.Where(step => step.Name.Contains("echo small", StringComparison.Ordinal)), step => Assert.True(step.Cached));
    }
}
