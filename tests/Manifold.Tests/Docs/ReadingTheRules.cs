using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Planning.Checks;
using Manifold.Tests.Dockerfile.Checks;

namespace Manifold.Tests.Docs;

/// <summary>
/// Every rule has its page under <c>docs/rules/</c>, whose bad example gives that rule's finding where it is marked, and nothing else;
/// whose good one gives none.
/// </summary>
/// <remarks>
/// A comment <c># ↓ RULE</c> marks the line below, <c># ↑ RULE</c> the line above. Blocks <c>images</c>, <c>context</c> and
/// <c>.dockerignore</c> say what the checker is handed.
/// </remarks>
public sealed partial class ReadingTheRules
{
    private static readonly string Folder =
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Source())!, "..", "..", "..", "docs", "rules"));
    private static readonly ImmutableArray<Platform> Platforms = [Platform.Parse("linux/amd64"), Platform.Parse("linux/arm64")];

    public static TheoryData<string> Names => [.. Rules.All.Select(rule => rule.Name)];

    [Fact]
    public void each_rule_has_a_page_and_each_page_a_rule() => Assert.Equal(
        Rules.All.Select(rule => Path.GetFileName(rule.Page)).Order(StringComparer.Ordinal),
        Directory.GetFiles(Folder).Select(Path.GetFileName).Where(name => name != "README.md").Order(StringComparer.Ordinal));

    [Fact]
    public void the_index_names_each_rule_once()
    {
        var listed = Row().Matches(File.ReadAllText(Path.Combine(Folder, "README.md"))).Select(match => match.Groups[1].Value);
        Assert.Equal(Rules.All.Select(rule => rule.Name), listed);
    }

    [Theory, MemberData(nameof(Names))]
    public void its_bad_example_gives_that_finding_where_it_is_marked(string rule)
    {
        var page = Page(rule);
        Assert.All(page.Bad, example => Assert.Equal(Marked(example), Findings(page, example).Select(each => (each.Place.Line, each.Id))));
    }

    [Theory, MemberData(nameof(Names))]
    public void its_good_example_gives_no_finding(string rule)
    {
        var page = Page(rule);
        Assert.All(page.Good, example => Assert.Empty(Findings(page, example).Select(each => each.Render())));
    }

    [Theory, MemberData(nameof(Names))]
    public void its_findings_have_an_excerpt_with_a_caret_and_say_what_would_be_right(string rule)
    {
        var page = Page(rule);
        Assert.All(page.Bad.SelectMany(example => Findings(page, example)), finding =>
        {
            Assert.NotNull(finding.Hint);
            Assert.Equal(rule == "NoEmptyContinuation", finding.Excerpt.Length == 0);
        });
    }

    [Theory, MemberData(nameof(Names))]
    public void its_examples_are_silent_when_the_rule_is_skipped(string rule)
    {
        var page = Page(rule);
        Assert.All(page.Bad.Where(_ => rule is not ("UnknownRule" or "InvalidDefinitionDescription")),
            example => Assert.Empty(Findings(page, $"# check=skip={rule}\n{example}")));
    }

    private sealed record RulePage(
        ImmutableArray<string> Bad,
        ImmutableArray<string> Good,
        IgnoreRules Ignored,
        ImmutableArray<string> Context,
        ImmutableArray<string[]> Images);

    private static RulePage Page(string rule)
    {
        var blocks = Block().Matches(File.ReadAllText(Path.Combine(Folder, rule + ".md")))
            .ToLookup(match => match.Groups[1].Value, match => match.Groups[2].Value);
        var page = new RulePage([.. blocks["dockerfile bad"]],
            [.. blocks["dockerfile good"]], IgnoreRules.Parse(".dockerignore", string.Concat(blocks["text .dockerignore"])),
            [.. Lines(blocks["text context"])],
            [.. Lines(blocks["text images"]).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))]);
        Assert.NotEmpty(page.Bad);
        Assert.NotEmpty(page.Good);
        return page;

        static IEnumerable<string> Lines(IEnumerable<string> texts) =>
            texts.SelectMany(text => text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static IEnumerable<(int Line, string Rule)> Marked(string example) => example.Split('\n')
        .Select((text, i) => (Match: Mark().Match(text), Line: i + 1)).Where(each => each.Match.Success)
        .Select(each => (each.Match.Groups[1].Value == "↓" ? each.Line + 1 : each.Line - 1, each.Match.Groups[2].Value));

    private static ImmutableArray<Diagnostic> Findings(RulePage page, string example)
    {
        var parsed = DockerfileParser.Parse("Dockerfile", example);
        var request = new BuildRequest { ContextFolder = "/", Platforms = Platforms };
        var bases = PlanChecks.Needs(parsed.Tree, request)
            .Select(need => (Need: need, Image: page.Images.FirstOrDefault(image => ImageReference.Parse(image[0]) == need.Reference)))
            .ToList();
        var facts = new CheckFacts
        {
            Ignored = page.Ignored,
            Bases = bases.Where(each => Has(each.Image, each.Need.Platform)).Select(each => BaseOf(each.Need, each.Image))
                .ToDictionary(each => (each.Reference, each.Platform)),
            Lacking = [.. bases.Where(each => !Has(each.Image, each.Need.Platform))
                .Select(each => new LackingBase(each.Need, PlatformsOf(each.Image!), each.Image![1] == "index"))],
            Context = new ContextFacts(
                [.. page.Context.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length == 2)
                    .Select(words => new MachineFile(words[0], words[1], platform => platform.Architecture == words[1]))],
                [.. page.Context.Where(line => line == "node_modules/").Select(line => line.TrimEnd('/'))]),
        };
        return [.. parsed.Diagnostics.Concat(PlanChecks.Run(parsed.Tree, request, facts, allStages: true))
            .OrderBy(each => each.Place.Line)];
    }

    private static bool Has(string[]? image, Platform platform) => image is null || PlatformsOf(image).Contains(platform);

    private static ImmutableArray<Platform> PlatformsOf(string[] image) => [.. image[2].Split(',').Select(Platform.Parse)];

    private static BaseImage BaseOf(BaseNeed need, string[]? image) =>
        RuleFacts.Base(need.Reference.ToString(),
            need.Platform, image is [_, _, _, var layers] ? int.Parse(layers, CultureInfo.InvariantCulture) : 0)
            is var found
            && image?[1] == "manifest" ? found with { Top = found.Descriptor.Digest } : found;

    private static string Source([CallerFilePath] string path = "") => path;

    [GeneratedRegex("^```(dockerfile bad|dockerfile good|text images|text context|text \\.dockerignore)\n(.*?)^```$",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("^# ([↓↑]) (\\w+)$")]
    private static partial Regex Mark();

    [GeneratedRegex(@"^\| \[(\w+)\]\(\1\.md\)", RegexOptions.Multiline)]
    private static partial Regex Row();
}
