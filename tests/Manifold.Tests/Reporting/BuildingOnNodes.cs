using System.Text.Json;
using System.Text.RegularExpressions;
using Manifold.Building.Recording;
using Manifold.Reporting;
using Manifold.Reporting.Pages;
using Manifold.Text;

namespace Manifold.Tests.Reporting;

/// <summary>The tables and pages of a build in which other machines took part.</summary>
public sealed class BuildingOnNodes
{
    private static BuildRecord Record(int images) => SampleRecords.OnNodes(SampleRecords.Of(images));

    [Fact]
    public void a_record_without_nodes_has_no_member_for_them()
    {
        Assert.DoesNotContain("\"node\"", RecordJson.WriteReadable(SampleRecords.Of(3)), StringComparison.Ordinal);
        Assert.DoesNotContain("node", TextReport.Render(SampleRecords.Of(3)), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("node", MarkdownReport.Render(SampleRecords.Of(3)), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<h2>Nodes", HtmlReport.Render(SampleRecords.Of(3)), StringComparison.Ordinal);
    }

    [Fact]
    public void a_record_with_nodes_is_read_as_it_was_written()
    {
        var json = RecordJson.Write(Record(1));
        Assert.Equal(json, RecordJson.Write(RecordJson.Read(json)));
        using var document = JsonDocument.Parse(json);
        var node = document.RootElement.GetProperty("components")[0].GetProperty("platforms")[1].GetProperty("node");
        Assert.Equal(
            ["name", "platform", "why", "sentBytes", "receivedBytes", "waitedSeconds", "movedSeconds", "lost"],
            node.EnumerateObject().Select(member => member.Name));
        Assert.Equal("linux/arm64", node.GetProperty("platform").GetString());
        Assert.Equal("big", node.GetProperty("lost")[0].GetProperty("node").GetString());
    }

    [Theory]
    [InlineData(1, 80)]
    [InlineData(40, 80)]
    [InlineData(40, 120)]
    public void the_table_at_the_end_fits_and_names_every_node(int images, int width)
    {
        var record = Record(images);
        var lines = BuildTable.Render(record, width).TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.InRange(Cells.Width(line), 1, width));
        Assert.EndsWith("VERIFIED", lines[0], StringComparison.Ordinal);
        Assert.Equal(images, lines.Count(line => width < 100
            ? line.Contains("arm64@pi ", StringComparison.Ordinal)
            : Regex.IsMatch(line, @"linux/arm64 +pi ")));
    }

    [Fact]
    public void a_pipe_gets_a_column_for_the_node()
    {
        var record = Record(1);
        var table = BuildTable.Render(record, record.Components[0], null);
        Assert.Matches(@"PLATFORM +NODE +DIGEST +SIZE +TIME +CACHED +HOW +VERIFIED", table);
        Assert.Matches(@"linux/arm64 +pi +sha256:[0-9a-f]{64} ", table);
    }

    [Fact]
    public void a_report_has_waiting_and_transfers_apart_from_work()
    {
        var report = TextReport.Render(Record(1));
        Assert.Matches(@"PLATFORM +NODE +MACHINE +TIME +WAITED +MOVED +SENT +RECEIVED", report);
        Assert.Matches(@"linux/arm64 +pi +linux/arm64, native +5\.0 s +1\.5 s +2\.0 s +83\.0 MB +12\.0 MB", report);
        Assert.Contains("\nlinux/arm64: big was lost: the connection was lost\n", report, StringComparison.Ordinal);
        Assert.All(TextReport.Render(Record(3), 80).Split('\n').SkipWhile(line => !line.Contains("WAITED", StringComparison.Ordinal))
            .TakeWhile(line => line.Length > 0 && !line.Contains("was lost", StringComparison.Ordinal)),
            line => Assert.InRange(Cells.Width(line), 1, 80));
    }

    [Fact]
    public void a_summary_has_a_table_of_them() => Assert.Matches(
        @"\| linux/arm64 \| pi<br>big was lost: the connection was lost \| linux/arm64, native "
            + @"\| 5\.0 s \| 1\.5 s \| 2\.0 s \| 83\.0 MB \| ",
        MarkdownReport.Render(Record(1)));

    [Fact]
    public void the_page_has_a_table_of_them_and_names_their_transfers()
    {
        var page = HtmlReport.Render(Record(1));
        Assert.Contains("<h2>Nodes</h2>", page, StringComparison.Ordinal);
        Assert.Contains("big was lost: the connection was lost", page, StringComparison.Ordinal);
        Assert.Contains("<td>sent to</td>", page, StringComparison.Ordinal);
        Assert.Contains("<th>place</th>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void no_name_of_a_node_is_markup()
    {
        var record = SampleRecords.OnNodes(SampleRecords.Of(2, SampleRecords.Hostile), SampleRecords.Hostile);
        Assert.DoesNotContain("<img", HtmlReport.Render(record), StringComparison.Ordinal);
        var rows = MarkdownReport.Render(record).Split('\n').Where(line => line.StartsWith("| linux/arm64 |", StringComparison.Ordinal));
        Assert.All(rows, row => Assert.DoesNotContain("<img", Regex.Replace(row, "`[^`\n]*`", ""), StringComparison.Ordinal));
    }
}
