using System.Text;
using System.Text.Json;

namespace Manifold.EndToEnd.Building;

/// <summary>What a build does again, and what it knows.</summary>
[Trait("kind", "end-to-end")]
public sealed class Caching : IAsyncLifetime
{
    private const string TwoStages = """
        FROM BASE AS one
        COPY one.txt /
        RUN busybox cat /one.txt >/made-of-one
        FROM BASE AS two
        COPY two.txt /
        RUN busybox cat /two.txt >/made-of-two
        FROM BASE
        COPY --from=one /made-of-one /
        COPY --from=two /made-of-two /
        RUN busybox cat /made-of-one /made-of-two >/both
        """;

    private readonly Workshop shop = new();

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        await Workshop.NeedBusyBox();
    }

    public ValueTask DisposeAsync()
    {
        shop.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task a_second_build_of_the_same_runs_nothing_and_is_the_same()
    {
        var context = TwoStagesContext();
        var first = (await shop.Build(context, "--iidfile", shop["first"])).Succeeded();
        Assert.All(first.Steps, step => Assert.False(step.Cached, step.Name));
        File.SetLastWriteTimeUtc(Path.Combine(context, "one.txt"), DateTime.UnixEpoch);

        var second = (await shop.Build(context, "--iidfile", shop["second"])).Succeeded();

        Assert.Equal(7, second.Steps.Length);
        Assert.All(second.Steps, step => Assert.True(step.Cached, step.Name));
        Assert.Equal(await File.ReadAllTextAsync(shop["first"]), await File.ReadAllTextAsync(shop["second"]));
    }

    [Fact]
    public async Task an_edited_file_reruns_only_what_depends_on_it()
    {
        var context = TwoStagesContext();
        (await shop.Build(context)).Succeeded();
        await File.WriteAllTextAsync(Path.Combine(context, "two.txt"), "changed");

        var second = (await shop.Build(context)).Succeeded();

        Assert.Equal(
            ["COPY --from=two /made-of-two /",
                "COPY two.txt /", "RUN busybox cat /made-of-one /made-of-two >/both", "RUN busybox cat /two.txt >/made-of-two"],
            Instructions(second.Steps.Where(step => !step.Cached)));
    }

    [Fact]
    public async Task a_stage_that_comes_out_as_before_ends_the_rerun()
    {
        var context = shop.Context(
            "FROM BASE AS one\nCOPY one.txt /\nRUN busybox head -1 /one.txt >/head\nFROM BASE\n"
                + "COPY --from=one /head /\nRUN busybox cat /head >/copy", ("one.txt", "1\n2\n"));
        (await shop.Build(context)).Succeeded();
        await File.WriteAllTextAsync(Path.Combine(context, "one.txt"), "1\n3\n");
        var second = (await shop.Build(context)).Succeeded();
        Assert.Contains("RUN busybox head -1 /one.txt >/head", Instructions(second.Steps.Where(step => !step.Cached)));
        Assert.Contains("RUN busybox cat /head >/copy", Instructions(second.Steps));
    }

    /// <summary>Source: BuildKit's testMountRWCache.</summary>
    [Fact]
    public async Task a_mount_of_a_part_of_a_stage_counts_by_that_part()
    {
        const string run = "RUN --mount=from=build,src=out,target=/out,rw busybox touch /out/bar && busybox cat /out/foo >/copy";
        var context = shop.Context($"FROM BASE AS build\nCOPY bust /\nCOPY foo /out/\nFROM BASE\n{run}\n", ("bust", "0"), ("foo", "foo"));
        (await shop.Build(context)).Succeeded();

        await File.WriteAllTextAsync(Path.Combine(context, "bust"), "1");
        var second = (await shop.Build(context)).Succeeded();
        await File.WriteAllTextAsync(Path.Combine(context, "foo"), "changed");
        var third = (await shop.Build(context)).Succeeded();
        var fourth = (await shop.Build(context)).Succeeded();

        Assert.True(StepOf(second).Cached);
        Assert.False(StepOf(third).Cached);
        Assert.True(StepOf(fourth).Cached);
        FinishedStep StepOf(Workshop.Outcome outcome) =>
            Assert.Single(outcome.Steps, step => step.Name.Contains("--mount", StringComparison.Ordinal));
    }

    [Fact]
    public async Task a_mount_of_a_part_of_a_stage_counts_by_the_times_that_it_shows()
    {
        shop.Set["SOURCE_DATE_EPOCH"] = "1500000000";
        var context = shop.Context("FROM BASE AS build\nARG D\nRUN busybox mkdir /out && busybox touch -d $D /out/f\nFROM BASE\n"
            + "RUN --mount=from=build,source=/out,target=/o busybox stat -c 'modified %Y' /o/f\n");
        var first = (await shop.Build(context, "--build-arg", "D=199901010000")).Succeeded();
        Assert.Contains("modified 915148800", first.Error, StringComparison.Ordinal);
        var second = (await shop.Build(context, "--build-arg", "D=200101010000")).Succeeded();
        Assert.Contains("modified 978307200", second.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_mount_of_a_part_of_a_stage_that_ran_without_the_cache_is_found_by_that_part_later()
    {
        var context = shop.Context("FROM BASE AS build\nCOPY bust /\nCOPY foo /out/\nFROM BASE\n"
            + "RUN --mount=from=build,src=out,target=/out busybox cat /out/foo >/copy\n", ("bust", "0"), ("foo", "foo"));
        Assert.All((await shop.Build(context, "--no-cache")).Succeeded().Steps, step => Assert.False(step.Cached));
        Assert.All((await shop.Build(context, "--no-cache")).Succeeded().Steps, step => Assert.False(step.Cached));

        await File.WriteAllTextAsync(Path.Combine(context, "bust"), "1");
        var later = (await shop.Build(context)).Succeeded();

        Assert.True(Assert.Single(later.Steps, step => step.Name.Contains("--mount", StringComparison.Ordinal)).Cached);
    }

    [Fact]
    public async Task a_mount_of_a_part_of_a_stage_is_found_in_a_cache_by_that_part()
    {
        var context = shop.Context(
            "FROM BASE AS build\nCOPY bust /\nCOPY foo /out/\n"
                + "FROM BASE\nRUN --mount=from=build,src=out,target=/out busybox cat /out/foo >/copy\n", ("bust", "0"), ("foo", "foo"));
        (await shop.Build(context, "--cache-to", $"type=local,dest={shop["cache"]},mode=max")).Succeeded();
        await File.WriteAllTextAsync(Path.Combine(context, "bust"), "1");
        using var other = new Workshop();

        var second = (await other.Build(context, "--cache-from", $"type=local,src={shop["cache"]}")).Succeeded();

        Assert.True(Assert.Single(second.Steps, step => step.Name.Contains("--mount", StringComparison.Ordinal)).Cached);
    }

    [Fact]
    public async Task no_cache_runs_everything_again_and_gives_the_same_image()
    {
        var context = TwoStagesContext();
        (await shop.Build(context, "--iidfile", shop["first"])).Succeeded();
        var second = (await shop.Build(context, "--no-cache", "--iidfile", shop["second"])).Succeeded();
        Assert.Equal(7, second.Steps.Length);
        Assert.All(second.Steps, step => Assert.False(step.Cached, step.Name));
        Assert.Equal(await File.ReadAllTextAsync(shop["first"]), await File.ReadAllTextAsync(shop["second"]));
    }

    [Fact]
    public async Task a_pruned_store_builds_again_and_an_empty_one_builds_the_same()
    {
        var context = TwoStagesContext();
        (await shop.Build(context, "--iidfile", shop["first"])).Succeeded();
        (await shop.Run([], "prune", "--all")).Succeeded();
        Assert.Empty(Directory.GetFiles(Path.Combine(shop.Root, "blobs", "sha256")));

        (await shop.Build(context, "--iidfile", shop["second"], "--output", $"type=oci,tar=false,dest={shop["layout"]}")).Succeeded();
        using var other = new Workshop();
        (await other.Build(context, "--iidfile", shop["third"])).Succeeded();

        var digest = await File.ReadAllTextAsync(shop["first"]);
        Assert.Equal(digest, await File.ReadAllTextAsync(shop["second"]));
        Assert.Equal(digest, await File.ReadAllTextAsync(shop["third"]));
    }

    [Fact]
    public async Task what_ran_before_a_failure_is_known_afterwards()
    {
        var context = shop.Context("FROM BASE\nRUN echo slow >/slow\nRUN exit 7");
        Assert.Equal(1, (await shop.Build(context)).Code);
        await File.WriteAllTextAsync(Path.Combine(context, "Dockerfile"), $"FROM {Workshop.BusyBox}\nRUN echo slow >/slow\nRUN exit 0");
        var second = (await shop.Build(context)).Succeeded();
        Assert.Equal([true, false], second.Steps.Select(step => step.Cached));
    }

    [Fact]
    public async Task platforms_share_what_is_the_same_for_all_of_them()
    {
        var context = shop.Context("""
            FROM --platform=$BUILDPLATFORM BASE AS build
            RUN echo made >/made
            FROM BASE
            COPY one.txt /opt/
            COPY --from=build /made /opt/
            """, ("one.txt", "1"));

        var built = (await shop.Build(context,
            "--platform", "linux/amd64,linux/arm64,linux/riscv64", "--output", $"type=oci,tar=false,dest={shop["layout"]}"))
            .Succeeded();

        Assert.Single(built.Steps, step => step.Name.Contains("RUN", StringComparison.Ordinal));
        var layers = Manifests(shop["layout"])
            .Select(manifest => manifest.GetProperty("layers").EnumerateArray()
                .Select(layer => layer.GetProperty("digest").GetString()).TakeLast(2).ToArray())
            .ToList();
        Assert.Equal(3, layers.Count);
        Assert.All(layers, each => Assert.Equal(layers[0], each));
    }

    [Fact]
    public async Task several_builds_at_once_in_one_store_all_succeed()
    {
        var contexts = new[] { TwoStagesContext(), TwoStagesContext(), shop.Context("FROM BASE\nRUN echo other >/other") };
        var builds = contexts
            .Select((context, i) => shop.Start("build", "-q", "--platform", "linux/amd64,linux/arm64", "-t", $"app:{i}", context)).ToList();
        var results = await Task.WhenAll(builds.Select(async build =>
        {
            var (output, error) = (build.StandardOutput.ReadToEndAsync(), build.StandardError.ReadToEndAsync());
            await build.WaitForExitAsync();
            Assert.True(build.ExitCode == 0, await error);
            return (await output).Trim();
        }));
        Assert.Equal(results[0], results[1]);
        Assert.NotEqual(results[0], results[2]);
        var listed = (await shop.Run([], "images")).Succeeded().Output;
        Assert.All(Enumerable.Range(0, 3), i => Assert.Contains($"docker.io/library/app:{i} ", listed, StringComparison.Ordinal));
        builds.ForEach(build => build.Dispose());
    }

    [Fact]
    public async Task a_linked_copy_stays_the_same_step_and_blob_on_another_base()
    {
        const string rest = "COPY --link --chown=5:6 f /new/dir/f\n";
        (await shop.Build(shop.Context("FROM scratch\n" + rest, ("f", "same")), "--output", $"type=oci,tar=false,dest={shop["before"]}"))
            .Succeeded();
        var rebased = (await shop.Build(shop.Context("FROM BASE\nCOPY other /new/dir/other\n" + rest, ("f", "same"), ("other", "other")),
            "--output", $"type=oci,tar=false,dest={shop["after"]}"))
            .Succeeded();
        Assert.True(Assert.Single(rebased.Steps, step => step.Name.Contains("--link", StringComparison.Ordinal)).Cached);
        static string Last(string layout) =>
            Manifests(layout).Single().GetProperty("layers").EnumerateArray().Last().GetProperty("digest").GetString()!;
        Assert.Equal(Last(shop["before"]), Last(shop["after"]));
    }

    [Fact]
    public async Task a_linked_copy_does_not_wait_for_what_lies_below()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        var copied = new TaskCompletionSource();
        // The RUN ends when the copy above it is done, and fails where that does not come.
        using var bell = new Doorbell(() => Eventually.Ends(copied.Task));
        var context = shop.Context($"FROM BASE\nRUN busybox wget -q -O /dev/null {bell.Address}\nCOPY --link f /f\n", ("f", "x"));
        using var build = shop.Start("build", "--progress", "json", "--network", "host", context);
        var output = build.StandardOutput.ReadToEndAsync();
        string? step = null;
        var error = new StringBuilder();
        while (await build.StandardError.ReadLineAsync() is { } line)
        {
            error.AppendLine(line);
            if (!line.StartsWith("{\"event\"", StringComparison.Ordinal))
                continue;
            var told = JsonDocument.Parse(line).RootElement;
            var kind = told.GetProperty("event").GetString();
            if (kind == "stepStarted" && told.GetProperty("name").GetString()!.Contains("--link", StringComparison.Ordinal))
                step = told.GetProperty("step").GetString();
            if (kind == "stepFinished" && told.GetProperty("step").GetString() == step)
                copied.TrySetResult();
        }
        await build.WaitForExitAsync();
        await output;
        Assert.True(build.ExitCode == 0, error.ToString());
        Assert.Equal(1, bell.Rings);
    }

    private string TwoStagesContext() => shop.Context(TwoStages, ("one.txt", "1"), ("two.txt", "2"));

    private static IEnumerable<string> Instructions(IEnumerable<FinishedStep> steps) =>
        steps.Select(step => step.Name[(step.Name.IndexOf(']', StringComparison.Ordinal) + 2)..]).Order(StringComparer.Ordinal);

    internal static IEnumerable<JsonElement> Manifests(string layout)
    {
        var top = Read(Path.Combine(layout, "index.json")).GetProperty("manifests")[0];
        return Blob(top).GetProperty("manifests").EnumerateArray().Select(Blob);

        JsonElement Blob(JsonElement descriptor) =>
            Read(Path.Combine(layout, "blobs", descriptor.GetProperty("digest").GetString()!.Replace(':', '/')));
        static JsonElement Read(string path) => JsonDocument.Parse(File.ReadAllText(path)).RootElement;
    }
}
