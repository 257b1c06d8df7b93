using System.Text.Json;

namespace Manifold.Tests.Cli;

/// <summary><c>bake --print</c>, of all and of some.</summary>
public sealed class PrintingABake : IDisposable
{
    private const string Bake = """
        group "default" { targets = ["a", "b"] }
        group "some" { targets = ["b", "c"] }
        target "a" {}
        target "b" {}
        target "c" {}
        """;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <remarks>The default group is what buildx 0.19 prints: <c>docker buildx bake NAME --print</c>.</remarks>
    [Theory]
    [InlineData("a", "a")]
    [InlineData("c", "c")]
    [InlineData("a c", "a c")]
    [InlineData("some", "b c")]
    [InlineData("", "a b")]
    public async Task what_is_named_is_printed_in_every_form(string names, string expected)
    {
        folder.Write("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        var file = folder.Write("docker-bake.hcl", Bake);
        foreach (var form in new[] { "--print=bake", "--print=json", "--print" })
        {
            var (code, output, error) = await Commanding.Manifold(folder,
                ["bake", "-f", file, .. names.Split(' ', StringSplitOptions.RemoveEmptyEntries), form]);
            Assert.True(code == 0, error);
            if (form != "--print=bake")
                continue;
            var json = JsonDocument.Parse(output).RootElement;
            Assert.Equal(names == "some" ? ["some"] : expected.Split(' '),
                json.GetProperty("group").GetProperty("default").GetProperty("targets").EnumerateArray().Select(name => name.GetString()));
            Assert.Equal(expected.Split(' '), json.GetProperty("target").EnumerateObject().Select(target => target.Name));
        }
    }

    /// <remarks>What buildx prints for its flags: <c>docker buildx bake --print --provenance=false</c>.</remarks>
    [Theory]
    [InlineData("--provenance=false", "type=provenance,disabled=true", "type=sbom")]
    [InlineData("--sbom=false", "type=provenance,mode=max", "type=sbom,disabled=true")]
    [InlineData("--provenance=mode=min", "type=provenance,mode=min", "type=sbom")]
    public async Task attestations_are_printed_as_the_flags_leave_them(string flag, params string[] expected)
    {
        folder.Write("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        var bake = folder.Write("docker-bake.hcl", "target \"app\" {\n attest = [\"type=provenance,mode=max\", \"type=sbom\"]\n}\n");
        var own = folder.Write("manifold.yaml", "images: {app: {attest: [\"type=provenance,mode=max\", \"type=sbom\"]}}\n");
        foreach (var (file, form, key) in new[] { (bake, "--print=bake", "target"), (own, "--print=json", "images") })
        {
            var (code, output, error) = await Commanding.Manifold(folder, "bake", "-f", file, "app", form, flag);
            Assert.True(code == 0, error);
            Assert.Equal(expected, JsonDocument.Parse(output).RootElement.GetProperty(key).GetProperty("app").GetProperty("attest")
                .EnumerateArray().Select(each => each.GetString()!).Order(StringComparer.Ordinal));
        }
    }

    [Theory, InlineData("a\u202eb\u001b[2J"), InlineData("a\n::error::x\n"), InlineData("a\n\u2066b\n"), InlineData("##[error]a\nb\n")]
    public async Task what_a_terminal_or_a_ci_would_obey_is_escaped_and_read_again_as_it_was(string label)
    {
        folder.Write("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        var file = folder.Write("docker-bake.json",
            JsonSerializer.Serialize(new { target = new { app = new { labels = new Dictionary<string, string> { ["a"] = label } } } }));
        var (_, yaml, error) = await Commanding.Manifold(folder, "bake", "-f", file, "app", "--print");
        Assert.DoesNotContain(yaml, one => one is '\u202e' or '\u2066' or '\e');
        Assert.DoesNotContain(yaml.Split('\n'),
            line => line.TrimStart().StartsWith("::", StringComparison.Ordinal) || line.Contains("##[", StringComparison.Ordinal));
        var again = folder.Write("manifold.yaml", yaml);
        var (code, json, trouble) = await Commanding.Manifold(folder, "bake", "-f", again, "app", "--print=json");
        Assert.True(code == 0, error + trouble);
        Assert.Contains(label, JsonDocument.Parse(json).RootElement.GetProperty("images").GetProperty("app")
            .GetProperty("labels").EnumerateObject().Select(each => each.Value.GetString()));
    }
}
