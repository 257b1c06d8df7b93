using Manifold.Content;
using Manifold.Dockerfile;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Planning;
using Manifold.Solving.Copying;

namespace Manifold.Tests.Solving;

/// <summary>
/// A name in what is copied replaces what has that name in the image; only folders are merged. buildah's conformance table
/// (replace-symlink-with-directory and its like) says so; BuildKit refuses it.
/// </summary>
public sealed class CopyingOverWhatIsThere : IDisposable
{
    private static readonly LayerEntry Folder = FileTrees.FolderEntry("dest/x"), Inside = FileTrees.FileEntry("dest/x/inside");

    private readonly TemporaryFolder folder = new();
    private readonly Store store;
    private IReadOnlyList<string> losses = [];

    public CopyingOverWhatIsThere() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void a_folder_replaces_a_link()
    {
        folder.Write("context/tree/x/new", "");
        Assert.Equal([("dest/x", EntryKind.Folder), ("dest/x/new", EntryKind.File)],
            Seen(Link("dest/x", "/real"), FileTrees.FolderEntry("real")));
        Assert.Contains("'/dest/x' is a link to the folder '/real' in the image", Assert.Single(losses), StringComparison.Ordinal);
    }

    [Fact]
    public void a_folder_replaces_a_file()
    {
        folder.Write("context/tree/x/new", "");
        Assert.Equal([("dest/x", EntryKind.Folder), ("dest/x/new", EntryKind.File)], Seen(FileTrees.FileEntry("dest/x")));
    }

    [Fact]
    public void a_link_replaces_a_folder_with_all_that_is_in_it()
    {
        Directory.CreateDirectory(folder["context/tree"]);
        File.CreateSymbolicLink(folder["context/tree/x"], "real");
        Assert.Equal([("dest/x", EntryKind.SymbolicLink)], Seen(Folder, Inside));
    }

    [Fact]
    public void a_file_replaces_a_folder_with_all_that_is_in_it()
    {
        folder.Write("context/tree/x", "");
        Assert.Equal([("dest/x", EntryKind.File)], Seen(Folder, Inside));
        Assert.Contains("'/dest/x' is a folder in the image", Assert.Single(losses), StringComparison.Ordinal);
    }

    [Fact]
    public void what_was_replaced_on_purpose_is_not_told()
    {
        Directory.CreateDirectory(folder["context/tree"]);
        File.CreateSymbolicLink(folder["context/tree/x"], "other");
        folder.Write("context/tree/file", "");
        Seen(Link("dest/x", "/real"), FileTrees.FolderEntry("real"), FileTrees.FileEntry("dest/file"), FileTrees.FolderEntry("dest/empty"));
        Assert.Empty(losses);
        folder.Write("context/tree2/x/new", "");
        Seen(["tree2"], Link("dest/x", "/nowhere"));
        Assert.Empty(losses);
    }

    [Fact]
    public void a_folder_is_merged_with_a_folder()
    {
        folder.Write("context/tree/x/new", "");
        Assert.Equal([("dest/x", EntryKind.Folder), ("dest/x/inside", EntryKind.File), ("dest/x/new", EntryKind.File)],
            Seen(Folder, Inside));
    }

    [Fact]
    public void what_one_source_replaced_does_not_come_back_with_the_next()
    {
        folder.Write("context/tree/x", "");
        folder.Write("context/tree2/x/new", "");
        Assert.Equal([("dest/x", EntryKind.Folder), ("dest/x/new", EntryKind.File)], Seen(["tree", "tree2"], Folder, Inside));
    }

    [Fact]
    public void a_destination_that_is_a_file_is_still_an_error()
    {
        folder.Write("context/tree/x", "");
        Assert.Throws<StepFailedException>(() => Seen(FileTrees.FileEntry("dest")));
    }

    private static LayerEntry Link(string path, string target) => new() { Path = path, Kind = EntryKind.SymbolicLink, LinkTarget = target };

    private IEnumerable<(string Path, EntryKind Kind)> Seen(params LayerEntry[] image) => Seen(["tree"], image);

    /// <summary>What a container sees in the destination.</summary>
    private IEnumerable<(string Path, EntryKind Kind)> Seen(string[] sources, params LayerEntry[] image)
    {
        var below = TableOfContents.Of(image);
        var step = CopySteps.Of("/dest/", sources);
        var context = new ContextTree(folder["context"], IgnoreRules.None, new FileDigests(store, folder["context"], TimeProvider.System));
        var placement = new Placement(step, new Chain([below]), null, 0);
        foreach (var source in Selection.Of(step, context).Sources)
            placement.Place(source);
        losses = placement.Losses;
        var layer = TableOfContents.Of(new LayerWriter(new FileTime(0)).Ordered(placement.Entries));
        return new Chain([below, layer]).Subtree("dest").Select(entry => (entry.Path, entry.Kind));
    }
}
