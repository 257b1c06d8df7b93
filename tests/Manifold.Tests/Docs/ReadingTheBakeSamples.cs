using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Manifold.Projects;
using Manifold.Projects.Reading;

namespace Manifold.Tests.Docs;

/// <summary>The bake files of <c>docs/importers.md</c> are read.</summary>
public sealed partial class ReadingTheBakeSamples : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void every_sample_is_a_project()
    {
        var page = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Source())!, "..", "..", "..", "docs", "importers.md"));
        var samples = Samples().Matches(page).Select(match => (Kind: match.Groups[1].Value, Text: match.Groups[2].Value)).ToList();

        Assert.Equal(["hcl", "json"], samples.Select(sample => sample.Kind));
        Assert.All(samples, sample => Assert.NotEmpty(BakeReader.Read(Path.GetFileName(folder.Write("sample." + sample.Kind, sample.Text)),
            new ReadingOptions(ImmutableSortedDictionary<string, string>.Empty) { WorkingFolder = folder.Path }).Select([])));
    }

    /// <remarks>The page's <c>base</c> says no platforms, and <c>app</c> is for two.</remarks>
    [Fact]
    public void every_target_of_a_sample_stands_on_what_is_there_for_its_platforms()
    {
        var page = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Source())!, "..", "..", "..", "docs", "importers.md"));
        var project = BakeReader.Read(Path.GetFileName(folder.Write("sample.hcl", Samples().Match(page).Groups[2].Value)),
            new ReadingOptions(ImmutableSortedDictionary<string, string>.Empty) { WorkingFolder = folder.Path });
        var graph = new ProjectGraph(project, new GraphOptions { LayoutReference = _ => throw new InvalidOperationException() });

        Assert.Equal(["base", "app-large", "app-small"],
            graph.Nodes.Select(node => node.Name).Order(StringComparer.Ordinal).OrderBy(name => name != "base"));
        var platforms = graph.Nodes.ToDictionary(node => node.Name, node => node.Platforms.Select(each => each.Platform).ToList());
        Assert.All(graph.Nodes, node =>
            Assert.All(node.Siblings, sibling => Assert.Subset(platforms[sibling.Name].ToHashSet(), platforms[node.Name].ToHashSet())));
        Assert.Equal(2, graph.Nodes.Sum(node => node.Siblings.Length));
    }

    private static string Source([CallerFilePath] string path = "") => path;

    [GeneratedRegex("^```(hcl|json)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Samples();
}
