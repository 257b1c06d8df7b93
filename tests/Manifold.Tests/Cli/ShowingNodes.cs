using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Manifold.Cli;
using Manifold.Nodes;
using Manifold.Nodes.Ssh;
using Manifold.Nodes.Units;
using Manifold.Oci;
using Manifold.Projects;

namespace Manifold.Tests.Cli;

/// <summary>The answers of nodes, as a table and as JSON.</summary>
public sealed class ShowingNodes : IDisposable
{
    private static readonly NodeVisit Pi = new(new NodeSettings("pi", "ssh://pi@raspberry.local"))
    {
        Facts = new NodeFacts
        {
            Version = "1.2.3",
            Identity = "boot store",
            Platform = Platform.Parse("linux/arm64"),
            Native = [Platform.Parse("linux/arm64"), Platform.Parse("linux/arm/v7")],
            Emulated = [Platform.Parse("linux/amd64")],
            Processors = 4,
            MemoryBytes = 8_000_000_000,
            Jobs = 2,
            Load = 0.5,
            Store = "/home/pi/.local/share/manifold",
            StoreBytes = 1_500_000_000,
            FreeBytes = 20_000_000_000,
            Programs = 2,
            ProgramBytes = 106_000_000,
        },
        ClockOffset = TimeSpan.FromSeconds(-2),
    };

    private static readonly NodeVisit Gone = new(new NodeSettings("ssh://gone", "ssh://gone"))
    {
        Problem = new SshException(SshProblem.Refused, "Connecting to 'ssh://gone': port 22: Connection refused."),
    };

    private readonly StringWriter output = new(), error = new();

    public void Dispose()
    {
        output.Dispose();
        error.Dispose();
    }

    private List<Dictionary<string, string>> Table(int? width, params ImmutableArray<NodeVisit> visits)
    {
        NodesTable.Write(new CliContext
        {
            Environment = ImmutableSortedDictionary<string, string>.Empty,
            Out = output,
            Error = error,
            Time = TimeProvider.System,
            Interactive = false,
            OutWidth = width,
        }, visits);
        var lines = output.ToString().TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.True(width is null || line.Length <= width, line));
        var rows = lines.Select(line => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToList();
        return [.. rows.Skip(1).Select(row => rows[0].Zip(row).ToDictionary(cell => cell.First, cell => cell.Second))];
    }

    [Fact]
    public void a_row_has_what_a_node_offers()
    {
        var row = Assert.Single(Table(null, Pi));

        Assert.Equal(new Dictionary<string, string>
        {
            ["NAME"] = "pi",
            ["ADDRESS"] = "ssh://pi@raspberry.local",
            ["PLATFORM"] = "linux/arm64",
            ["CPUS"] = "4",
            ["MEMORY"] = "8.0 GB",
            ["FREE"] = "20.0 GB",
            ["STORE"] = "1.5 GB",
            ["READY"] = "yes",
            ["NATIVE"] = "arm64,arm/v7",
            ["EMULATED"] = "amd64",
            ["PROGRAMS"] = "2 (106.0 MB)",
            ["FOLDER"] = "/home/pi/.local/share/manifold",
        }, row);
        Assert.Equal("", error.ToString());
    }

    [Fact]
    public void a_node_with_a_problem_is_a_row_and_a_sentence()
    {
        var rows = Table(null, Gone, Pi);

        Assert.Equal(["ssh://gone", "pi"], rows.Select(row => row["NAME"]));
        Assert.Equal(("connection refused", "-", "-"), (rows[0]["READY"], rows[0]["PLATFORM"], rows[0]["STORE"]));
        Assert.Equal("manifold: ssh://gone: Connecting to 'ssh://gone': port 22: Connection refused.\n", error.ToString());
    }

    [Fact]
    public void addresses_that_are_the_names_are_not_repeated() =>
        Assert.DoesNotContain("ADDRESS", Table(null, Gone).Single().Keys);

    [Theory]
    [InlineData(151, "FOLDER PROGRAMS NATIVE", "")]
    [InlineData(150, "PROGRAMS NATIVE", "FOLDER")]
    [InlineData(118, "NATIVE", "FOLDER PROGRAMS")]
    [InlineData(104, "ADDRESS EMULATED", "FOLDER PROGRAMS NATIVE")]
    [InlineData(80, "EMULATED", "FOLDER PROGRAMS NATIVE ADDRESS")]
    [InlineData(60, "NAME READY STORE", "EMULATED ADDRESS")]
    public void a_narrow_terminal_shows_what_matters_most(int width, string shown, string hidden)
    {
        Table(width, Pi);

        var headings = output.ToString().Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Subset(headings.ToHashSet(), shown.Split(' ').ToHashSet());
        Assert.Empty(headings.Intersect(hidden.Split(' ')));
    }

    [Theory]
    [InlineData(12 * 60, "pi: its clock is 12 minutes ahead of this machine's. Set it there: ")]
    [InlineData(-3 * 24 * 60 * 60, "pi: its clock is 3 days behind this machine's. Set it there: ")]
    public void a_clock_that_is_off_is_told(int seconds, string told)
    {
        Table(null, Pi with { ClockOffset = TimeSpan.FromSeconds(seconds) });

        Assert.Contains(told, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void the_reason_why_RUN_does_not_work_is_told()
    {
        var row = Table(null, Pi with { Facts = Pi.Facts! with { RunProblem = "'runc' is not installed." } }).Single();

        Assert.Equal("no RUN", row["READY"]);
        Assert.EndsWith("pi: RUN steps don't work there: 'runc' is not installed.\n", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void json_has_everything()
    {
        var (pi, gone) = (NodesJson.Of([Pi, Gone])[0]!, NodesJson.Of([Pi, Gone])[1]!);

        Assert.True(JsonNode.DeepEquals(pi, JsonNode.Parse("""
            {
              "name": "pi", "address": "ssh://pi@raspberry.local", "version": "1.2.3",
              "platform": "linux/arm64", "native": ["linux/arm64", "linux/arm/v7"], "emulated": ["linux/amd64"],
              "processors": 4, "load": 0.5, "jobs": 2, "memoryBytes": 8000000000, "freeBytes": 20000000000,
              "store": "/home/pi/.local/share/manifold", "storeBytes": 1500000000,
              "programs": 2, "programBytes": 106000000, "clockOffsetSeconds": -2, "runProblem": null
            }
            """)), pi.ToJsonString());
        Assert.Equal("Connecting to 'ssh://gone': port 22: Connection refused.", (string?)gone["problem"]);
    }
}
