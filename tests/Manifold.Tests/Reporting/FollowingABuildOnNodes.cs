using System.Text.Json;
using Manifold.Cli;
using Manifold.Dockerfile;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Reporting;
using Manifold.Text;

namespace Manifold.Tests.Reporting;

/// <summary>Events of a build in which other machines take part, on their way to a terminal, to a log, and to a program.</summary>
public sealed class FollowingABuildOnNodes
{
    private static readonly DateTimeOffset Start = new(2026, 1, 26, 2, 0, 0, TimeSpan.Zero);
    private static readonly Platform Amd64 = Platform.Parse("linux/amd64"), Arm64 = Platform.Parse("linux/arm64");

    private static readonly UnitTraffic Traffic = new(83_000_000, 12_000_000, TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(2));

    private readonly StringWriter output = new();

    private static UnitPlaced Placed(Platform platform, string node, string? image = null) =>
        new(platform, node, platform, "native") { Time = Start, Component = image };

    private static UnitReturned Lost(Platform platform, string node) => new(platform, node, Traffic)
    {
        Time = Start,
        Lost = "the connection was lost",
    };

    private static RunStep Step(string name, Platform platform) => new()
    {
        Digest = SampleRecords.DigestOf(name + platform),
        Parent = null,
        Platform = platform,
        Place = new Place("Dockerfile", 2, 1, 3),
        Name = $"[build 2/3] {name}",
        Stage = "build",
        Arguments = ["make"],
        Environment = [],
        WorkingDirectory = "/",
        User = "",
    };

    private static string Plain(string? line) => PaintedLine.Render(line!, int.MaxValue, colors: false, ascii: false);

    private string[] Lines => output.ToString().TrimEnd('\n').Split('\n');

    [Fact]
    public void lines_of_a_log_say_where_they_come_from()
    {
        var progress = new PlainProgress(output);
        var step = Step("RUN make", Arm64);
        progress.Show(Placed(Arm64, "pi", "api"));
        progress.Show(new StepStarted(step) { Time = Start, Component = "api" });
        progress.Show(new StepPrinted(step, "compiling", false) { Time = Start.AddSeconds(1), Component = "api" });
        progress.Tick(Start.AddSeconds(6));
        progress.Show(new StepFinished(step, TimeSpan.FromSeconds(7), false, false) { Time = Start.AddSeconds(7), Component = "api" });
        progress.Show(new UnitReturned(Arm64, "pi", Traffic) { Time = Start, Component = "api" });
        Assert.Equal(
            [
                "api: linux/arm64 builds on pi (linux/arm64, native)",
                "[arm64@pi] #1 api: [build 2/3] RUN make (linux/arm64)",
                "[arm64@pi] #1 1.000 compiling",
                "[arm64@pi] #1 running for 6.0 s: api: [build 2/3] RUN make (linux/arm64)",
                "[arm64@pi] #1 DONE 7.0 s",
                "[arm64@pi] api: linux/arm64 sent 83.0 MB, received 12.0 MB, waited 1.5 s, transferred for 2.0 s",
            ], Lines);
    }

    [Fact]
    public void a_step_of_another_platform_is_named_by_the_node_that_runs_it()
    {
        var progress = new PlainProgress(output);
        var step = Step("RUN go build", Amd64);
        progress.Show(Placed(Amd64, "local"));
        progress.Show(Placed(Arm64, "pi"));
        progress.Show(new StepStarted(step) { Time = Start, NodeName = "pi" });
        progress.Show(new StepStarted(step) { Time = Start, NodeName = "local" });
        Assert.Equal(
            ["[amd64@pi] #1 [build 2/3] RUN go build (linux/amd64)", "[amd64@local] #2 [build 2/3] RUN go build (linux/amd64)"],
            Lines[2..]);
    }

    [Fact]
    public void this_machine_has_no_traffic_to_tell_of()
    {
        var progress = new PlainProgress(output);
        progress.Show(new UnitReturned(Amd64, "local", new UnitTraffic(0, 0, TimeSpan.FromSeconds(3), TimeSpan.Zero)) { Time = Start });
        Assert.Equal("", output.ToString());
    }

    [Fact]
    public void steps_of_a_lost_node_no_longer_run()
    {
        var progress = new PlainProgress(output);
        progress.Show(Placed(Arm64, "pi"));
        progress.Show(new StepStarted(Step("RUN make", Arm64)) { Time = Start, NodeName = "pi" });
        progress.Show(Lost(Arm64, "pi"));
        progress.Tick(Start.AddSeconds(60));
        Assert.Equal(["still working"], Lines[2..]);
    }

