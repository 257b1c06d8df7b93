using Manifold.Content;
using Manifold.Dockerfile;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Copying;

namespace Manifold.Tests.Solving;

/// <summary>Files that have several names stay one file within one COPY, as they do in BuildKit and buildah.</summary>
public sealed class CopyingHardLinks : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;

    public CopyingHardLinks()
    {
        store = Store.Open(folder["store"]);
        folder.Write("context/a/git", "git");
        folder.Write("context/a/other", "git");
        foreach (var (place, name) in new[] { ("a", "git-add"), ("a", "git-rm"), ("", "git-top") })
        {
            using var from = DirectoryHandle.Open(folder["context/a"]);
            using var to = DirectoryHandle.Open(folder[$"context/{place}"]);
            Assert.True(to.TryLink(from, "git", name));
        }
    }

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void a_folder_keeps_them() =>
        Assert.Equal(["/d/git", "/d/git-add = d/git", "/d/git-rm = d/git", "/d/other"], Copied(CopySteps.Of("/d/", "a")));

    [Fact]
    public void sources_beside_each_other_keep_them() =>
        Assert.Equal(["/d/git-rm", "/d/git-top = d/git-rm"], Copied(CopySteps.Of("/d/", "git-top", "a/git-rm")));

    [Fact]
    public void what_a_wildcard_finds_keeps_them() =>
        Assert.Equal(["/d/git-add", "/d/git-rm = d/git-add"], Copied(CopySteps.Of("/d/", "a/git-*")));

    [Fact]
    public void parents_keep_them() =>
        Assert.Equal(["/d/a/git-add", "/d/git-top = d/a/git-add"],
            Copied(CopySteps.Of("/d/", "a/git-add", "git-top") with { Parents = true }));

    [Fact]
    public void an_owner_and_a_mode_are_those_of_all_names()
    {
        Assert.True(FileModeChange.TryParse("0600", out var mode));
        var entries = Entries(CopySteps.Of("/d/", "a") with { Chmod = mode }, new Owner(5, 6));
        Assert.Equal(["/d/git", "/d/git-add = d/git", "/d/git-rm = d/git", "/d/other"], Described(entries));
        Assert.All(entries.Where(entry => entry.Kind != EntryKind.Folder),
            entry => Assert.Equal((0x180, 5u, 6u), (entry.Mode, entry.Uid, entry.Gid)));
    }

    [Fact]
    public void names_that_are_ignored_or_excluded_are_no_ones_original()
    {
        Assert.Equal(["/d/git-add", "/d/git-rm = d/git-add", "/d/other"], Copied(CopySteps.Of("/d/", "a"), ignored: "a/git"));
        Assert.Equal(["/d/git-add", "/d/git-rm = d/git-add", "/d/other"], Copied(CopySteps.Of("/d/", "a") with { Exclude = ["git"] }));
    }

    [Fact]
    public void one_COPY_knows_nothing_of_another() =>
        Assert.Equal(["/d/git-rm"], Copied(CopySteps.Of("/d/", "a/git-rm")));

    [Fact]
    public void the_cache_key_tells_links_from_copies_and_minds_nothing_that_is_not_copied()
    {
        var linked = Key(CopySteps.Of("/d/", "a"));
        var alone = Key(CopySteps.Of("/d/", "a/git-rm"));
        foreach (var name in new[] { "git-add", "git-rm" })
        {
            File.Copy(folder[$"context/a/{name}"], folder["copy"], overwrite: true);
            File.Move(folder["copy"], folder[$"context/a/{name}"], overwrite: true);
        }
        Assert.NotEqual(linked, Key(CopySteps.Of("/d/", "a")));
        Assert.Equal(alone, Key(CopySteps.Of("/d/", "a/git-rm")));
    }

    [Fact]
    public void a_stage_that_is_not_unpacked_keeps_them()
    {
        var layer = LayerTree.Of([FileTrees.FolderEntry("a"), FileTrees.FileEntry("a/one"), Link("a/two", "a/one"), Link("three", "a/two"),
            FileTrees.FileEntry("a/x")]);
        var stage = new StageTree(new Chain([layer]), "build");
        Assert.Equal(["/d/one", "/d/two = d/one", "/d/x"], Described(Entries(CopySteps.Of("/d/", "a"), tree: stage)));
        Assert.Equal(["/d/three", "/d/two = d/three"], Described(Entries(CopySteps.Of("/d/", "a/two", "three"), tree: stage)));
    }

    [Fact]
    public void a_name_that_a_later_layer_replaced_is_another_file()
    {
        var chain = new Chain([
            LayerTree.Of([FileTrees.FileEntry("a/one"), Link("a/two", "a/one"), Link("a/three", "a/one")]),
            LayerTree.Of([FileTrees.FileEntry("a/one", "new")])]);
        Assert.Equal(["/d/one", "/d/three", "/d/two = d/three"],
            Described(Entries(CopySteps.Of("/d/", "a"), tree: new StageTree(chain, "build"))));
    }

    [Fact]
    public void a_stage_that_is_unpacked_keeps_them()
    {
        using var unpacked = new SnapshotFolder(folder["context"]);
        var stage = new StageTree(new Chain([unpacked]), "build");
        Assert.Equal(["/d/git", "/d/git-add = d/git", "/d/git-rm = d/git", "/d/other"],
            Described(Entries(CopySteps.Of("/d/", "a"), tree: stage)));
    }

    /// <summary>Source: BuildKit: COPY old/ /x/, then ADD new/ link.tar /x/, whose link names a file of both folders.</summary>
    [Fact]
    public void an_archive_links_what_an_earlier_source_brought_and_not_what_the_image_had()
    {
        var image = new Chain([LayerTree.Of([FileTrees.FolderEntry("d"), FileTrees.FileEntry("d/git", "old")])]);
        var placement = new Placement(CopySteps.Of("/d/", "a"), image, null, 0);
        foreach (var source in Selection.Of(CopySteps.Of("/d/", "a"), Context()).Sources)
            placement.Place(source);
        placement.PlaceArchive(Archive(placement, Link("k", "git")));
        placement.PlaceArchive(Archive(placement, Link("l", "k")));
        Assert.False(placement.LacksContent);
        var layer = LayerTree.Of(new LayerWriter(default).Ordered(placement.Entries));
        foreach (var name in new[] { "d/git", "d/k", "d/l" })
        {
            using var content = new StreamReader(layer.Find(name)!.Open!());
            Assert.Equal("git", content.ReadToEnd());
        }
    }

    [Fact]
    public void an_archive_links_what_an_earlier_archive_brought()
    {
        var placement = new Placement(CopySteps.Of("/d/"), new Chain([]), null, 0);
        placement.PlaceArchive(Archive(placement, FileTrees.FileEntry("f", "content")));
        placement.PlaceArchive(Archive(placement, Link("k", "f")));
        Assert.False(placement.LacksContent);
        Assert.Equal(["/d/f", "/d/k = d/f"], Described(new LayerWriter(default).Ordered(placement.Entries)));
    }

    private IEnumerable<LayerEntry> Archive(Placement placement, params LayerEntry[] entries) => LayerTree.OfArchive(
        FileTrees.WriteTar(folder[$"{Guid.NewGuid():N}.tar"], entries), "test", placement.FindAtDestination)
        .Entries().Where(entry => entry.Path.Length > 0);

    /// <summary>Such a program is shown the files themselves: when they were modified counts then, and in a COPY it does not.</summary>
    [Fact]
    public void what_a_RUN_sees_of_a_part_of_a_stage_counts_times_and_attributes()
    {
        var attributes = System.Collections.Immutable.ImmutableSortedDictionary<string, byte[]>.Empty.Add("user.a", [1]);
        var plain = Shown(FileTrees.FileEntry("a/f"));
        var late = Shown(FileTrees.FileEntry("a/f", modified: new FileTime(5)));
        var marked = Shown(FileTrees.FileEntry("a/f") with { Xattrs = attributes });
        Assert.Equal([plain.Copied, plain.Copied], [late.Copied, marked.Copied]);
        Assert.Equal(3, new[] { plain.Seen, late.Seen, marked.Seen }.Distinct().Count());
        Assert.Equal(plain, Shown(FileTrees.FileEntry("a/f"), FileTrees.FileEntry("other")));

        static (Digest Copied, Digest Seen) Shown(params LayerEntry[] files)
        {
            var chain = new Chain([LayerTree.Of([FileTrees.FolderEntry("a"), .. files])]);
            var part = Selection.OfPath(null!, new StageTree(chain, "build"), "a");
            return (part.Digest(), part.DigestOfAllSeen(path => chain.Find(path)!.Modified));
        }
    }

    private static LayerEntry Link(string path, string target) => new() { Path = path, Kind = EntryKind.HardLink, LinkTarget = target };

    private ContextTree Context(string ignored = "") =>
        new(folder["context"], IgnoreRules.Parse(".dockerignore", ignored), new FileDigests(store, folder["context"], TimeProvider.System));

    private Digest Key(CopyStep step) => Selection.Of(step, Context()).Digest();

    private IEnumerable<string> Copied(CopyStep step, string ignored = "") => Described(Entries(step, tree: Context(ignored)));

    /// <summary>As the layer has them.</summary>
    private IReadOnlyList<LayerEntry> Entries(CopyStep step, Owner? owner = null, ISourceTree? tree = null)
    {
        var placement = new Placement(step, new Chain([]), owner, 0);
        foreach (var source in Selection.Of(step, tree ?? Context()).Sources)
            placement.Place(source);
        return new LayerWriter(default).Ordered(placement.Entries);
    }

    private static IEnumerable<string> Described(IEnumerable<LayerEntry> entries) =>
        entries.Where(entry => entry.Kind != EntryKind.Folder)
            .Select(entry => $"/{entry.Path}" + (entry.Kind == EntryKind.HardLink ? $" = {entry.LinkTarget}" : ""));
}
