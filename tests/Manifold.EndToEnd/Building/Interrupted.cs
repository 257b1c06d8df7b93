namespace Manifold.EndToEnd.Building;

/// <summary>Builds that are ended from outside, in processes of their own.</summary>
[Trait("kind", "end-to-end")]
public sealed class Interrupted : WithRuns
{
    [Fact]
    public async Task Ctrl_C_in_a_RUN_ends_the_container_and_the_mounts_with_exit_code_130()
    {
        var seconds = $"{Random.Shared.Next(100_000_000, 999_999_999)}";
        var context = shop.Context($"FROM BASE\nRUN trap '' INT TERM; busybox sleep {seconds} & echo sleeping; busybox sleep {seconds}\n");
        using var build = shop.Start("build", "--progress", "plain", "-t", "never:1", context);
        await Processes.Says(build.StandardError, " sleeping");
        await Eventually.Is(() => Processes.Sleeping(seconds).Length == 2); // the one in the background may begin later

        await Tool.Run("kill", "-INT", $"{build.Id}");
        var rest = await build.StandardError.ReadToEndAsync();
        await build.WaitForExitAsync();

        Assert.Equal(130, build.ExitCode);
        Assert.Matches("(^|\n)manifold: interrupted\n✗ Stopped after [^\n]+ Details: manifold report [0-9a-z-]+\n$", rest);
        Assert.Empty(Processes.Sleeping(seconds));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(shop.Root, "work")));
        Assert.Empty(shop.State());
    }

    [Fact]
    public async Task kill_9_at_any_moment_leaves_nothing_that_the_next_build_does_not_clean_up()
    {
        const string text = "FROM BASE AS one\nCOPY large /\nRUN busybox cp /large /again && echo ONE\n"
            + "FROM BASE\nCOPY --from=one /again /\nRUN echo two >/two\n";
        var large = new string('x', 3_000_000);
        for (var i = 0; i < 4; i++)
        {
            // The number makes each attempt new work.
            var context = shop.Context(text.Replace("ONE", $"{i}", StringComparison.Ordinal), ("large", large + i));
            using var build = shop.Start("build", "-q", "--platform", "linux/amd64,linux/arm64", "-t", $"never:{i}", context);
            await Task.Delay(150 + Random.Shared.Next(1800));
            build.Kill(); // SIGKILL, to it alone
            await build.WaitForExitAsync();
            // What the killed build had started ends a moment later.
            await Eventually.Is(() => !shop.Mounts().Any() && !Processes.Using(Path.Combine(shop.Root, "work")).Any(),
                "A mount or a process outlives the program.");
            var next = (await shop.Build(context,
                "--platform", "linux/amd64,linux/arm64", "-t", $"next:{i}", "-o", $"type=oci,tar=false,dest={shop[$"layout{i}"]}"))
                .Succeeded();
            Assert.Equal(8, next.Steps.Length);
            Assert.Equal("", string.Join('\n', Directory.EnumerateFileSystemEntries(Path.Combine(shop.Root, "work"), "*",
                SearchOption.AllDirectories)));
        }
        var images = (await shop.Run([], "images")).Succeeded().Output;
        Assert.Equal(4, images.Split('\n').Count(line => line.StartsWith("docker.io/library/next:", StringComparison.Ordinal)));
        await Tool.Run("skopeo", "copy", "--all", $"oci:{shop.Root}:docker.io/library/next:3", $"oci:{shop["judged"]}:x");
    }

    [Fact]
    public async Task after_Ctrl_C_in_a_bake_the_report_says_what_was_built()
    {
        var seconds = $"{Random.Shared.Next(100_000_000, 999_999_999)}";
        var context = shop.Context($"FROM BASE\nRUN busybox sleep {seconds}\n", ("quick/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"),
            ("manifold.yaml", "images:\n  quick: {context: quick, tags: [quick:1]}\n  slow: {context: .}\n"));
        using var bake = shop.Start("bake", "--progress", "plain", "-f", Path.Combine(context, "manifold.yaml"));
        var error = bake.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await Eventually.Is(() => Processes.Sleeping(seconds).Length == 1 && shop.State().Contains("quick:1", StringComparison.Ordinal));

        await Tool.Run("kill", "-INT", $"{bake.Id}");
        await bake.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(130, bake.ExitCode);
        Assert.Matches("manifold: interrupted\n✗ Stopped after [^\n]+\n$", await error);
        var report = (await shop.Run(["--format", "text"], "report")).Succeeded().Output;
        Assert.Contains("2 images: 1 built, 1 stopped", report, StringComparison.Ordinal);
        Assert.Matches(@"quick +linux/\S+ +sha256:", report);
        Assert.Matches(@"slow +linux/\S+ +not built", report);
    }
}
