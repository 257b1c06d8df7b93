using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Manifold.Cli;

namespace Manifold.Tests.Docs;

/// <summary>
/// Every command that a page names in its text exists: <c>`manifold copy A B`</c> is read by
/// the program's own parser, and not run.
/// </summary>
public sealed partial class ReadingTheCommands
{
    [Fact]
    public void every_command_of_the_docs_is_one_that_the_program_takes()
    {
        var pages = Directory.EnumerateFiles(Path.Combine(Cases.Repository, "docs"), "*.md", SearchOption.AllDirectories)
            .Append(Path.Combine(Cases.Repository, "README.md"));
        var commands = pages.SelectMany(page =>
            Commands().Matches(File.ReadAllText(page)).Select(match => (Page: page, Line: match.Groups[1].Value))).ToList();
        Assert.True(commands.Count > 50, $"{commands.Count} commands were found.");
        Assert.Empty(commands.Select(each => (each.Page, each.Line, Mistake: MistakeOf(each.Line))).Where(each => each.Mistake is not null)
            .Select(each => $"{Path.GetRelativePath(Cases.Repository, each.Page)}: manifold {each.Line}: {each.Mistake}"));
    }

    [Theory]
    [InlineData("copy --no-such-option A B")]
    [InlineData("cpy A B")]
    [InlineData("copy A")]
    public void a_wrong_command_is_found(string line) => Assert.NotNull(MistakeOf(line));

    private static string? MistakeOf(string line)
    {
        // `manifold index` and `manifold build --push` name a command and do not call it; so does one that goes on with "…".
        var words = CommandLineParser.SplitCommandLine(Redirection().Replace(line, "").Replace("[", "", StringComparison.Ordinal)
            .Replace("]", "", StringComparison.Ordinal)).ToList();
        var partial = words.All(word => NameOrOption().IsMatch(word)) || words.Contains("…");
        words.RemoveAll(word => word == "…");
        var context = new CliContext
        {
            Environment = System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty,
            Out = TextWriter.Null,
            Error = TextWriter.Null,
            Time = TimeProvider.System,
            Interactive = false,
        };
        var (parsed, read) = CommandTree.Read(CommandTree.Create(context), words);
        var wrong = WrongUsage.Find(parsed, read);
        if (wrong is null)
            return null;
        var mistakes = wrong.Mistakes.Where(mistake => !partial
            || !(mistake.Contains(" is missing.", StringComparison.Ordinal) || Incomplete().IsMatch(mistake)));
        return mistakes.FirstOrDefault();
    }

    [GeneratedRegex("`(?:[A-Z_]+=\\S+ )*manifold ([a-z][^`\n]*)`")]
    private static partial Regex Commands();

    [GeneratedRegex(" needs a (command|value):")]
    private static partial Regex Incomplete();

    [GeneratedRegex(@"\s*[|>].*\z")]
    private static partial Regex Redirection();

    [GeneratedRegex(@"^([a-z]+|-.*)\z")]
    private static partial Regex NameOrOption();
}