    [Fact]
    public void a_name_of_a_node_cannot_steer_the_terminal()
    {
        var progress = new PlainProgress(ForeignTextWriter.Around(output), colours: true);
        var step = Step("RUN make", Arm64);
        progress.Show(Placed(Arm64, "p\e[31mi"));
        progress.Show(new StepStarted(step) { Time = Start });
        progress.Show(new StepPrinted(step, "compiling", false) { Time = Start });
        Assert.DoesNotContain('\e', output.ToString());
    }

    [Fact]
    public void the_tree_shows_the_node_of_each_platform()
    {
        var tree = new LiveTree();
        tree.Show(new PlanMade(8, 2) { Time = Start });
        tree.Show(Placed(Amd64, "local"));
        tree.Show(Placed(Arm64, "pi"));
        tree.Show(new StepStarted(Step("RUN make", Amd64)) { Time = Start });
        tree.Show(new StepStarted(Step("RUN make", Arm64)) { Time = Start });
        tree.Show(new Transferred(TransferKind.Send, SampleRecords.DigestOf("a"), "pi", 1_000_000, 4_000_000) { Time = Start });
        tree.Show(new Transferred(TransferKind.Receive, SampleRecords.DigestOf("b"), "pi", 1_000_000, 2_000_000) { Time = Start });
        Assert.Equal(
            [
                "linux/amd64@local  [build 2/3] RUN make  3.0 s",
                "linux/arm64@pi  [build 2/3] RUN make  3.0 s",
                "sending 1 blob, 1.0 MB of 4.0 MB to pi  receiving 1 blob, 1.0 MB of 2.0 MB from pi",
            ],
            tree.Lines(Start.AddSeconds(3), 20).Select(Plain));
        Assert.Equal("[build 2/3] RUN make (linux/arm64@pi)  3.0 s",
            Plain(tree.Show(new StepFinished(Step("RUN make", Arm64), TimeSpan.FromSeconds(3), false, false) { Time = Start })));
    }

    [Fact]
    public void the_tree_takes_back_what_a_lost_node_did()
    {
        var tree = new LiveTree();
        StepFinished Done(string name, string node) =>
            new(Step(name, Arm64), TimeSpan.Zero, false, false) { Time = Start, Component = "api", NodeName = node };
        tree.Show(new PlanMade(3, 1) { Time = Start, Component = "other" });
        tree.Show(new PlanMade(3, 1) { Time = Start, Component = "api" });
        tree.Show(Placed(Arm64, "pi", "api"));
        tree.Show(Done("RUN a", "pi"));
        tree.Show(new StepStarted(Step("RUN b", Arm64)) { Time = Start, Component = "api", NodeName = "pi" });
        Assert.Null(tree.Show(Lost(Arm64, "pi") with { Component = "api" })); // a warning tells of it
        Assert.Equal("0 of 2 images  0 of 6 steps, 0 cached", Plain(Assert.Single(tree.Lines(Start, 20))));

        tree.Show(Placed(Arm64, "big", "api"));
        tree.Show(Done("RUN a", "big"));
        tree.Show(Done("RUN a", "local")); // the same step on two machines is one step
        Assert.Equal("0 of 2 images  1 of 6 steps, 0 cached", Plain(Assert.Single(tree.Lines(Start, 20))));
    }

    [Fact]
    public void a_program_is_told_of_the_node_and_of_its_cost()
    {
        var progress = new JsonProgress(output);
        progress.Show(Placed(Arm64, "pi", "api"));
        progress.Show(Lost(Arm64, "pi"));
        progress.Show(new StepStarted(Step("RUN make", Arm64)) { Time = Start, NodeName = "pi" });
        progress.Show(new StepStarted(Step("RUN make", Arm64)) { Time = Start });
        progress.Show(new Transferred(TransferKind.Send, SampleRecords.DigestOf("a"), "pi", 4, 4) { Time = Start });
        Assert.StartsWith("{\"event\":\"unitPlaced\",", Lines[0], StringComparison.Ordinal);
        Assert.EndsWith(
            "\"component\":\"api\",\"platform\":\"linux/arm64\",\"node\":\"pi\",\"nodePlatform\":\"linux/arm64\",\"why\":\"native\"}",
            Lines[0], StringComparison.Ordinal);
        using var lost = JsonDocument.Parse(Lines[1]);
        Assert.Equal(
            ["event", "time", "platform", "node", "sentBytes", "receivedBytes", "waitedSeconds", "movedSeconds", "lost"],
            lost.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.Equal((83_000_000, 1.5),
            (lost.RootElement.GetProperty("sentBytes").GetInt64(), lost.RootElement.GetProperty("waitedSeconds").GetDouble()));
        Assert.EndsWith(",\"node\":\"pi\"}", Lines[2], StringComparison.Ordinal);
        Assert.DoesNotContain("node", Lines[3], StringComparison.Ordinal);
        Assert.Contains("\"kind\":\"sent\"", Lines[4], StringComparison.Ordinal);
    }
}
