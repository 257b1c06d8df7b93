using Manifold.Layers;

namespace Manifold.EndToEnd.Layers;

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
        var tree = await RealTrees.Make(folder, "tree", "mkdir d; echo one >a; ln a b; ln a d/c; echo two >other");
        await RealTrees.Shell(tree, $"tar cf ../t.tar {order}");
        await RealTrees.Shell(folder.Path, "mkdir theirs ours; tar xf t.tar -C theirs");

        new FolderWriter(folder["ours"], FolderFormat.Plain)
            .Write(LayerTree.OfTar(folder["t.tar"], "test").Entries(), CancellationToken.None);

        var theirs = await RealTrees.Describe(folder["theirs"], times: false);
        Assert.Contains("a = b", theirs, StringComparison.Ordinal);
        Assert.Equal(theirs, await RealTrees.Describe(folder["ours"], times: false));
    }
}
