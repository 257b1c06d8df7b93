using Manifold.Text;

namespace Manifold.Tests.Text;

public sealed class WrappingLines
{
    [Theory]
    [InlineData("", 10)]
    [InlineData("one two", 7)]
    [InlineData("one two", 3, "one", "two")]
    [InlineData("one two three", 7, "one two", "three")]
    [InlineData("one two three", 12, "one two", "three")]
    [InlineData("字字 字字", 8, "字字", "字字")] // eight cells have four of these letters
    [InlineData("字字 字字", 9)]
    [InlineData("字字字字 two", 6, "字字字字", "two")]
    public void lines_break_at_the_last_blank_that_fits(string text, int width, params string[] lines) =>
        Assert.Equal(lines is [] ? [text] : lines, Wrapping.Lines(text, width));

    [Theory]
    [InlineData("https://example.com/a", "https://example.com/a")]
    [InlineData("at https://example.com/a or at b", "at", "https://example.com/a", "or at b")]
    [InlineData("https://example.com/a or at b", "https://example.com/a", "or at b")]
    public void a_word_that_is_too_long_has_a_line_of_its_own(string text, params string[] lines) =>
        Assert.Equal(lines, Wrapping.Lines(text, 10));

    [Fact]
    public void lines_after_the_first_are_indented_within_the_width() =>
        Assert.Equal(["  one two", "    three", "    four"], Wrapping.Lines("  one two three four", 10, 4));

    [Fact]
    public void several_blanks_stay_in_a_line_and_go_at_a_break()
    {
        Assert.Equal(["a  b"], Wrapping.Lines("a  b", 4));
        Assert.Equal(["a", "b"], Wrapping.Lines("a  b", 2));
        Assert.Equal(["one"], Wrapping.Lines("one  ", 3));
        Assert.Equal(["     "], Wrapping.Lines("     ", 3));
    }
}
