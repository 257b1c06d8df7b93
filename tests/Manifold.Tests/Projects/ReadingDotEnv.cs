using Manifold.Projects;
using Manifold.Projects.Yaml;

namespace Manifold.Tests.Projects;

/// <summary>The <c>.env</c> beside a compose file. The values are those that compose-go's package dotenv reads.</summary>
public sealed class ReadingDotEnv : IDisposable
{
    private readonly ProjectFolder folder = new ProjectFolder().With(".");

    public ReadingDotEnv()
    {
        folder.Environment["SET"] = "s";
        folder.Environment["H"] = "h";
    }

    [Theory]
    [InlineData("A=\"a\\\"b\"", "a\"b")]
    [InlineData("A='it\\'s'", "it's")]
    [InlineData("A=\"1\n2\"", "1\n2")]
    [InlineData("A='multi\nline # no comment\n'", "multi\nline # no comment\n")]
    [InlineData("A=\"\\$SET\"", "$SET")]
    [InlineData("A=\"${SET:-n} \\${SET}\"", "s ${SET}")]
    [InlineData("A='$SET'", "$SET")]
    [InlineData("A=$$SET", "$SET")]
    [InlineData("A=$5-$(date)", "$5-$(date)")]
    [InlineData("A: v", "v")]
    [InlineData("A : v", "v")]
    [InlineData("A=x#y # c", "x#y")]
    [InlineData("A=# x", "# x")]
    [InlineData("A=\"x\" # c", "x")]
    [InlineData("export A=1", "1")]
    [InlineData("export\tA=1", "1")]
    [InlineData("A =  s p  ", "s p")]
    [InlineData("  A=1", "1")]
    [InlineData("A=", "")]
    [InlineData("A=\"a\\tb\\\\c\\q\"", "a\tb\\c\\q")]
    [InlineData("A='a\\nb'", "a\\nb")]
    [InlineData("A=\"\\0101\\012\\0\"", "A\\12\\")]
    [InlineData("A=a\\ b", "a\\ b")]
    [InlineData("A=a\"b\"c", "a\"b\"c")]
    [InlineData("B=\"b\"A=2", "2")]
    [InlineData("B=b\nA=$B", "b")]
    [InlineData("H\nA=$H", "h")]
    [InlineData("A=\"x\"\r\nB=1\r\n", "x")]
    [InlineData("A=x\r\nB=1\r\n", "x")]
    [InlineData("\uFEFFA=x", "x")]
    public void a_value_is(string text, string expected)
    {
        folder.Files.Write(".env", text + "\n");
        Assert.Equal(expected, Read("$A"));
    }

    [Fact]
    public void names_have_dots_dashes_brackets_and_letters_of_every_language()
    {
        folder.Files.Write(".env", "a.b-c[0]=1\né=2\n1A=3\nA=x\n");
        Assert.Equal("x", Read("$A"));
    }

    [Theory]
    [InlineData("A B=1", ".env:1:1 …'A B'…space")]
    [InlineData("X=1\nA=\"x\ny", ".env:2:1 …\"x…closing")]
    [InlineData("\nA@=1", ".env:2:1 'A@=1'…'@'")]
    [InlineData("A=${", ".env:1:1 '${'…name")]
    [InlineData("A=${NONE:?say it}", ".env:1:1 …'NONE'…: say it")]
    public void a_wrong_line_is_told_with_its_place(string text, string expected)
    {
        folder.Files.Write(".env", text);
        var fault = Assert.Single(Assert.Throws<ProjectFileException>(() => Read("x")).Diagnostics);
        Wording.Fits(expected, $"{fault.Place} {fault.Message}");
    }

    private string? Read(string value)
    {
        var project = folder.Compose($"services: {{a: {{build: {{context: ., args: {{X: '{value}'}}}}}}}}");
        return ((BuildSource)project.Components[0].Platforms[0].Source).Arguments["X"];
    }

    public void Dispose() => folder.Dispose();
}
