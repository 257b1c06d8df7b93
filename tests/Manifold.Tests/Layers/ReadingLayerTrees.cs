using Manifold.Layers;

namespace Manifold.Tests.Layers;

/// <summary>A tar of which nothing is unpacked while it is read. GNU tar judges what is unpacked of it.</summary>
public sealed class ReadingLayerTrees : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    // tar writes the content under the name that comes first, and the others as hard links to it.
    [Theory]
    [InlineData("a b d/c other")]
    [InlineData("b a other d/c")]
    [InlineData("d/c other b a")]
    public async Task a_file_of_several_names_stays_one_whichever_name_has_the_content(string order)
    {
        var tree = await FileTrees.Make(folder, "tree", "mkdir d; echo one >a; ln a b; ln a d/c; echo two >other");
        await FileTrees.Shell(tree, $"tar cf ../t.tar {order}");
        await FileTrees.Shell(folder.Path, "mkdir theirs ours; tar xf t.tar -C theirs");

        new FolderWriter(folder["ours"], FolderFormat.Plain).Write(LayerTree.OfTar(folder["t.tar"], "test").Entries(), CancellationToken.None);

        var theirs = await FileTrees.Describe(folder["theirs"], times: false);
        Assert.Contains("a = b", theirs, StringComparison.Ordinal);
        Assert.Equal(theirs, await FileTrees.Describe(folder["ours"], times: false));
    }

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
