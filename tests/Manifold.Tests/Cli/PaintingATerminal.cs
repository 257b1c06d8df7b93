using System.Collections.Immutable;
using Manifold.Cli;
using Manifold.Events;
using Manifold.Text;

namespace Manifold.Tests.Cli;

/// <summary>Lines and pictures for a terminal, without one.</summary>
public sealed class PaintingATerminal
{
    private const string Line = "linux/arm64  [grey]6 of 8[/]  [bold][cut][[build 4/5] RUN apt-get update && "
        + "apt-get install -y curl[/][/]  12 s[rest]  [grey]Get:1 bookworm[/][/]";

    [Fact]
    public void what_fits_is_shown_whole() => Assert.Equal(
        "linux/arm64  6 of 8  [build 4/5] RUN apt-get update && apt-get install -y curl  12 s  Get:1 bookworm", Painted(Line, 200));

    [Fact]
    public void the_output_gives_way_first_and_then_the_name_so_that_the_time_stays()
    {
        Assert.Equal("linux/arm64  6 of 8  [build 4/5] RUN apt-get update && apt-get install -y curl  12 s  Ge…", Painted(Line, 89));
        Assert.Equal("linux/arm64  6 of 8  [build 4/5] RUN apt…  12 s", Painted(Line, 47));
    }

