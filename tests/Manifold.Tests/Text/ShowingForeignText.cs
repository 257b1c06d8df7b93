using System.Text;
using System.Text.Json;
using Manifold.Text;

namespace Manifold.Tests.Text;

/// <summary>Foreign text reaches a terminal as text to show, and never as commands to obey.</summary>
public sealed class ShowingForeignText
{
    private static readonly JsonSerializerOptions Readable =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    [Theory]
    [InlineData("plain text, 100 %", "plain text, 100 %")]
    [InlineData("münchen ≠ 東京 👩‍🚀", "münchen ≠ 東京 👩‍🚀")] // the joiner of an emoji stays
    [InlineData("می‌خواهم", "می‌خواهم")] // and that of Persian
    [InlineData("\e[2J\e]52;c;cm0=\a", "\\u001b[2J\\u001b]52;c;cm0=\\u0007")]
    [InlineData("a\u009b31mb\u0085", "a\\u009b31mb\\u0085")]
    [InlineData("a\u007f\b\0", "a\\u007f\\u0008\\u0000")]
    [InlineData("user\u202e\u2066 admin\u2069", "user\\u202e\\u2066 admin\\u2069")] // CVE-2021-42574
    [InlineData("a\u200b\u2060\ufeff\u00ad\u061c\u200e", "a\\u200b\\u2060\\ufeff\\u00ad\\u061c\\u200e")]
    [InlineData("a\u2028b\u2029", "a\\u2028b\\u2029")]
    [InlineData("\U000e0041", "\\udb40\\udc41")] // a tag: invisible ASCII
    public void what_is_not_seen_is_escaped(string text, string shown)
    {
        Assert.Equal(shown, ForeignText.Lines(text));
        Assert.Equal(shown, ForeignText.Line(text));
    }

    [Fact]
    public void a_byte_that_is_no_utf8_is_escaped_as_file_names_keep_it() // attributes cannot hold it
        => Assert.Equal("\\udc9b name \\ud83d", ForeignText.Lines("\udc9b name \ud83d"));

    [Fact]
    public void lines_and_tabs_stay_in_a_text_and_are_escaped_in_a_cell()
    {
        Assert.Equal("a\n\tb\nc\\rd", ForeignText.Lines("a\n\tb\r\nc\rd"));
        Assert.Equal("a\\n\\tb\\r\\nc\\rd", ForeignText.Line("a\n\tb\r\nc\rd"));
    }

    [Fact]
    public void json_that_is_shown_keeps_its_content()
    {
        var hostile = string.Concat(Enumerable.Range(0, 0x3000).Where(unit => unit is < 0xd800 or > 0xdfff).Select(unit => (char)unit))
            + "::a ##[b] \U000e0041 👩‍🚀";
        var json = JsonSerializer.Serialize(new[] { hostile }, Readable);
        Assert.Equal(hostile, Assert.Single(JsonSerializer.Deserialize<string[]>(Written(writer => writer.Write(json)))!));
    }

    [Fact]
    public void every_way_to_write_is_safe()
    {
        const string foreign = "\e[31m";
        var written = Written(writer =>
        {
            writer.Write(foreign[0]);
            writer.Write(foreign);
            writer.Write(foreign.ToCharArray());
            writer.Write(foreign.AsSpan());
            writer.Write((object)foreign);
            writer.Write(new StringBuilder(foreign));
            writer.Write("{0}", foreign);
            writer.WriteLine(foreign);
            writer.WriteLine(foreign.ToCharArray());
            writer.WriteLine("{0}", foreign);
            writer.WriteLine(foreign.AsSpan());
            writer.WriteAsync(foreign).GetAwaiter().GetResult();
            writer.WriteLineAsync(foreign).GetAwaiter().GetResult();
            writer.WriteLineAsync(foreign.AsMemory()).GetAwaiter().GetResult();
            writer.WriteAsync(foreign.AsMemory()).GetAwaiter().GetResult();
        });
        Assert.DoesNotContain('\e', written);
        Assert.Equal(15, written.Split("\\u001b").Length - 1);
    }

    [Theory]
    [InlineData("::error::x", ":\\u003aerror::x")]
    [InlineData("  \t::set-output name=a::b", "  \t:\\u003aset-output name=a::b")] // the runner trims the line
    [InlineData("a\n::stop-commands::x", "a\n:\\u003astop-commands::x")]
    [InlineData("a ::error::x", "a ::error::x")] // within a line it is not a command
    [InlineData("std::string", "std::string")]
    [InlineData("x ##[error]y", "x ##\\u005berror]y")] // this form is one anywhere
    [InlineData("##vso[task.setvariable variable=a]b", "##vso\\u005btask.setvariable variable=a]b")]
    [InlineData("##teamcity[buildStop]", "##teamcity\\u005bbuildStop]")]
    [InlineData("a\r::error::x", "a\\r::error::x")] // to .NET, which the runner is written in, a carriage return ends a line
    [InlineData("## a heading [link]", "## a heading [link]")]
    public void no_ci_takes_it_for_a_command(string text, string shown)
    {
        Assert.Equal(shown, Written(writer => writer.Write(text)));
        Assert.Equal(shown, Written(writer =>
        {
            foreach (var one in text)
                writer.Write(one);
        }));
    }

    [Fact]
    public void the_programs_own_marks_pass()
    {
        using var target = new StringWriter();
        ForeignTextWriter.Own(ForeignTextWriter.Around(target)).Write("::group::a\e[0m");
        Assert.Equal("::group::a\e[0m", target.ToString());
    }

    private static string Written(Action<TextWriter> write)
    {
        using var target = new StringWriter();
        write(ForeignTextWriter.Around(target));
        return target.ToString();
    }
}
