using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Manifold.Tests.Projects;

/// <summary>The reference page and the JSON schema say what the reader does.</summary>
public sealed partial class ManifoldYamlReference : IDisposable
{
    private static readonly string Docs = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Source())!, "..", "..", "..", "docs"));

    private readonly ProjectFolder folder = new ProjectFolder().With(".", "base", "services/api", "services/web", "proxy");

    public ManifoldYamlReference()
    {
        folder.Files.Write("proxy/Dockerfile.arm64", "FROM scratch\n");
        folder.Files.Write("mirror/proxy-s390x.tar", "");
    }

    [Fact]
    public void what_no_schema_can_tell_is_refused_as_the_page_says()
    {
        var samples = Samples(" refused").ToList();
        Assert.True(samples.Count >= 3, "the page has lost its refused samples");
        Assert.All(samples,
            sample => Assert.Equal(sample.Groups["text"].Value, Assert.Single(folder.Faults(sample.Groups["yaml"].Value)) + "\n"));
    }

    /// <summary>
    /// The reader names all keys of a level when it refuses one that resembles none; the schema has the same, and the page explains each.
    /// </summary>
    [Theory]
    [InlineData("{0}: 1\nimages: {{a: }}", "properties")]
    [InlineData("images: {{a: {{{0}: 1}}}}", "$defs/image/properties")]
    [InlineData("images: {{a: }}\ntemplates: {{t: {{{0}: 1}}}}", "$defs/template/properties")]
    [InlineData("images: {{a: {{platforms: {{amd64: {{{0}: 1}}}}}}}}", "$defs/platformSettings/properties")]
    [InlineData("images: {{a: {{before: {{run: x, {0}: 1}}}}}}", "$defs/hook/anyOf/1/properties")]
    [InlineData("images: {{a: {{verify: {{{0}: 1}}}}}}", "$defs/verify/anyOf/2/properties")]
    public void reader_schema_and_page_have_the_same_keys(string yaml, string pointer)
    {
        var fault =
            Assert.Single(folder.Faults(string.Format(System.Globalization.CultureInfo.InvariantCulture, yaml, "qqqqqqqqqqqqqqqq")));
        var known = fault[(fault.IndexOf(" keys: ", StringComparison.Ordinal) + 7)..].TrimEnd('.').Split(", ")
            .Order(StringComparer.Ordinal).ToList();
        using var schema = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(Docs, "manifold-yaml.schema.json")));
        var element = schema.RootElement;
        foreach (var part in pointer.Split('/'))
            element = int.TryParse(part, out var index) ? element[index] : element.GetProperty(part);
        Assert.Equal(element.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal), known);
        var page = File.ReadAllText(Path.Combine(Docs, "manifold-yaml.md"));
        Assert.All(known, key => Assert.Matches($@"[`{{ ]{Regex.Escape(key)}[`}},: ]", page));
    }

    private static IEnumerable<Match> Samples(string kind) =>
        Blocks().Matches(File.ReadAllText(Path.Combine(Docs, "manifold-yaml.md"))).Where(match => match.Groups["kind"].Value == kind);

    private static string Source([CallerFilePath] string path = "") => path;

    public void Dispose() => folder.Dispose();

    [GeneratedRegex("^```yaml(?<kind>[ a-z]*)\n(?<yaml>.*?)^```\n(```text\n(?<text>.*?)^```)?",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
