using System.Collections.Immutable;

namespace Manifold.Tests.Cli;

/// <summary>The nodes that <c>manifold nodes</c> means. No ssh is needed to find out.</summary>
public sealed class ListingNodesByName : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private Task<(int Code, string Output, string Error)> Manifold(params string[] words) => Commanding.ManifoldWith(folder,
        ImmutableSortedDictionary<string, string>.Empty.Add("XDG_CONFIG_HOME", folder["config"])
            .Add("MANIFOLD_SSH", "/nonexistent/ssh"), words);

    [Theory]
    [InlineData("nodes")]
    [InlineData("nodes", "prune")]
    public async Task none_is_no_failure(params string[] words)
    {
        var (code, output, error) = await Manifold(words);

        Assert.Equal((0, ""), (code, output));
        Assert.Contains("config.yaml", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task none_is_an_empty_list_in_json() => Assert.Equal((0, "[]\n", ""), await Manifold("nodes", "--json"));

    [Theory]
    [InlineData("nodes", "mene")]
    [InlineData("nodes", "prune", "mene")]
    public async Task an_unknown_name_is_told(params string[] words)
    {
        folder.Write("config/manifold/config.yaml", "nodes: {mine: ssh://mine}\n");

        var (code, output, error) = await Manifold(words);

        Assert.Equal((2, "", "manifold: No node is called 'mene'. Did you mean mine?\n"), (code, output, error));
    }

    [Fact]
    public async Task this_machine_is_not_a_node() => Assert.Equal(2, (await Manifold("nodes", "local")).Code);

    [Fact]
    public async Task every_node_that_is_named_is_a_row_although_none_can_be_reached()
    {
        folder.Write("config/manifold/config.yaml", "nodes: {one: ssh://host, two: ssh://other}\non: [ssh://third, two]\n");

        var (code, output, error) = await Manifold("nodes");

        Assert.Equal(4, code);
        Assert.Equal(["one", "two", "ssh://third"], output.TrimEnd().Split('\n').Skip(1).Select(line => line.Split(' ')[0]));
        Assert.Equal(3, error.Split("/nonexistent/ssh").Length - 1);
    }

    [Fact]
    public async Task arguments_are_the_only_ones()
    {
        folder.Write("config/manifold/config.yaml", "nodes: {one: ssh://host, two: ssh://other}\n");

        var (_, output, _) = await Manifold("nodes", "two", "ssh://me@there:22", "two");

        Assert.Equal(["two", "ssh://me@there:22"], output.TrimEnd().Split('\n').Skip(1).Select(line => line.Split(' ')[0]));
    }

    [Theory]
    [InlineData("nodes", "m", "mine")]
    [InlineData("nodes", "", "prune mine")]
    [InlineData("nodes prune", "m", "mine")]
    public async Task completion_knows_the_names(string before, string word, string expected)
    {
        folder.Write("config/manifold/config.yaml", "nodes: {mine: ssh://mine}\n");

        var (_, output, _) = await Manifold(["__complete", "--", .. before.Split(' '), word]);

        Assert.Equal(expected.Split(' '), output.TrimEnd().Split('\n').Select(line => line.Split('\t')[0]));
    }
}
