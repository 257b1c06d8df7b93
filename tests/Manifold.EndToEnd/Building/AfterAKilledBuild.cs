using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Manifold.Oci;

namespace Manifold.EndToEnd.Building;

/// <summary>A build was killed in its RUN; whatever opens the store next ends and removes all that is left of it.</summary>
[Trait("kind", "end-to-end")]
public sealed class AfterAKilledBuild : WithRuns
{
    private static readonly string[] Hierarchies = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

    [Theory]
    [InlineData("prune", null)]
    [InlineData("build", null)]
    [InlineData("build with an image to pull", null)]
    [InlineData("bake", null)]
    [InlineData("serve", null)]
    [InlineData("prune", "manifold-test-parent")]
    public async Task the_next_command_leaves_no_process_no_control_group_no_mount_and_no_folder(string next, string? parent)
    {
        var seconds = $"400{Random.Shared.Next(1000, 9999)}";
        var work = await KillInARun(
            shop.Start(["build", "--progress", "plain", .. parent is null ? (string[])[] : ["--cgroup-parent", parent], Context(seconds)]),
            shop.Root);
        using var straggler = new Straggler(seconds);
        var groups = Groups(work, parent ?? "manifold");
        foreach (var group in groups)
            await File.WriteAllTextAsync(Path.Combine(group, "cgroup.procs"), $"{straggler.Id}", TestContext.Current.CancellationToken);

        await DoAsync(next, seconds);

        if (groups.Length == 0)
            straggler.Kill();
        Assert.True(straggler.WaitForExit(2000));
        Assert.Empty(Groups(work, parent ?? "manifold"));
        Assert.Empty(Lines(seconds));
        Assert.Empty(Lines(shop.Root));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(shop.Root, "work")));
        Assert.Empty(shop.Mounts());
        foreach (var made in Hierarchies.Where(_ => parent is not null)
            .Select(hierarchy => Path.Combine(hierarchy, parent!)).Where(Directory.Exists))
            Directory.Delete(made);
    }

    [Fact]
    public async Task of_a_check_for_reproducibility_the_next_command_ends_what_runs_in_its_own_store()
    {
        var seconds = $"600{Random.Shared.Next(1000, 9999)}";
        var project = Context(seconds);
        await File.WriteAllTextAsync(Path.Combine(project, "manifold.yaml"), "images: {a: {context: .}}\n",
            TestContext.Current.CancellationToken);
        var work = await KillInARun(shop.Start("bake", "-f", project, "--verify-reproducible", "--progress", "plain"), shop.Root);
        var inner = Assert.Single(Directory.GetDirectories(Path.Combine(shop.Root, "work", work, "stores", "1", "work")));
        using var straggler = new Straggler(seconds);
        var groups = Groups(Path.GetFileName(inner), "manifold");
        foreach (var group in groups)
            await File.WriteAllTextAsync(Path.Combine(group, "cgroup.procs"), $"{straggler.Id}", TestContext.Current.CancellationToken);

        await DoAsync("prune", seconds);

        if (groups.Length == 0)
            straggler.Kill();
        Assert.True(straggler.WaitForExit(2000));
        Assert.Empty(Groups(Path.GetFileName(inner), "manifold"));
        Assert.Empty(Lines(seconds));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(shop.Root, "work")));
    }

    [Fact]
    public async Task of_an_ordinary_user_his_prune_does_the_same()
    {
        using var user = await OrdinaryUser.ComeAsync();
        var seconds = $"500{Random.Shared.Next(1000, 9999)}";
        var build = user.Start("build", "--progress", "plain",
            user.Context($"FROM BASE\nRUN busybox setsid busybox sleep {seconds} & echo sleeping; busybox sleep {seconds}\n"));
        await KillInARun(build, user.Store);

        (await user.Run("prune")).Succeeded();

        Assert.Empty(Lines(seconds));
        Assert.Empty(Lines(user.Store));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(user.Store, "work")));
    }

    /// <summary>In a process of its own: nothing was used in it before that could know of RUNs.</summary>
    private async Task DoAsync(string next, string seconds)
    {
        await using var registry = await RunningServer.StartAsync();
        registry.Store.Tags.Set(ImageReference.Parse("other:1"),
            await SampleImages.WriteIndexAsync(registry.Store, seconds, "linux/amd64", "linux/arm64"));
        const string copying = "FROM BASE\nCOPY f /\n";
        using var command = next switch
        {
            "prune" => shop.Start("prune"),
            "serve" => shop.Start("serve", "--listen", "127.0.0.1:0"),
            "bake" => shop.Start("bake", "-f", shop.Context(copying,
                ("f", seconds), ("manifold.yaml", "images: {a: {context: .}}\n"))),
            "build" => shop.Start("build", "-q", shop.Context(copying, ("f", seconds))),
            _ => shop.Start("build", "-q", shop.Context(
                $"FROM {registry.Authority}/library/other:1 AS other\nFROM BASE\nCOPY --from=other /content /\n")),
        };
        if (next == "serve")
            await PushAndStop(command);
        var said = await command.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await command.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(command.ExitCode == 0, $"exit code {command.ExitCode}\n{said}");
    }

    private static async Task PushAndStop(Process serve)
    {
        var greeting = await serve.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
        var address = Regex.Match(greeting ?? "", @"http://[\d.]+:\d+").Value;
        using var http = new HttpClient();
        using var index = new ByteArrayContent(Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"mediaType":"{{MediaType.Index}}","manifests":[]}"""));
        index.Headers.ContentType = new(MediaType.Index);
        using var answer = await http.PutAsync(new Uri($"{address}/v2/app/manifests/1"), index, TestContext.Current.CancellationToken);
        Assert.Equal(201, (int)answer.StatusCode);
        await Tool.Run("kill", "-INT", $"{serve.Id}");
    }

    /// <summary>A process that is put into the RUN's control group. The program under test, or the end of the test, ends it.</summary>
    private sealed class Straggler(string seconds) : IDisposable
    {
        private readonly Process process = Process.Start("sleep", seconds);

        public int Id => process.Id;

        public void Kill() => process.Kill();

        public bool WaitForExit(int milliseconds) => process.WaitForExit(milliseconds);

        public void Dispose()
        {
            process.Kill();
            process.Dispose();
        }
    }

    private string Context(string seconds) =>
        shop.Context($"FROM BASE\nRUN busybox setsid busybox sleep {seconds} & echo sleeping; busybox sleep {seconds}\n");

    /// <summary>Kills the build, and it alone, when its RUN runs. Returns the name of its work folder.</summary>
    private static async Task<string> KillInARun(Process build, string store)
    {
        using var owned = build;
        var said = new List<string>();
        while (await build.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line
            && !line.EndsWith(" sleeping", StringComparison.Ordinal))
            said.Add(line);
        var work = Directory.GetDirectories(Path.Combine(store, "work"));
        Assert.True(work.Length == 1, string.Join('\n', said));
        await Tool.Run("kill", "-KILL", $"{build.Id}");
        await build.WaitForExitAsync(TestContext.Current.CancellationToken);
        return Path.GetFileName(work[0]);
    }

    private static string[] Groups(string work, string parent) =>
        [.. Hierarchies.Select(hierarchy => Path.Combine(hierarchy, parent)).Where(Directory.Exists)
            .SelectMany(folder => Directory.GetDirectories(folder, work + "-*"))];

    private static string[] Lines(string word) =>
        [.. Directory.GetDirectories("/proc")
            .Where(process => int.TryParse(Path.GetFileName(process), out var id) && id != Environment.ProcessId).Select(CommandLine)
            .Where(line => line.Contains(word, StringComparison.Ordinal))];

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
