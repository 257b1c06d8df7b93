using Manifold.Cli;
using Manifold.Dockerfile;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Reporting;

namespace Manifold.Tests.Reporting;

/// <summary>Events on their way to a terminal, to a CI's log, to a program.</summary>
public sealed class FollowingABuild
{
    private static readonly DateTimeOffset Start = new(2026, 1, 26, 2, 0, 0, TimeSpan.Zero);

    [Fact]
    public void a_github_log_folds_what_a_step_printed()
    {
        var lines = Log(LogGroups.Of(name => name == "GITHUB_ACTIONS" ? "true" : null));
        Assert.Equal(["::group::#1 DONE 2.0 s  [build 2/3] RUN make (linux/amd64)", "#1 1.000 compiling", "::endgroup::"], lines[1..4]);
    }

    [Fact]
    public void a_gitlab_log_folds_it_with_its_time()
    {
        var lines = Log(LogGroups.Of(name => name == "GITLAB_CI" ? "true" : null));
        Assert.Equal(
            $"\e[0Ksection_start:{Start.ToUnixTimeSeconds()}:manifold_1[collapsed=true]\r\e[0K#1 "
                + $"DONE 2.0 s  [build 2/3] RUN make (linux/amd64)", lines[1]);
        Assert.Equal($"\e[0Ksection_end:{Start.ToUnixTimeSeconds() + 2}:manifold_1\r\e[0K", lines[3]);
    }

