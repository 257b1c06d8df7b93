using System.Collections.Immutable;
using System.CommandLine;
using System.Text.RegularExpressions;
using Manifold.Cli;

namespace Manifold.Tests.Cli;

public sealed partial class AskingForHelp : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>All visible commands, as words after the program's name.</summary>
    public static TheoryData<string> Commands =>
        [.. All(Root()).Select(command => CommandTree.PathOf(command)["manifold".Length..].Trim())];

    [Theory, MemberData(nameof(Commands))]
    public async Task both_ways_to_a_page_lead_to_the_same(string path)
    {
        var words = path.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var (code, page, error) = await Commanding.Manifold(folder, [.. words, "--help"]);
        Assert.Equal((0, ""), (code, error));
        Assert.Equal((0, page, ""), await Commanding.Manifold(folder, ["help", .. words]));
    }

    [Theory, MemberData(nameof(Commands))]
    public void a_page_fits_into_80_and_100_columns_in_plain_text(string path)
    {
        foreach (var width in (int[])[80, 100])
            Assert.All(HelpPage.Of(Named(path), width).Split('\n'), line => Assert.Matches($"^[ -~]{{0,{width}}}$", line));
    }

    // Words longer than the line cannot fit; none of them is cut.
    [Theory, MemberData(nameof(Commands))]
    public void a_narrow_page_has_the_same_words(string path)
    {
        var (narrow, wide) = (HelpPage.Of(Named(path), 40), HelpPage.Of(Named(path), 100));
        Assert.Equal(Words(wide).Order(StringComparer.Ordinal), Words(narrow).Order(StringComparer.Ordinal));
        var lines = narrow[..(narrow.IndexOf("\nExamples:", StringComparison.Ordinal) is > 0 and var at ? at : narrow.Length)].Split('\n');
        Assert.All(lines.Where(line => line.Length > 40), line => Assert.True(line.TrimStart().Split(' ').Length < 5, line));
    }

    [Theory, MemberData(nameof(Commands))]
    public void a_page_ends_with_three_examples_that_the_program_understands(string path)
    {
        var command = Named(path);
        var examples = CommandExamples.Of(command);
        // A command without options and arguments of its own can only be called in one way.
        var isBare = command.Subcommands.Count == 0 && command.Arguments.Count == 0 && command.Options.Count == 0;
        Assert.Equal(isBare ? 1 : 3, examples.Length);
        foreach (var example in examples)
            Assert.All(Calls(string.Join(' ', example.Lines.Select(line => line.TrimEnd('\\').Trim()))), RequireUnderstood);
    }

    [Theory, MemberData(nameof(Commands))]
    public void an_example_starts_the_command_or_one_below_it(string path)
    {
        if (path.Length > 0 && path != "emulators")
            Assert.All(CommandExamples.Of(Named(path)),
                example => Assert.Contains($"manifold {path}", example.Lines[0], StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Commands))]
    public void every_option_has_its_group_and_every_text_ends_like_a_sentence(string path)
    {
        var command = Named(path);
        if (HelpGroups.Options(command).Count() > 1)
        {
            var grouped = HelpGroups.OfOptions.SelectMany(group => group.Names).ToHashSet();
            Assert.All(CommandTree.OptionsOf(command), option => Assert.Contains(option.Name, grouped));
        }
        var symbols = command.Arguments.Cast<Symbol>().Concat(command.Options);
        string?[] texts = [command.Description, .. symbols.Select(each => each.Description)];
        Assert.All(texts, text => Assert.Matches(@"^[A-Za-z$].*(\.|: manifold .*|manifold\.fish)$", text));
    }

    [Fact]
    public void options_of_a_large_command_are_in_groups()
    {
        var groups = HelpGroups.Options(Named("build")).Select(group => group.Title);
        Assert.Equal(["Build", "Platforms", "Output", "Cache", "Publish", "Supply chain", "Run", "Advanced"], groups);
        Assert.Equal(["Options"], HelpGroups.Options(Named("pull")).Select(group => group.Title));
    }

    [Fact]
    public async Task help_is_completed_with_commands()
    {
        var (_, below, _) = await Commanding.Manifold(folder, "__complete", "--", "help", "index", "a");
        Assert.Equal(["add", "annotate"], below.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')[0]));
        var (_, top, _) = await Commanding.Manifold(folder, "__complete", "--", "help", "bui");
        Assert.Equal(["build", "builds"], top.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')[0]));
    }

    [Fact]
    public void headings_are_bold_only_where_they_may_be()
    {
        Assert.DoesNotContain('\e', HelpPage.Of(Named("build"), 80));
        Assert.Contains("\e[1mUsage: \e[m", HelpPage.Of(Named("build"), 80, bold: true), StringComparison.Ordinal);
    }

    private static void RequireUnderstood(string[] words)
    {
        var joined = BuildxHabits.Joined(words);
        var parsed = Root().Parse(joined);
        if (OptionalValues.Returned(parsed, joined) is { } returned)
            parsed = Root().Parse(joined = returned);
        Assert.True(WrongUsage.Find(parsed, joined) is null, string.Join(' ', words));
        Assert.Empty(parsed.Errors);
    }

    /// <summary>The words of each call of the program in a line of a shell, without redirections.</summary>
    private static IEnumerable<string[]> Calls(string line)
    {
        var calls = Call().Matches(line).Select(match => match.Groups[1].Value.Trim()).ToList();
        Assert.NotEmpty(calls);
        return calls.Select(call => call.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Trim('\'')).ToArray());
    }

    private static IEnumerable<string> Words(string page) =>
        page.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Where(word => word != "#");

    [Fact]
    public async Task a_page_is_as_wide_as_the_context_says_and_not_as_the_console()
    {
        using var output = new StringWriter();
        await CommandTree.RunAsync(new CliContext
        {
            Environment = ImmutableSortedDictionary<string, string>.Empty,
            Out = output,
            Error = TextWriter.Null,
            Time = TimeProvider.System,
            Interactive = false,
            OutIsTerminal = true,
            OutWidth = 60,
        }, ["build", "--help"]);
        Assert.Equal(HelpPage.Of(Named("build"), 60), output.ToString());
    }

    private static Command Named(string path) =>
        path.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Aggregate((Command)Root(), (above, word) => above.Subcommands.Single(each => each.Name == word));

    private static IEnumerable<Command> All(Command command) =>
        command.Subcommands.Where(each => !each.Hidden).SelectMany(All).Prepend(command);

    private static RootCommand Root() => CommandTree.Create(new CliContext
    {
        Environment = ImmutableSortedDictionary<string, string>.Empty,
        Out = TextWriter.Null,
        Error = TextWriter.Null,
        Time = TimeProvider.System,
        Interactive = false,
    });

    [GeneratedRegex(@"(?<=^|\s|\()manifold((?:\s+(?![<>|&])[^\s)]+)*)")]
    private static partial Regex Call();
}
