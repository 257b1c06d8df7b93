using System.Diagnostics;
using Manifold.Content;
using Manifold.Sandbox;

namespace Manifold.EndToEnd.Sandbox;

public sealed class EndingACommand(BusyBox box) : IClassFixture<BusyBox>
{
    [Fact]
    public async Task by_cancellation_kills_it_at_once_and_leaves_nothing()
    {
        using var source = new CancellationTokenSource();
        var sleep = LongSleep();
        var request = BusyBox.Shell($"trap '' TERM INT; echo > /file; setsid sleep {sleep} & echo started; sleep {sleep}") with
        {
            OnLine = _ => source.CancelAfter(1),
        };
        // It would sleep for years. That it is killed and not asked shows in that it ends: it does not hear what it is asked.
        await Eventually.Ends(Assert.ThrowsAnyAsync<OperationCanceledException>(() => box.Sandbox.RunAsync(request, source.Token)));
        Assert.Empty(ProcessesNaming(sleep));
        Assert.Empty(Directory.GetDirectories(box.Store.WorkFolder, "run-*"));
        Assert.Empty(MountsOf(box.Store.Root));
        Assert.Empty(Groups(Path.GetFileName(box.Store.WorkFolder)));
    }

    [Fact]
    public async Task by_cancellation_ends_a_program_that_multiplies()
    {
        using var source = new CancellationTokenSource();
        var name = LongSleep();
        var request = BusyBox.Shell($"sleep {name} & bomb() {{ bomb & bomb & sleep {name}; }}; echo started; bomb & wait") with
        {
            User = "4242:4242",
            Limits = [new ResourceLimit("nproc", 100, 100)],
            OnLine = _ => source.CancelAfter(300), // so many at most, for this machine's sake
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => box.Sandbox.RunAsync(request, source.Token));
        Assert.Empty(ProcessesNaming(name));
        Assert.Empty(Groups(Path.GetFileName(box.Store.WorkFolder)));
    }

    [Fact]
    public async Task before_it_began_starts_nothing()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => box.Sandbox.RunAsync(BusyBox.Shell("true"), source.Token));
    }

    [Fact]
    public async Task by_killing_manifold_leaves_no_process_and_no_mount_and_the_next_cleans_up()
    {
        using var folder = new TemporaryFolder();
        var sleep = LongSleep();
        var work = await KillWhileItRuns(folder.Path, sleep);
        await Eventually.Is(() => ProcessesNaming(sleep).Length == 0, $"'sleep {sleep}' outlives the program.");
        await Eventually.Is(() => ProcessesNaming(folder.Path).Length == 0, "A process outlives the program.");
        await Eventually.Is(() => MountsOf(folder.Path).Length == 0, "A mount outlives the program.");

        using var store = Store.Open(folder["store"]);
        _ = store.WorkFolder;
        Assert.False(Directory.Exists(work));
        Assert.Empty(Groups(Path.GetFileName(work)));
    }

    private static async Task<string> KillWhileItRuns(string folder, string sleep)
    {
        var tests = typeof(EndingACommand).Assembly.Location;
        var start = new ProcessStartInfo("dotnet", [tests, "-explicit", "only", "-method", $"{typeof(AProcessToKill).FullName}.*"])
        {
            RedirectStandardOutput = true,
        };
        start.Environment[AProcessToKill.Folder] = folder;
        start.Environment[AProcessToKill.Seconds] = sleep;
        using var process = Process.Start(start)!;
        var mark = Path.Combine(folder, "mark");
        await Eventually.Is(() => File.Exists(mark) || process.HasExited, "the helper did not start its RUN");
        Assert.True(File.Exists(mark),
            process.HasExited ? await process.StandardOutput.ReadToEndAsync() : "the helper did not start its RUN");
        var work = Directory.GetDirectories(Path.Combine(folder, "store", "work")).Single();
        Assert.NotEmpty(ProcessesNaming(sleep));
        process.Kill(); // SIGKILL, to it alone
        await process.WaitForExitAsync();
        return work;
    }

    /// <summary>Seconds, years of them, that no other test on this machine sleeps for.</summary>
    private static string LongSleep() => $"{Random.Shared.Next(100_000_000, 999_999_999)}";

    private static string[] ProcessesNaming(string word) =>
        [.. Directory.GetDirectories("/proc").Where(process => char.IsAsciiDigit(Path.GetFileName(process)[0])).Select(CommandLine)
            .Where(line => line.Contains(word, StringComparison.Ordinal) && !line.Contains("Manifold.Tests.dll", StringComparison.Ordinal)),
        ];

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static string[] MountsOf(string path) =>
        [.. File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(path, StringComparison.Ordinal))];

    private static string[] Groups(string prefix) =>
        [.. new[] { "/sys/fs/cgroup/manifold", "/sys/fs/cgroup/unified/manifold" }.Where(Directory.Exists)
            .SelectMany(parent => Directory.GetDirectories(parent, prefix + "*"))];
}

/// <summary>Not a test: what <see cref="EndingACommand"/> starts in a process of its own, to kill it.</summary>
public sealed class AProcessToKill
{
    public const string Folder = "MANIFOLD_TEST_FOLDER", Seconds = "MANIFOLD_TEST_SECONDS";

    [Fact(Explicit = true)]
    public async Task runs_until_it_is_killed()
    {
        if (Environment.GetEnvironmentVariable(Folder) is not { } folder)
            return;
        var seconds = Environment.GetEnvironmentVariable(Seconds);
        using var box = new BusyBox(folder);
        await box.Sandbox.RunAsync(BusyBox.Shell($"setsid sleep {seconds} & echo > /mark/mark; sleep {seconds}") with
        {
            Mounts = [new SandboxMount { Kind = MountKind.Bind, Target = "/mark", Source = folder }],
        });
    }
}