    [Theory]
    [InlineData("0.3 s", "✗ failed  [build 3/3] RUN echo compiling a pro… (linux/amd64)  0.3 s")]
    [InlineData("12 s", "✗ failed  [build 3/3] RUN echo compiling a prog… (linux/amd64)  12 s")]
    [InlineData("1 min 40 s", "✗ failed  [build 3/3] RUN echo compiling … (linux/amd64)  1 min 40 s")]
    public void the_name_of_a_step_makes_room_for_its_time(string time, string text) => Assert.Equal(text, Painted(
        $"[red]✗ failed[/]  [cut][[build 3/3]] RUN echo compiling a program with a long name[/] (linux/amd64)  {time}", 68));

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(40)]
    [InlineData(60)]
    public void no_line_is_wider_than_the_terminal(int width)
    {
        Assert.InRange(Cells.Width(Painted(Line, width)), 1, width);
        Assert.InRange(Cells.Width(Painted("[cut]" + new string('字', 50) + "[/]  1.0 s", width)), 0, width);
    }

    [Fact]
    public void wide_letters_take_two_cells_and_marks_that_combine_none()
    {
        Assert.Equal(6, Cells.Width("字🚀e\u0301x"));
        Assert.Equal("字…", Cells.Cut("字字字", 4));
    }

    [Fact]
    public void a_terminal_without_UTF_8_gets_words_for_signs()
    {
        Assert.Equal("ok a...", PaintedLine.Render("[green]✓[/] abcdef", 7, colors: false, ascii: true));
        Assert.Equal("x ? 'a' ... ok", AsciiWriter.Of("✗ 字 ‘a’ … ✓"));
    }

    [Theory]
    [InlineData("LC_ALL=C", true)]
    [InlineData("LC_ALL=C LANG=en_US.UTF-8", true)]
    [InlineData("LANG=de_DE.ISO-8859-1", true)]
    [InlineData("LANG=en_US.UTF-8", false)]
    [InlineData("LC_CTYPE=C.utf8 LANG=C", false)]
    [InlineData("", false)]
    public void the_locale_says_whether_there_is_UTF_8(string variables, bool isNeeded)
    {
        var set = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(each => each.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        Assert.Equal(isNeeded, AsciiWriter.IsNeeded(name => set.GetValueOrDefault(name)));
    }

    [Fact]
    public void colors_end_with_their_text()
    {
        Assert.Equal("\e[31m✗ failed\e[0m  x", PaintedLine.Render("[red]✗ failed[/]  x", 80, colors: true, ascii: false));
    }

    [Fact]
    public void each_picture_erases_the_one_before()
    {
        var screen = new LiveScreen(colors: false, ascii: false);
        Assert.Equal("\r\e[2Kone\ntwo", screen.Frame([], ["one", "two"], (80, 24)));
        Assert.Equal("", screen.Frame([], ["one", "two"], (80, 24)));
        Assert.Equal("\r\e[2K\e[A\e[2Kdone\nthree", screen.Frame([("done", true)], ["three"], (80, 24)));
        Assert.Equal("\r\e[2K", screen.Frame([], [], (80, 24)));
    }

    [Fact]
    public void rows_that_a_narrower_terminal_wraps_are_counted()
    {
        var screen = new LiveScreen(colors: false, ascii: false);
        screen.Frame([], [new string('a', 70), "b"], (80, 24));
        Assert.StartsWith("\r\e[2K\e[A\e[2K\e[A\e[2Kc", screen.Frame([], ["c"], (40, 24)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 3)]
    public void a_low_terminal_shows_no_more_rows_than_it_can_erase(int height, int shown)
    {
        string[] rows = ["one", "two", "three", "four", "five", "six"];
        var frame = new LiveScreen(colors: false, ascii: false).Frame([], rows, (80, height));
        Assert.Equal("\r\e[2K" + string.Join('\n', rows.Take(shown)), frame);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void the_words_for_signs_fit_the_narrowest_terminal(int width) =>
        Assert.Equal(new string('.', width), PaintedLine.Render("linux/arm64", width, colors: false, ascii: true));

    [Fact]
    public void what_a_failed_step_printed_is_never_cut()
    {
        var long_ = new string('x', 100);
        Assert.Contains(long_, new LiveScreen(colors: false, ascii: false).Frame([(long_, false)], [], (40, 24)), StringComparison.Ordinal);
    }

    [Fact]
    public void a_command_to_paste_is_whole_on_a_narrow_terminal()
    {
        using var error = new StringWriter();
        var context = Context(error);
        RunEnd.Write(context, "[green]✓[/] Built 2 images in 1.0 s. Details: manifold report 20261130-101234-abcd");
        Assert.EndsWith("manifold report 20261130-101234-abcd\n", error.ToString(), StringComparison.Ordinal);
        RunEnd.Write(context, new string('x', 100), cut: true);
        Assert.EndsWith($"\n{new string('x', 39)}…\n", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_terminal_that_is_closed_does_not_end_the_build()
    {
        var live = new LiveProgress(Context(new ClosedTerminal()));
        live.Show(new Warned("a line to draw") { Time = TimeProvider.System.GetUtcNow() });
        await live.DisposeAsync();
    }

    private sealed class ClosedTerminal : StringWriter
    {
        public override void Write(string? value) => throw new IOException("Input/output error");
    }

    private static CliContext Context(TextWriter error) => new()
    {
        Environment = ImmutableSortedDictionary<string, string>.Empty,
        Out = TextWriter.Null,
        Error = error,
        Time = TimeProvider.System,
        Interactive = true,
        ErrorSize = () => (40, 24),
    };

    [Theory]
    [InlineData(null)]
    [InlineData(80)]
    [InlineData(40)]
    public void a_table_fits_a_terminal_and_loses_nothing_in_a_pipe(int? width)
    {
        string[][] rows = [["NAME", "PLATFORM", "DIGEST"], [new string('n', 60), "linux/amd64", "sha256:" + new string('a', 64)]];
        var table = Manifold.Reporting.BuildTable.Columns(rows, width).TrimEnd('\n').Split('\n');
        if (width is { } cells)
            Assert.All(table, line => Assert.InRange(Cells.Width(line), 1, cells));
        else
            Assert.Equal($"{rows[1][0]}  linux/amd64  {rows[1][2]}", table[1]);
        Assert.Contains("linux/amd64", table[1], StringComparison.Ordinal);
    }

    private static string Painted(string line, int width) => PaintedLine.Render(line, width, colors: false, ascii: false);
}
