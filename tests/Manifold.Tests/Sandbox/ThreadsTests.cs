using Manifold.Sandbox;

namespace Manifold.Tests.Sandbox;

/// <summary>A thread inherits the mounts of the one that creates it; a pool worker born in a run would do other people's work among its mounts.</summary>
public sealed class TheThreadsOfThisProcess(BusyBox box) : IClassFixture<BusyBox>
{
    [Fact]
    public async Task have_the_usual_mounts_after_many_runs_and_probes()
    {
        var lines = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            var request = BusyBox.Shell("for i in 1 2 3 4 5 6 7 8 9; do echo $i; done") with { OnLine = _ => ThreadPool.QueueUserWorkItem(_ => Interlocked.Increment(ref lines)) };
            using var result = await box.Sandbox.RunAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(0, result.ExitCode);
            using var store = Manifold.Content.Store.Open(Path.Combine(box.Store.Root, $"fresh-{number}"));
            await new OciRuntimes(store, null).FindAsync();
        }));
        var own = Mounts("self");
        var others = Directory.EnumerateDirectories("/proc/self/task").Select(thread => Mounts($"self/task/{Path.GetFileName(thread)}")).Where(mounts => mounts is not null && mounts != own);
        Assert.Empty(others);
        Assert.NotNull(own);
    }

    private static string? Mounts(string task)
    {
        try
        {
            return new FileInfo($"/proc/{task}/ns/mnt").LinkTarget;
        }
        catch (IOException)
        {
            return null; // the thread ended meanwhile
        }
    }
}
