using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using Manifold.Fuzz;

namespace Manifold.EndToEnd.Dockerfile;

/// <summary>Parser, checks and planner never throw and never hang, whatever becomes of the Dockerfiles of cases and examples.</summary>
public sealed class DamagingDockerfiles
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Source())!, "..", "..", ".."));

    private static readonly ImmutableArray<byte[]> Corpus =
    [
        .. new[] { "tests/Manifold.Tests/cases", "tests/Manifold.EndToEnd/cases", "examples" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*Dockerfile*", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal).Select(File.ReadAllBytes),
    ];

    [Fact]
    public void every_one_is_read_whole() => Assert.All(Corpus, file => Assert.Null(Fuzzing.Read(file).Failure));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void hundreds_of_damaged_ones_are_read_in_time(int seed)
    {
        Assert.True(Corpus.Length > 60);
        var mutations = new Mutations(Corpus, seed);
        for (var i = 0; i < 300; i++)
        {
            var file = mutations.Next();
            var (failure, _) = Fuzzing.Read(file);
            Assert.True(failure is null,
                $"seed {seed}, file {i}: {failure}\n{Convert.ToBase64String(file.AsSpan(0, Math.Min(file.Length, 2_000)))}");
        }
    }

    [Fact]
    public void the_fuzzer_runs_for_two_seconds()
    {
        var outcome = Fuzzing.Run(Corpus, Environment.TickCount, TimeSpan.FromSeconds(2));
        Assert.True(outcome.Failure is null, outcome.Failure + "\n" + Convert.ToBase64String(outcome.Culprit ?? []));
        Assert.True(outcome.Files > 0);
    }

    [Fact]
    public async Task as_a_program_it_reads_a_file_and_damages_a_folder()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("Dockerfile", "FROM a\nRUN <<EOF\n");
        var fuzz = Path.Combine(AppContext.BaseDirectory, "Manifold.Fuzz.dll");
        Assert.Contains("read in", await SystemProgram.Run("dotnet", fuzz, file), StringComparison.Ordinal);
        Assert.Contains("seed 7:",
            await SystemProgram.Run("dotnet", fuzz, "--seconds", "1", "--seed", "7", folder.Path), StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Giants => new()
    {
        { "deep variables", "FROM a\nENV x=" + string.Concat(Enumerable.Repeat("${a:-", 100_000)) + new string('}', 100_000) },
        { "deep variables in FROM", "FROM " + string.Concat(Enumerable.Repeat("${a:-", 1_000)) + "a" + new string('}', 1_000) },
        { "thousands of heredocs", "FROM a\n" + string.Concat(Enumerable.Range(0, 20_000).Select(i => $"COPY <<E{i} /x\n$a\nE{i}\n")) },
        { "thousands of heredocs on one line", "FROM a\nRUN " + string.Concat(Enumerable.Range(0, 5_000).Select(i => $"<<E{i} ")) + "\n" },
        { "a very long line", "FROM a\nRUN " + new string('x', 4_000_000) },
        { "a very long continued line", "FROM a\nRUN x" + string.Concat(Enumerable.Repeat(" \\\n y", 500_000)) },
        { "thousands of stages on each other",
            "FROM a AS s0\n" + string.Concat(Enumerable.Range(1, 3_000).Select(i => $"FROM s{i - 1} AS s{i}\n")) },
        { "thousands of stages of one name", string.Concat(Enumerable.Repeat("FROM s AS s\n", 3_000)) },
        { "stages that copy from each other",
            string.Concat(Enumerable.Range(0, 400).Select(i => $"FROM scratch AS s{i}\nCOPY --from=s{(i + 1) % 400} a b\n")) },
        { "thousands of commands of which one counts", "FROM a\n" + string.Concat(Enumerable.Repeat("CMD a\n", 20_000)) },
        { "thousands of variables without a value",
            "FROM scratch\n" + string.Concat(Enumerable.Range(0, 5_000).Select(i => $"COPY $a{i} /\n")) },
        { "thousands of values", "FROM scratch\n" + string.Concat(Enumerable.Range(0, 2_500).Select(i => $"ENV a{i}=$a{i / 2}x\n")) },
        { "a range of all ports, many times", "FROM scratch\n" + string.Concat(Enumerable.Repeat("EXPOSE 1-65535\n", 40)) },
        { "many skipped rules", "# check=skip=" + string.Concat(Enumerable.Repeat("a,", 100_000)) + "\nFROM a\n" },
    };

    [Theory, MemberData(nameof(Giants))]
    public void a_giant_is_read_in_time(string what, string text)
    {
        var (failure, took) = Fuzzing.Read(Encoding.UTF8.GetBytes(text));
        Assert.True(failure is null, $"{what} ({took.TotalSeconds:F1} s): {failure}");
    }

    private static string Source([CallerFilePath] string path = "") => path;
}
