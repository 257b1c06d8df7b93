using System.Collections.Immutable;
using Manifold.Nodes;
using Manifold.Projects;
using Manifold.Projects.ManifoldFile;
using Manifold.Projects.Yaml;

namespace Manifold.Tests.Nodes;

/// <summary>The nodes that --on, a project's file, and the user's configuration mean together.</summary>
public sealed class FindingNodes : IDisposable
{
    private readonly ProjectFolder folder = new ProjectFolder().With("api");

    private NodeNames Names(string project, string user = "")
    {
        folder.Files.Write("config/manifold/config.yaml", user);
        var read = folder.Manifold("images: {api: {context: api}}\n" + project).Nodes;
        return new NodeNames(read, UserConfiguration.Read(Environment("config"), folder.Files.Path));
    }

    private ImmutableSortedDictionary<string, string> Environment(string name) =>
        ImmutableSortedDictionary<string, string>.Empty.Add("XDG_CONFIG_HOME", folder.Files[name]);

    private static IEnumerable<string> Addresses(IEnumerable<NodeSettings> nodes) => nodes.Select(node => $"{node.Name} {node.Address}");

    [Fact]
    public void a_name_of_either_file_is_known_and_the_projects_counts_more()
    {
        var names = Names("nodes: {pi: ssh://project}", "nodes: {pi: ssh://user, big: ssh://big}");
        Assert.Equal(["big ssh://big", "pi ssh://project"], Addresses(names.Resolve(["big,pi"])));
    }

    [Fact]
    public void an_address_needs_no_name() =>
        Assert.Equal(["ssh://me@pi:22 ssh://me@pi:22"], Addresses(Names("").Resolve(["ssh://me@pi:22/"])));

    [Fact]
    public void one_that_is_given_twice_counts_once() =>
        Assert.Equal(["pi", "ssh://b"], Names("nodes: {pi: ssh://a}").Resolve(["pi", "ssh://b,pi"]).Select(node => node.Name));

    [Fact]
    public void two_names_for_one_address_stay_two() =>
        Assert.Equal(["a", "b"], Names("nodes: {a: ssh://x, b: ssh://x}").Resolve(["a", "b"]).Select(node => node.Name));

    [Theory]
    [InlineData("on: [a]", "on: [b]", null, "a")]
    [InlineData("", "on: [b]", null, "b")]
    [InlineData("on: [a]", "on: [b]", "c", "c")]
    [InlineData("on: []", "on: [b]", null, "")]
    [InlineData("on: [a]", "on: [b]", "local", "")]
    [InlineData("on: a, b", "", null, "a b")]
    [InlineData("", "", null, "")]
    public void the_flag_counts_more_than_the_project_and_the_project_more_than_the_user(
        string project, string user, string? flag, string expected) =>
        Assert.Equal(expected, string.Join(' ', Names("nodes: {a: ssh://a, b: ssh://b, c: ssh://c}\n" + project,
            "nodes: {a: ssh://ua, b: ssh://ub}\n" + user).Resolve(flag is null ? [] : [flag]).Select(node => node.Name)));

    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "emulation: false", false)]
    [InlineData("emulation: true", "emulation: false", true)]
    [InlineData("emulation: false", "", false)]
    public void emulation_is_allowed_if_no_file_forbids_it(string project, string user, bool expected) =>
        Assert.Equal(expected, Names(project, user).AllowsEmulation);

    [Theory]
    [InlineData("po", "…'po'…Did you mean pi?")]
    [InlineData("something", "…'something'…The nodes are: pi.")]
    [InlineData("", "…''…")]
    [InlineData("pi,,pi", "…''…")]
    [InlineData("me@host", "…'me@host'…Did you mean ssh://me@host?")]
    [InlineData("http://host", "…'http://host'…Expected ssh://")]
    [InlineData("kubernetes", "…kubernetes…not supported yet…")]
    [InlineData("openshift://team", "…openshift…not supported yet…")]
    [InlineData("tekton", "…tekton…not supported yet…")]
    public void a_wrong_flag_is_told(string flag, string told)
    {
        var names = Names("nodes: {pi: ssh://pi}");
        Wording.Fits("--on: " + told, Assert.Throws<UsageException>(() => names.Resolve([flag])).Message);
    }

    [Fact]
    public void a_wrong_name_in_a_file_is_told_with_its_place()
    {
        var names = Names("nodes: {pi: ssh://pi}\non: [pi, pj]");
        var fault = Assert.Single(Assert.Throws<ProjectFileException>(() => names.Resolve([])).Diagnostics);
        Assert.Equal((3, 10, "Did you mean pi?"), (fault.Place.Line, fault.Place.Column, fault.Hint));
        Assert.Equal("on: [pi, pj]", fault.Excerpt);
    }

    [Fact]
    public void the_users_configuration_has_only_keys_that_it_knows()
    {
        var fault = Assert.Single(Assert.Throws<ProjectFileException>(() => Names("", "on: []\nnods: {}\n")).Diagnostics);
        Assert.Equal((2, 1, "Did you mean nodes?"), (fault.Place.Line, fault.Place.Column, fault.Hint));
        Assert.EndsWith("config.yaml", fault.Place.File, StringComparison.Ordinal);
    }

    [Fact]
    public void the_users_configuration_may_be_missing() =>
        Assert.Same(ConfiguredNodes.None, UserConfiguration.Read(Environment("nowhere"), folder.Files.Path));

    [Theory]
    [InlineData("/c", "/h", "/c/manifold/config.yaml")]
    [InlineData("", "/h", "/h/.config/manifold/config.yaml")]
    [InlineData("relative", "/h", "/h/.config/manifold/config.yaml")]
    [InlineData("", "", null)]
    public void the_users_configuration_is_found_where_the_base_directory_specification_says(
        string config, string home, string? expected) =>
        Assert.Equal(expected, UserConfiguration.Find(
            ImmutableSortedDictionary<string, string>.Empty.Add("XDG_CONFIG_HOME", config).Add("HOME", home)));

    public void Dispose() => folder.Dispose();
}
