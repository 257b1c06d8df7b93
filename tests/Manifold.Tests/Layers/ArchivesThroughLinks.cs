using Manifold.Layers;

namespace Manifold.Tests.Layers;

/// <summary>
/// An archive is unpacked over files of which some are links, or has entries below links of its own, as in a base with a merged
/// <c>/usr</c>. BuildKit and buildah say where the entries go: they unpack it in a chroot (cases add-archive-through-…).
/// </summary>
public sealed class ArchivesThroughLinks : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("bin", "usr/bin", "bin/foo", "usr/bin/foo")]
    [InlineData("bin", "/usr/bin", "bin/foo", "usr/bin/foo")]
    [InlineData("bin", "usr/bin", "bin/new/folder/foo", "usr/bin/new/folder/foo")]
    [InlineData("up", "../../../usr", "up/foo", "usr/foo")]
    [InlineData("usr/here", "./bin", "usr/here/foo", "usr/bin/foo")]
    [InlineData("usr/here", "../bin", "usr/here/foo", "usr/bin/foo", "bin", "usr/bin")]
    [InlineData("a", "b", "a/foo", "usr/foo", "b", "usr")]
    public void an_entry_below_a_link_goes_where_the_link_leads(
        string link, string target, string entry, string expected, string? further = null, string? its = null)
    {
        Dictionary<string, LayerEntry> there = new()
        {
            ["usr"] = FileTrees.FolderEntry("usr"),
            ["usr/bin"] = FileTrees.FolderEntry("usr/bin"),
            [link] = Link(link, target),
        };
        if (further is not null)
            there[further] = Link(further, its!);
        Assert.Equal([expected], Files(there, FileTrees.FileEntry(entry)));
        // The same links, from the archive itself.
        Assert.Equal([expected], Files([], [.. there.Values, FileTrees.FileEntry(entry)]));
    }

    [Fact]
    public void an_entry_that_has_the_name_of_a_link_replaces_it()
    {
        var read = Read(new() { ["bin"] = Link("bin", "usr/bin"), ["sh"] = Link("sh", "bin/sh") },
            FileTrees.FolderEntry("bin"), FileTrees.FileEntry("bin/foo"), FileTrees.FileEntry("sh"));
        Assert.Equal([("bin", EntryKind.Folder), ("bin/foo", EntryKind.File), ("sh", EntryKind.File)], read);
    }

    [Fact]
    public void what_the_archive_has_made_so_far_counts_before_what_was_there()
    {
        var there = new Dictionary<string, LayerEntry> { ["lib"] = Link("lib", "usr"), ["usr"] = FileTrees.FolderEntry("usr") };
        Assert.Equal(["lib/so"], Files(there, FileTrees.FolderEntry("lib"), FileTrees.FileEntry("lib/so")));
        Assert.Equal(["usr/so"], Files(there, FileTrees.FileEntry("lib/so")));
        LayerEntry[] between = [FileTrees.FolderEntry("other"), FileTrees.FileEntry("lib/early"), Link("lib", "other")];
        Assert.Equal(["other/late", "usr/early"], Files(there, [.. between, FileTrees.FileEntry("lib/late")]));
    }

    [Fact]
    public void a_hard_link_names_the_file_behind_the_links()
    {
        var there = new Dictionary<string, LayerEntry>
        {
            ["bin"] = Link("bin", "usr/bin"),
            ["usr"] = FileTrees.FolderEntry("usr"),
            ["usr/bin"] = FileTrees.FolderEntry("usr/bin"),
        };
        var tree = Tree(there, FileTrees.FileEntry("bin/a"), HardLink("b", "bin/a"), HardLink("bin/c", "usr/bin/a"));
        Assert.Equal([("b", null), ("usr/bin/a", "b"), ("usr/bin/c", "b")],
            tree.Entries().Where(entry => entry.Kind != EntryKind.Folder).Select(entry => (entry.Path, entry.LinkTarget)));
    }

    [Fact]
    public void a_hard_link_to_a_file_that_was_there_makes_it_a_file_of_the_archive()
    {
        var there = new Dictionary<string, LayerEntry>
        {
            ["bin"] = Link("bin", "usr/bin"),
            ["usr"] = FileTrees.FolderEntry("usr"),
            ["usr/bin"] = FileTrees.FolderEntry("usr/bin"),
            ["usr/bin/sh"] = FileTrees.FileEntry("usr/bin/sh") with { Mode = 0x1ED, Open = null }, // as a table of contents has it
        };
        var entries = Tree(there, HardLink("new", "bin/sh") with { Mode = 0x1A4, Uid = 5 }, HardLink("link", "bin")).Entries().ToList();
        (string, EntryKind)[] expected =
            [("bin", EntryKind.SymbolicLink), ("link", EntryKind.HardLink), ("new", EntryKind.File), ("usr/bin/sh", EntryKind.HardLink)];
        Assert.Equal(expected, entries.Where(entry => entry.Kind != EntryKind.Folder).Select(entry => (entry.Path, entry.Kind)));
        var file = entries.Single(entry => entry.Path == "new");
        Assert.Equal((0x1A4, 5u, null), (file.Mode, file.Uid, file.Open));
        Assert.Throws<LayerException>(() => Tree(there, HardLink("new", "bin/bash")));
        Assert.Throws<LayerException>(() => Tree(there, HardLink("new", "usr/bin")));
    }

    [Fact]
    public void a_hard_link_to_a_file_that_was_there_with_its_content_keeps_the_content()
    {
        var attributes = System.Collections.Immutable.ImmutableSortedDictionary<string, byte[]>.Empty.Add("user.a", [1]);
        var there = new Dictionary<string, LayerEntry> { ["f"] = FileTrees.FileEntry("f", "new") with { Xattrs = attributes } };
        var file = Tree(there, HardLink("k", "f")).Entries().Single(entry => entry.Kind == EntryKind.File);
        using var content = new StreamReader(file.Open!());
        Assert.Equal(("f", "new", 3L, null), (file.Path, content.ReadToEnd(), file.Size, file.LinkTarget));
        Assert.Equal(["user.a"], file.Xattrs.Keys);
    }

    [Theory]
    [InlineData("gone", "target 'gone' does not exist in")]
    [InlineData("usr/gone", "target 'usr/gone' does not exist in")]
    [InlineData("link", "more than")]
    [InlineData("file", "'file' is not a folder")]
    public void a_link_that_leads_to_no_folder_is_named(string target, string expected)
    {
        var there = new Dictionary<string, LayerEntry>
        {
            ["link"] = Link("link", target),
            ["usr"] = FileTrees.FolderEntry("usr"),
            ["file"] = FileTrees.FileEntry("file"),
        };
        var said = Assert.Throws<LayerException>(() => Files(there, FileTrees.FileEntry("link/foo"))).Message;
        Assert.Contains("'link/foo'", said, StringComparison.Ordinal);
        Assert.Contains(expected, said, StringComparison.Ordinal);
    }

    private static LayerEntry Link(string path, string target) => new() { Path = path, Kind = EntryKind.SymbolicLink, LinkTarget = target };

    private static LayerEntry HardLink(string path, string target) => new() { Path = path, Kind = EntryKind.HardLink, LinkTarget = target };

    private IEnumerable<string> Files(Dictionary<string, LayerEntry> there, params LayerEntry[] archive) =>
        Read(there, archive).Where(entry => entry.Kind == EntryKind.File).Select(entry => entry.Path);

    private IEnumerable<(string Path, EntryKind Kind)> Read(Dictionary<string, LayerEntry> there, params LayerEntry[] archive) =>
        Tree(there, archive).Entries().Where(entry => !entry.Implied && entry.Path.Length > 0).Select(entry => (entry.Path, entry.Kind));

    private LayerTree Tree(Dictionary<string, LayerEntry> there, params LayerEntry[] archive) =>
        LayerTree.OfArchive(FileTrees.WriteTar(folder[$"{Guid.NewGuid():N}.tar"], archive), "test", there.GetValueOrDefault);
}
