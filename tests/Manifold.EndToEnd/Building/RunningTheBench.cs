using System.Text.RegularExpressions;
using Manifold.Linux;

namespace Manifold.EndToEnd.Building;

/// <summary>What <c>bench/run.sh</c> does in its smallest form, so that it does not rot between two measurements.</summary>
[Trait("kind", "end-to-end")]
public sealed class RunningTheBench
{
    private static readonly string Bench = Path.Combine(Cases.Repository, "bench");

    public static TheoryData<string> Scripts => [.. Directory.GetFiles(Bench, "*.sh")
        .Where(script => (File.GetUnixFileMode(script) & UnixFileMode.UserExecute) != 0)
        .Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task every_script_prints_its_usage(string script)
    {
        var said = await Tool.Run(Path.Combine(Bench, script), "--help");
        Assert.Contains("usage: ", said, StringComparison.Ordinal);
        Assert.Contains(script, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_dry_run_names_everything_that_would_be_measured()
    {
        Assert.Equal("""
            rounds: 5
            version: 25 starts
            w1: manifold buildkit: cold warm edit
            w3: manifold buildkit: cold warm edit
            w3n: manifold buildkit: cold warm edit
            copy: manifold skopeo: empty manifests

            """, (await Run("--dry-run")).Output);
    }

    [Theory]
    [InlineData("--workloads", "w4")]
    [InlineData("--builders", "kaniko")]
    [InlineData("--states", "hot")]
    [InlineData("--rounds", "0")]
    public async Task a_word_that_it_does_not_know_is_wrong_usage(string option, string value)
    {
        var run = await Run("--dry-run", option, value);
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith($"run.sh: {option}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task one_round_of_one_workload_prints_its_rows_and_leaves_nothing()
    {
        await Workshop.NeedBusyBox();
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "The peers need root.");
        var peers = Peer.VisibleFolder ?? "/var/tmp/manifold-bench";
        Assert.SkipUnless(Directory.Exists(Path.Combine(peers, "work", "w3n")),
            $"'{peers}' has no workloads; bench/setup-peers.sh makes them.");

        var run = await Run("--rounds", "1", "--workloads", "version w3n", "--states", "cold warm", "--builders", "manifold",
            "--folder", peers);

        Assert.True(run.ExitCode == 0, run.Error);
        var rows = run.Output.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1);
        Assert.Equal(["`manifold --version`", "w3n cold", "w3n warm"], rows.Select(row => row.Split('|')[1].Trim()));
        Assert.All(rows, row => Assert.Matches("^[0-9.]+ (ms|s)$", row.Split('|')[2].Trim()));
        var own = Regex.Match(run.Error, "(?m)^==> the folder of this run is (.+)$").Groups[1].Value;
        Assert.StartsWith(peers, own, StringComparison.Ordinal);
        Assert.False(Directory.Exists(own));
        Assert.DoesNotContain(own, await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.DoesNotContain(own, await Tool.Run("ps", "-eo", "args"), StringComparison.Ordinal);
    }

    private static Task<ChildProcess.Result> Run(params string[] arguments) =>
        Tool.Try("env", [$"MANIFOLD={OurProgram.File}", Path.Combine(Bench, "run.sh"), .. arguments]);
}
