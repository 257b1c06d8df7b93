using Manifold.Cli;
using Manifold.Dockerfile;

namespace Manifold.Tests.Cli;

/// <summary>The lines of a Dockerfile that a failure shows.</summary>
public sealed class ShowingDockerfileLines
{
    private static readonly string[] Lines = [.. Enumerable.Range(1, 40).Select(number => $"RUN {number}")];

    [Theory]
    [InlineData(1, 1, "Dockerfile:1", "> 1 | RUN 1", "  2 | RUN 2", "  3 | RUN 3")]
    [InlineData(9, 10, "Dockerfile:9", "   7 | RUN 7", "   8 | RUN 8", ">  9 | RUN 9", "> 10 | RUN 10", "  11 | RUN 11", "  12 | RUN 12")]
    [InlineData(40, 40, "Dockerfile:40", "  38 | RUN 38", "  39 | RUN 39", "> 40 | RUN 40")]
    [InlineData(40, 99, "Dockerfile:40", "  38 | RUN 38", "  39 | RUN 39", "> 40 | RUN 40")]
    public void two_before_and_two_after_the_instruction(int line, int last, params string[] expected) =>
        Assert.Equal(expected, Shown(line, last));

    [Theory]
    [InlineData(0)]
    [InlineData(41)]
    public void nothing_if_the_file_has_no_such_line(int line) => Assert.Empty(Shown(line, line));

    [Fact]
    public void a_long_instruction_is_cut() => Assert.Equal(1 + 2 + 12 + 2, Shown(10, 38).Length);

    [Fact]
    public void control_characters_and_marks_of_the_file_are_only_text()
    {
        var shown = DockerfileExcerpt.Of(["RUN \u001b[2J echo '[red]'\t# x"], new Place("Dockerfile", 1, 1, 1), 1);
        var painted = PaintedLine.Render(shown[1], 200, colors: false, ascii: false);
        Assert.DoesNotContain('\u001b', painted);
        Assert.EndsWith("echo '[red]'    # x", painted, StringComparison.Ordinal);
    }

    private static string[] Shown(int line, int last) =>
        [.. DockerfileExcerpt.Of(Lines, new Place("Dockerfile", line, 1, 1), last)
            .Select(each => PaintedLine.Render(each, 200, colors: false, ascii: false))];
}
