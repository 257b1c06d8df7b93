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
            var (code, output, error) = await Commanding.Manifold(folder, ["bake", "-f", file, form, .. names.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
            Assert.True(code == 0, error);
            if (form != "--print=bake")
                continue;
            var json = JsonDocument.Parse(output).RootElement;
            Assert.Equal(expected.Split(' '), json.GetProperty("group").GetProperty("default").GetProperty("targets").EnumerateArray().Select(name => name.GetString()));
            Assert.Equal(expected.Split(' '), json.GetProperty("target").EnumerateObject().Select(target => target.Name));
        }
    }
}
