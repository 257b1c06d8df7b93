using Manifold.Projects;

namespace Manifold.Tests.Projects;

/// <summary>The nodes that a manifold.yaml names.</summary>
public sealed class NamingNodes : IDisposable
{
    private readonly ProjectFolder folder = new ProjectFolder().With("api");

    [Fact]
    public void an_address_and_a_map_are_read()
    {
        var nodes = folder.Manifold("""
            images: {api: {context: api}}
            nodes:
              pi: ssh://pi@raspberry.local
              big: {address: "ssh://build@big:2222", jobs: 8, folder: /srv/manifold}
            on: [pi, big]
            emulation: false
            """).Nodes;
        Assert.Equal(
            [
                new NodeSettings("pi", "ssh://pi@raspberry.local"),
                new NodeSettings("big", "ssh://build@big:2222") { Jobs = 8, Folder = "/srv/manifold" },
            ],
            nodes.Nodes);
        Assert.Equal(["pi", "big"], nodes.On!.Value.Select(each => each.Text));
        Assert.False(nodes.Emulation);
    }

    [Fact]
    public void a_file_without_them_says_nothing()
    {
        var nodes = folder.Manifold("images: {api: {context: api}}").Nodes;
        Assert.Empty(nodes.Nodes);
        Assert.Null(nodes.On);
        Assert.Null(nodes.Emulation);
    }

    [Fact]
    public void variables_are_replaced()
    {
        folder.Environment["PI"] = "10.0.0.7";
        Assert.Equal("ssh://10.0.0.7", Assert.Single(folder.Manifold("images: {api: {context: api}}\nnodes: {pi: 'ssh://$PI'}").Nodes.Nodes)
            .Address);
    }

    [Fact]
    public void every_fault_has_its_place()
    {
        var faults = folder.Faults("""
            images: {api: {context: api}}
            nodes:
              local: ssh://a
              tekton: ssh://a
              pi: pi@raspberry.local
              kube: kubernetes://team
              big: {adress: "ssh://big", jobs: 8}
              low: {address: ssh://low, jobs: none, folder: srv}
              "a b": ssh://c
              list: [ssh://d]
            emulation: sometimes
            """);
        Wording.FitEach(
        [
            "3:3 …'local'…this machine",
            "4:3 …'tekton'…clusters",
            "5:7 'pi@raspberry.local'… | Did you mean ssh://pi@raspberry.local?",
            "6:9 …kubernetes…not supported yet",
            "7:8 …'big' has no address",
            "7:9 …'adress'… | Did you mean address?",
            "8:35 'jobs' is 'none'…",
            "8:49 'folder' is 'srv'…absolute",
            "9:3 'a b'…name",
            "10:9 …list",
            "11:12 'emulation' is 'sometimes'…",
        ], faults);
    }

    [Fact]
    public void a_wrong_key_beside_them_is_compared_with_them() =>
        Assert.EndsWith("Did you mean nodes?", Assert.Single(folder.Faults("images: {api: {context: api}}\nnode: {pi: ssh://pi}")),
            StringComparison.Ordinal);

    public void Dispose() => folder.Dispose();
}
