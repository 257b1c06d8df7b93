using System.Collections.Immutable;

namespace Manifold.Tests.Cli;

/// <summary><c>--on</c> as people type it.</summary>
public sealed class NamingNodesByFlag : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public NamingNodesByFlag()
    {
        folder.Write("api/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        folder.Write("manifold.yaml", "images: {api: {context: api}}\nnodes: {pi: ssh://pi}\n");
        folder.Write("config/manifold/config.yaml", "nodes: {mine: ssh://mine}\n");
    }

    private Task<(int Code, string Output, string Error)> Manifold(params string[] words) => Commanding.ManifoldWith(folder,
        ImmutableSortedDictionary<string, string>.Empty.Add("XDG_CONFIG_HOME", folder["config"]), words);

    private string InFolder(string word) => word is "api" or "manifold.yaml" ? folder[word] : word;

    [Theory]
    [InlineData("build", "api")]
    [InlineData("plan", "api")]
    [InlineData("bake", "-f", "manifold.yaml")]
    [InlineData("plan", "-f", "manifold.yaml")]
    public async Task an_unknown_name_ends_the_command_before_any_work(params string[] words)
    {
        var (code, output, error) = await Manifold([.. words.Select(InFolder), "--on", "mene"]);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains("Did you mean mine?", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("build", "api")]
    [InlineData("bake", "-f", "manifold.yaml")]
    public async Task this_machine_alone_builds_as_without_the_flag(params string[] words)
    {
        var (code, _, error) = await Manifold([.. words.Select(InFolder), "--on", "local"]);
        Assert.True(code == 0, error);
    }

    [Fact]
    public async Task a_wrong_configuration_is_told_with_its_place()
    {
        folder.Write("config/manifold/config.yaml", "nodes: {mine: {}}\n");
        var (code, _, error) = await Manifold("build", folder["api"]);
        Assert.Equal(2, code);
        Assert.Contains("config.yaml:1:", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--on", "", "local mine")]
    [InlineData("--on", "mine,l", "mine,local")]
    [InlineData("--on=", "", "--on=local --on=mine")]
    public async Task completion_knows_the_names_of_the_configuration(string option, string word, string expected)
    {
        string[] words = option.EndsWith('=') ? [option + word] : [option, word];
        var (_, output, _) = await Manifold(["__complete", "--", "build", .. words]);
        Assert.Equal(expected.Split(' '), output.Trim().Split('\n'));
    }

    public void Dispose() => folder.Dispose();
}
