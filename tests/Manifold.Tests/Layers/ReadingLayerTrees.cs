using Manifold.Layers;

namespace Manifold.Tests.Layers;

/// <summary>A tar of which nothing is unpacked while it is read. GNU tar judges what is unpacked of it.</summary>
public sealed class ReadingLayerTrees : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void links_of_links_keep_the_file_that_they_were_made_of()
    {
        LayerEntry Link(string path, string target) => new() { Path = path, Kind = EntryKind.HardLink, LinkTarget = target };
        var tree = LayerTree.Of([FileTrees.FileEntry("m"), Link("z", "m"), Link("b", "z"), FileTrees.FileEntry("m") with { Mode = 0x1ED }]);

        Assert.Equal([("b", EntryKind.File, null), ("m", EntryKind.File, null), ("z", EntryKind.HardLink, "b")],
            tree.Entries().Where(entry => entry.Path.Length > 0).Select(entry => (entry.Path, entry.Kind, entry.LinkTarget)));
        Assert.Equal(0x1ED, tree.Find("m")!.Mode);
        Assert.NotEqual(0x1ED, tree.Find("b")!.Mode);
    }
}
