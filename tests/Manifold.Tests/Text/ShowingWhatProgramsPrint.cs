using Manifold.Text;

namespace Manifold.Tests.Text;

/// <summary>A RUN's lines as a terminal would finally show them, without control sequences.</summary>
public sealed class ShowingWhatProgramsPrint
{
    [Theory]
    [InlineData("gcc: done", "gcc: done")]
    [InlineData("\e[1;31merror\e[0m: x", "error: x")]
    [InlineData("\e[38;2;1;2;3mtrue colour\e[m", "true colour")]
    [InlineData("\e]0;title\ax", "x")]
    [InlineData("\e]52;c;cm0gLXJm\e\\x", "x")] // the clipboard
    [InlineData("\e]8;;https://evil.example\e\\link\e]8;;\e\\", "link")]
    [InlineData("\e]0;never ends", "")]
    [InlineData("a\e[2Jb\e[10;10Hc\e[?1049hd", "abcd")]
    [InlineData("\ePq sixel\e\\x\e_apc\e\\y\e^pm\e\\z\eXsos\e\\", "xyz")]
    [InlineData("\e(0lqk\e(B\ec\e7\e=x", "lqkx")]
    [InlineData("\u009b31mred\u009b0m\u009d0;title\u009cx", "redx")] // eight-bit forms
    [InlineData("a\e", "a")]
    [InlineData("a\e[", "a")]
    [InlineData("10 %\r50 %\r100 %", "100 %")]
    [InlineData("100 %\r", "100 %")]
    [InlineData("a\bab\bb", "ab")]
    [InlineData("\b\bx", "x")]
    [InlineData("a\u202eb\0\u200bc", "a\\u202eb\\u0000\\u200bc")]
    [InlineData("a\tb é 👩‍🚀", "a\tb é 👩‍🚀")]
    public void sequences_are_left_out(string line, string shown) => Assert.Equal(shown, ProgramOutput.Line(line));

    [Theory]
    [InlineData("a\rb\r\r", "b")]
    [InlineData("a\r\rb", "b")]
    [InlineData("a\r\b\r", "")]
    [InlineData("\r\r", "")]
    public void returns_at_the_end_take_nothing_away(string line, string shown) => Assert.Equal(shown, ProgramOutput.Line(line));

    [Fact]
    public void returns_without_end_cost_what_their_number_is_and_not_its_square()
    {
        var (small, large) = (new string('\r', 20_000) + "x", new string('\r', 160_000) + "x");
        var (cheap, dear) = (Cost(small), Cost(large));
        // Eight times as long: 8 where the work is linear, 64 where it is quadratic.
        var most = cheap * 24 + TimeSpan.FromMilliseconds(50);
        Assert.True(dear < most, $"{small.Length} characters take {cheap}, {large.Length} take {dear}");

        static TimeSpan Cost(string line) => ProcessorTime.Of(() => Assert.Equal("x", ProgramOutput.Line(line)), runs: 2);
    }

    [Theory]
    [InlineData("\e[1;31merror\e[0m: x", "\e[1;31merror\e[0m: x\e[0m")]
    [InlineData("\u009b31mred", "\e[31mred\e[0m")]
    [InlineData("\e[2J\e]52;c;cm0=\a\e[32mgreen\e[5;5H", "\e[32mgreen\e[0m")]
    [InlineData("\e[?25lplain", "plain")]
    [InlineData("\e[31mam\b\b", "\e[31m\e[0m")] // a backspace does not eat the colour
    public void a_terminal_keeps_colours_and_nothing_else(string line, string shown) =>
        Assert.Equal(shown, ProgramOutput.Line(line, colours: true));
}
