using Manifold.Projects;
using Manifold.Projects.Yaml;

namespace Manifold.Tests.Projects;

/// <summary>
/// Variables in values, as the Compose specification has them; what the values become is what compose-go's loader makes of them.
/// </summary>
public sealed class InterpolatingVariables : IDisposable
{
    private readonly ProjectFolder folder = new ProjectFolder().With(".");

    public InterpolatingVariables()
    {
        folder.Environment["SET"] = "s";
        folder.Environment["EMPTY"] = "";
    }

    [Theory]
    [InlineData("$SET", "s")]
    [InlineData("a${SET}b", "asb")]
    [InlineData("$SET-x", "s-x")]
    [InlineData("${SET:-d}", "s")]
    [InlineData("${EMPTY:-d}", "d")]
    [InlineData("${EMPTY-d}", "")]
    [InlineData("${NONE-d}", "d")]
    [InlineData("${NONE:-}", "")]
    [InlineData("${NONE:-a:-b}", "a:-b")]
    [InlineData("${NONE:-${SET}${NONE:-x}}", "sx")]
    [InlineData("${SET:+x}", "x")]
    [InlineData("${EMPTY:+x}", "")]
    [InlineData("${EMPTY+x}", "x")]
    [InlineData("${NONE+x}", "")]
    [InlineData("${SET:?m}", "s")]
    [InlineData("${EMPTY?m}", "")]
    [InlineData("$$SET $${SET} $$$SET", "$SET ${SET} $s")]
    [InlineData("{a} {", "{a} {")]
    [InlineData("$(date)", "$(date)")]
    [InlineData("$5 a$-b 5 $", "$5 a$-b 5 $")]
    [InlineData("$$(x) $${NONE", "$(x) ${NONE")]
    [InlineData("${NONE:-{}}", "{}")]
    [InlineData("${NONE:-{\"a\":{\"b\":1}}}x", "{\"a\":{\"b\":1}}x")]
    [InlineData("${SET:-{x} y", "s y")]
    [InlineData("${NONE:-a}b}c", "ab}c")]
    [InlineData("${NONE:-{}x}", "{}x")]
    [InlineData("${NONE-${SET:-x}}-${SET}", "s-s")]
    [InlineData("${NONE:-a$5}", "a$5")]
    public void a_value_is(string text, string expected)
    {
        var project = Read(text);
        Assert.Equal(expected, Value(project));
        Assert.Empty(project.Warnings);
    }

    [Theory]
    [InlineData("${NONE:?say it}", "…'NONE'…: say it")]
    [InlineData("${EMPTY:?${SET} must}", "…'EMPTY'…: s must")]
    [InlineData("${NONE?}", "…required…'NONE'")]
    [InlineData("${SET", "'${SET'…closing brace")]
    [InlineData("${}", "'${}'…name")]
    [InlineData("${SET%x}", "'${SET%x}'…${V}, ${V:-default}, ${V:?message} or ${V:+other}")]
    [InlineData("${5}", "'${5}'…name")]
    [InlineData("${SET:}", "'${SET:}'…${V:-default}")]
    [InlineData("${NONE:-x${NONE:-y}", "'${NONE:-y'…closing brace")]
    public void a_wrong_one_is_refused(string text, string message) =>
        Wording.Fits(message, Assert.Single(Assert.Throws<ProjectFileException>(() => Read(text)).Diagnostics).Message);

    [Fact]
    public void a_variable_without_value_is_empty_and_warned_of_once()
    {
        var project = folder.Manifold("""
            images: {a: {args: {X: "a$NONE", Y: "$NONE"}}}
            """);
        Assert.Equal("a", Value(project));
        Wording.Fits("manifold.yaml:1:24: …'NONE'…not set…${NONE:-}", Assert.Single(project.Warnings));
    }

    [Fact]
    public void a_value_is_not_looked_at_again()
    {
        folder.Environment["HOSTILE"] = "${SET} $$ ${";
        Assert.Equal("${SET} $$ ${", Value(Read("$HOSTILE")));
    }

    [Fact]
    public void nesting_is_bounded() =>
        Assert.Contains("nested more than", Assert.Throws<ProjectFileException>(
            () => Read(string.Concat(Enumerable.Repeat("${N:-", 5000)) + new string('}', 5000))).Message, StringComparison.Ordinal);

    private static string Value(Project project) => ((BuildSource)project.Components[0].Platforms[0].Source).Arguments["X"];

    private Project Read(string text) => folder.Manifold($"images: {{a: {{args: {{X: '{text}'}}}}}}");

    public void Dispose() => folder.Dispose();
}