    [Fact]
    public void a_step_that_failed_is_not_folded()
    {
        using var output = new StringWriter();
        var progress = new PlainProgress(output, LogGroups.Of(_ => "true"));
        var step = Step("RUN make", "linux/amd64");
        progress.Show(new StepStarted(step) { Time = Start });
        progress.Show(new StepPrinted(step, "cc: error", true) { Time = Start.AddSeconds(1) });
        progress.Show(new StepFailed(step, TimeSpan.FromSeconds(1), "exit code 2") { Time = Start.AddSeconds(1) });
        Assert.Equal(["#1 [build 2/3] RUN make (linux/amd64)", "#1 1.000 cc: error", "#1 FAILED 1.0 s"],
            output.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public void a_log_without_a_viewer_is_as_it_was() =>
        Assert.DoesNotContain(Log(LogGroups.Of(_ => null)), line => line.Contains("group", StringComparison.Ordinal));

    [Fact]
    public void lines_of_a_project_say_whose_they_are()
    {
        using StringWriter plain = new(), json = new();
        var e = new StepStarted(Step("RUN make", "linux/arm64")) { Time = Start, Component = "api" };
        new PlainProgress(plain).Show(e);
        new JsonProgress(json).Show(e);
        Assert.Equal("#1 api: [build 2/3] RUN make (linux/arm64)", plain.ToString().TrimEnd());
        Assert.Contains("\"component\":\"api\"", json.ToString());
    }

    [Fact]
    public void the_tree_of_forty_images_on_five_platforms_stays_on_the_screen()
    {
        var tree = new LiveTree();
        for (var i = 0; i < 40; i++)
            foreach (var platform in SampleRecords.Platforms)
                tree.Show(new StepStarted(Step($"RUN make [x] {i}", platform.ToString())) { Time = Start, Component = $"image-{i}" });
        var lines = tree.Lines(Start.AddSeconds(3), 20);
        Assert.InRange(lines.Count, 5, 20);
        Assert.StartsWith("[bold]0 of 40 images[/]", lines[0], StringComparison.Ordinal);
        Assert.Contains("more images at work", lines[^1]);
        Assert.Contains(lines, line => Plain(line).Contains("RUN make [x]",
            StringComparison.Ordinal)); // what comes from a Dockerfile has no marks
    }

    [Fact]
    public void the_tree_shows_platforms_with_their_running_step_and_counts()
    {
        var tree = new LiveTree();
        var step = Step("RUN make", "linux/arm64");
        tree.Show(new PlanMade(8, 2) { Time = Start });
        tree.Show(new StepStarted(step) { Time = Start });
        tree.Show(new StepPrinted(step, "compiling", false) { Time = Start });
        Assert.Equal("linux/arm64  [build 2/3] RUN make  3.0 s  compiling",
            Plain(Assert.Single(tree.Lines(Start.AddSeconds(3), 20))));
        Assert.Equal("[build 2/3] RUN make (linux/arm64)  cached", Plain(tree.Show(new StepFinished(step, TimeSpan.Zero, true, false)
        {
            Time = Start,
        })!));
        Assert.Empty(tree.Lines(Start, 20));
    }

    [Fact]
    public void a_step_that_waits_for_a_slot_has_no_running_time()
    {
        var tree = new LiveTree();
        var step = Step("RUN make", "linux/amd64");
        tree.Show(new StepStarted(step) { Time = Start });
        tree.Show(new StepWaiting(step) { Time = Start });
        var waiting = Assert.Single(tree.Lines(Start.AddSeconds(9), 20));
        Assert.Equal("linux/amd64  [build 2/3] RUN make  waiting for a slot", Plain(waiting));
        Assert.StartsWith("[grey]", waiting, StringComparison.Ordinal);

        tree.Show(new StepResumed(step) { Time = Start.AddSeconds(9) });
        Assert.Equal("linux/amd64  [build 2/3] RUN make  1.0 s", Plain(Assert.Single(tree.Lines(Start.AddSeconds(10), 20))));
    }

    [Fact]
    public void a_blob_that_goes_to_two_places_counts_twice()
    {
        var tree = new LiveTree();
        foreach (var place in new[] { "r.io/x", "r.io/y" })
            tree.Show(new Transferred(TransferKind.Push, SampleRecords.DigestOf("blob"), place, 1_000_000, 2_000_000) { Time = Start });
        Assert.Equal("pushing 2 blobs, 2.0 MB of 4.0 MB", Plain(Assert.Single(tree.Lines(Start, 20))));
    }

    [Fact]
    public void a_log_is_not_silent_while_a_step_is()
    {
        using var output = new StringWriter();
        var progress = new PlainProgress(output);
        progress.Show(new StepStarted(Step("RUN make", "linux/amd64")) { Time = Start });
        progress.Show(new StepStarted(Step("RUN other", "linux/amd64")) { Time = Start });
        progress.Show(new StepWaiting(Step("RUN other", "linux/amd64")) { Time = Start });
        progress.Tick(Start.AddSeconds(4));
        progress.Tick(Start.AddSeconds(5));
        progress.Tick(Start.AddSeconds(6));
        Assert.Equal(["#1 running for 5.0 s: [build 2/3] RUN make (linux/amd64)", "1 step waiting for a slot"],
            output.ToString().TrimEnd().Split('\n')[2..]);
    }

    [Fact]
    public void a_program_is_told_of_a_transfer_a_few_times_a_second_and_of_its_end()
    {
        using var output = new StringWriter();
        var progress = new JsonProgress(output);
        var blob = SampleRecords.DigestOf("blob");
        for (var i = 0; i <= 1000; i++)
            progress.Show(new Transferred(TransferKind.Pull, blob, "r.io/x", i * 1000, 1_000_000) { Time = Start.AddMilliseconds(i) });
        var lines = output.ToString().TrimEnd().Split('\n');
        Assert.Equal(5, lines.Length);
        Assert.Contains("\"done\":1000000,", lines[^1], StringComparison.Ordinal);
    }

    private static string[] Log(LogGroups? groups)
    {
        using var output = new StringWriter();
        var progress = new PlainProgress(output, groups);
        var step = Step("RUN make", "linux/amd64");
        progress.Show(new StepStarted(step) { Time = Start });
        progress.Show(new StepPrinted(step, "compiling", false) { Time = Start.AddSeconds(1) });
        progress.Show(new StepFinished(step, TimeSpan.FromSeconds(2), false, false) { Time = Start.AddSeconds(2) });
        return output.ToString().TrimEnd('\n').Split('\n');
    }

    private static string Plain(string line) => PaintedLine.Render(line, int.MaxValue, colors: false, ascii: false);

    private static RunStep Step(string name, string platform) => new()
    {
        Digest = SampleRecords.DigestOf(name + platform),
        Parent = null,
        Platform = Platform.Parse(platform),
        Place = new Place("Dockerfile", 2, 1, 3),
        Name = $"[build 2/3] {name}",
        Stage = "build",
        Arguments = ["make"],
        Environment = [],
        WorkingDirectory = "/",
        User = "",
    };
}
