using Manifold.Cli;

namespace Manifold.Tests.Docs;

/// <summary>The tables in docs/environment.md are those of manifold(1).</summary>
public sealed class ReadingTheTables
{
    [Fact]
    public void the_page_has_the_exit_codes_of_the_manual() =>
        Assert.Equal(ManTexts.ExitCodes.Select(row => Plain($"| {row.Code} | {row.Meaning} |")), Table("Exit codes"));

    [Fact]
    public void the_page_has_the_variables_of_the_manual() =>
        Assert.Equal(ManTexts.Variables.Select(row => Plain($"| {row.Names} | {row.Meaning} |")), Table("Environment variables"));

    private static IEnumerable<string> Table(string heading) => File.ReadLines(Path.Combine(Cases.Repository, "docs",
        "environment.md"))
        .SkipWhile(line => line != $"## {heading}").Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
        .Where(line => line.StartsWith('|')).Skip(2).Select(Plain);

    private static string Plain(string line) => line.Replace("`", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal);
}
