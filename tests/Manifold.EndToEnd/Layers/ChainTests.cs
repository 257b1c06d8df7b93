using Manifold.Layers;

namespace Manifold.EndToEnd.Layers;

public sealed class StackingLayers
{
    private static LayerEntry Link(string path, string target) => new() { Path = path, Kind = EntryKind.SymbolicLink, LinkTarget = target };

    [Fact]
    public void unpacked_layers_never_lead_out_by_their_links()
    {
        using var folder = new TemporaryFolder();
        folder.Write("outside/secret", "s");
        new FolderWriter(folder["layer"]).Write([Link("a", folder["outside"]), FileTrees.FileEntry("b")]);
        using var layer = new SnapshotFolder(folder["layer"]);
        Assert.Null(layer.Find("a/secret"));
        Assert.Empty(layer.Children("a"));
        Assert.Equal(["a", "b"], new Chain([layer]).Subtree("").Select(entry => entry.Path));
        using var content = new StreamReader(new Chain([layer]).Find("b")!.Open!());
        Assert.Equal("content", content.ReadToEnd());
    }
}
