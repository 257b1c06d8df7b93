using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Manifold.EndToEnd.Projects;

/// <summary>The reference page and the JSON schema say what the reader does.</summary>
public sealed partial class ManifoldYamlReference : IDisposable
{
    private static readonly string Docs = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Source())!, "..", "..", "..", "docs"));

    // Says for each file 'ok' or 'wrong', as the schema has it.
    private const string Validate = """
        import json, sys, yaml
        from jsonschema import Draft202012Validator
        # PyYAML reads YAML 1.1, where the key 'on' is true.
        def named(node):
            if isinstance(node, dict):
                return {"on" if key is True else key: named(value) for key, value in node.items()}
            return [named(value) for value in node] if isinstance(node, list) else node
        schema = json.load(open(sys.argv[1]))
        Draft202012Validator.check_schema(schema)
        for name in sys.argv[2:]:
            error = next(Draft202012Validator(schema).iter_errors(named(yaml.safe_load(open(name)))), None)
            print("ok" if error is None else "wrong")
        """;

    private readonly ProjectFolder folder = new ProjectFolder().With(".", "base", "services/api", "services/web", "proxy");

    public ManifoldYamlReference()
    {
        folder.Files.Write("proxy/Dockerfile.arm64", "FROM scratch\n");
        folder.Files.Write("mirror/proxy-s390x.tar", "");
    }

    [Fact]
    public async Task every_sample_is_read_and_fits_the_schema()
    {
        var samples = Samples("").Select(match => match.Groups["yaml"].Value).ToList();
        Assert.True(samples.Count >= 8, "the page has lost its samples");
        Assert.All(samples, sample => Assert.NotEmpty(folder.Manifold(sample).Components));
        Assert.All(await SchemaSays(samples), verdict => Assert.Equal("ok", verdict));
    }

    [Fact]
    public async Task every_wrong_sample_is_refused_as_the_page_says_and_by_the_schema_too()
    {
        var samples = Samples(" wrong").ToList();
        Assert.True(samples.Count >= 5, "the page has lost its wrong samples");
        Assert.All(samples,
            sample => Assert.Equal(sample.Groups["text"].Value, Assert.Single(folder.Faults(sample.Groups["yaml"].Value)) + "\n"));
        Assert.All(await SchemaSays(samples.Select(sample => sample.Groups["yaml"].Value)), verdict => Assert.Equal("wrong", verdict));
    }

    /// <summary>The verdict on each file, in order.</summary>
    private async Task<string[]> SchemaSays(IEnumerable<string> samples)
    {
        var files = samples.Select((sample, number) => folder.Files.Write($"samples/{number}.yaml", sample)).ToArray();
        return (await Tool.Run("python3", ["-c", Validate, Path.Combine(Docs, "manifold-yaml.schema.json"), .. files])).Trim().Split('\n');
    }

    private static IEnumerable<Match> Samples(string kind) =>
        Blocks().Matches(File.ReadAllText(Path.Combine(Docs, "manifold-yaml.md"))).Where(match => match.Groups["kind"].Value == kind);

    private static string Source([CallerFilePath] string path = "") => path;

    public void Dispose() => folder.Dispose();

    [GeneratedRegex("^```yaml(?<kind>[ a-z]*)\n(?<yaml>.*?)^```\n(```text\n(?<text>.*?)^```)?",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
