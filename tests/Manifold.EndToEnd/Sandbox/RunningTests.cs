using Manifold.Sandbox;

namespace Manifold.EndToEnd.Sandbox;

public sealed class RunningACommand(BusyBox box) : IClassFixture<BusyBox>
{
    [Fact]
    public async Task gives_its_exit_code()
    {
        using var result = await box.Run("exit 7");
        Assert.Equal((7, false, null), (result.ExitCode, result.Emulated, result.RuntimeFailure));
    }

    [Fact]
    public async Task killed_by_a_signal_gives_128_and_the_signal()
    {
        using var result = await box.Run("sh -c 'kill -9 $$'; exit $?");
        Assert.Equal(137, result.ExitCode);
    }

    [Theory]
    [InlineData("/bin/absent", 127)]
    [InlineData("absent", 127)]
    [InlineData("/etc/passwd", 126)]
    public async Task that_is_not_a_program_gives_a_shells_exit_code(string program, int expected)
    {
        using var result =
            await box.Sandbox.RunAsync(BusyBox.Shell("") with { Arguments = [program] }, TestContext.Current.CancellationToken);
        Assert.Equal(expected, result.ExitCode);
        Assert.Contains(program, result.RuntimeFailure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task hands_on_each_line_with_its_stream_as_it_comes()
    {
        var lines = new List<LogLine>();
        var early = new TaskCompletionSource();
        var request = BusyBox.Shell("echo one; echo two >&2; while [ ! -e /mark/go ]; do sleep 0.05; done; printf 'three\\r\\nlast'") with
        {
            Mounts = [Bind("/mark", box.Store.WorkFolder)],
            OnLine = line =>
            {
                lines.Add(line);
                if (line.Text == "two")
                    early.SetResult();
            },
        };
        var run = box.Sandbox.RunAsync(request, TestContext.Current.CancellationToken);
        await Eventually.Ends(early.Task);
        Assert.False(run.IsCompleted);
        await File.WriteAllTextAsync(Path.Combine(box.Store.WorkFolder, "go"), "");
        using var result = await run;
        Assert.Equal(["one", "three", "last"], lines.Where(line => line.Stream == LogStream.Output).Select(line => line.Text));
        Assert.Equal(["two"], lines.Where(line => line.Stream == LogStream.Error).Select(line => line.Text));
    }

    [Fact]
    public async Task remembers_the_last_20_lines()
    {
        using var result = await box.Run("seq 1000; exit 3");
        Assert.Equal(Enumerable.Range(981, 20).Select(number => $"{number}"), result.Tail);
    }

    [Fact]
    public async Task cuts_an_endless_line_into_pieces()
    {
        var lengths = new List<int>();
        using var result = await box.Sandbox.RunAsync(
            BusyBox.Shell("head -c 200000 /dev/zero") with { OnLine = line => lengths.Add(line.Text.Length) },
            TestContext.Current.CancellationToken);
        Assert.Equal(200000, lengths.Sum());
        Assert.All(lengths, length => Assert.InRange(length, 1, 65536));
    }

    [Fact]
    public async Task left_in_the_background_does_not_hang_the_run()
    {
        using var result = await Eventually.Ends(box.Run("setsid sleep 1000000 & sleep 1000000 & echo done"));
        Assert.Equal(["done"], result.Tail);
    }

    [Fact]
    public async Task whose_lines_cannot_be_taken_is_ended()
    {
        var request = BusyBox.Shell("while true; do echo more; done") with { OnLine = _ => throw new FormatException("enough") };
        await Assert.ThrowsAsync<FormatException>(() => box.Sandbox.RunAsync(request, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task works_many_times_at_once()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => box.Run($"echo {i} > /own; cat /own; exit {i}")));
        Assert.Equal(Enumerable.Range(0, 12).Select(i => (i, $"{i}")), results.Select(result => (result.ExitCode, result.Tail.Single())));
        Assert.Equal(12, results.Select(result => result.ChangesFolder).Distinct().Count());
        Assert.All(results, result => result.Dispose());
    }

    private static SandboxMount Bind(string target, string source) => new() { Kind = MountKind.Bind, Target = target, Source = source };
}
