using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Cli;

namespace Manifold.EndToEnd.Cli;

public sealed class WritingManualPages : IDisposable
{
    private static readonly ImmutableSortedDictionary<string, string> Dated =
        ImmutableSortedDictionary<string, string>.Empty.Add("SOURCE_DATE_EPOCH", "1772000000");

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task there_is_one_for_each_command_with_the_text_of_its_help()
    {
        await WriteAsync("man");

        Assert.Superset(new HashSet<string>(["manifold.1", "manifold-build.1", "manifold-index-add.1", "manifold-serve.1"]),
            Directory.GetFiles(folder["man"]).Select(Path.GetFileName).ToHashSet()!);
        Assert.DoesNotContain(Directory.GetFiles(folder["man"]), page => page.Contains("__complete", StringComparison.Ordinal));
        var page = await Shown("manifold-build.1");
        var root = CommandTree.Create(new CliContext
        {
            Environment = Dated,
            Out = TextWriter.Null,
            Error = TextWriter.Null,
            Time = TimeProvider.System,
            Interactive = false,
        });
        var build = root.Subcommands.Single(each => each.Name == "build");
        foreach (var option in CommandTree.OptionsOf(build))
        {
            Assert.Contains(option.Name, page, StringComparison.Ordinal);
            Assert.Contains(HelpTexts.Describe(option), page, StringComparison.Ordinal);
        }
        Assert.All(HelpGroups.Options(build), group => Assert.Contains($" {group.Title} ", page, StringComparison.Ordinal));
        Assert.All(CommandExamples.Of(build), example => Assert.Contains(string.Join(' ', example.Lines.Select(line => line.Trim())), page,
            StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("man", "man", "--warnings", "-E", "UTF-8", "-l")]
    [InlineData("mandoc", "mandoc", "-T", "lint", "-W", "style")]
    public async Task neither_groff_nor_mandoc_finds_fault_with_them(string needed, params string[] command)
    {
        Tool.Need(needed);
        await WriteAsync("man");

        var result = await Tool.Try("env", ["MANWIDTH=200", "LC_ALL=C.UTF-8", .. command, .. Directory.GetFiles(folder["man"])]);

        Assert.Equal("", result.Error + (needed == "mandoc" ? result.Output : ""));
    }

    private async Task WriteAsync(string name)
    {
        var (code, _, error) = await Commanding.ManifoldWith(folder, Dated, "man", folder[name]);
        Assert.True(code == 0, error);
    }

    // As people read it. Bold is a letter struck twice there, and italic an underscore below it.
    private async Task<string> Shown(string page)
    {
        Tool.Need("mandoc");
        var shown = await Tool.Run("mandoc", "-T", "utf8", "-O", "width=1000", folder[$"man/{page}"]);
        return Regex.Replace(Regex.Replace(shown, ".\\x08", ""), @"\s+", " ");
    }
}
