using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Manifold.Projects;
using Manifold.Projects.Bake;

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

    private static string Source([CallerFilePath] string path = "") => path;

    [GeneratedRegex("^```(hcl|json)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Samples();
}
