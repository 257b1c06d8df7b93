using FsCheck;
using FsCheck.Fluent;
using Manifold.Layers;
using Manifold.Linux;

namespace Manifold.Tests.Layers;

public sealed class StackingLayers
{
    private static LayerEntry Link(string path, string target) => new() { Path = path, Kind = EntryKind.SymbolicLink, LinkTarget = target };
    private static LayerEntry Gone(string path) => new() { Path = path, Kind = EntryKind.Whiteout };
    private static Chain Of(params LayerEntry[][] layers) => new([.. layers.Select(TableOfContents.Of)]);

    [Fact]
    public void a_whiteout_hides_all_below_it_and_nothing_above()
    {
        var chain = Of([FileTrees.FileEntry("a/b"), FileTrees.FileEntry("c")], [Gone("a"), Gone("c")], [FileTrees.FileEntry("a/new")]);
        Assert.Null(chain.Find("a/b"));
        Assert.Null(chain.Find("c"));
        Assert.Equal(["a", "a/new"], chain.Subtree("").Select(entry => entry.Path));
    }

    [Fact]
    public void an_opaque_folder_hides_the_content_below_and_keeps_its_own()
    {
        var chain = Of([FileTrees.FileEntry("a/b"), FileTrees.FileEntry("a/c")],
            [FileTrees.FolderEntry("a") with { Opaque = true, Mode = 0b111_000_000 }, FileTrees.FileEntry("a/c")]);
        Assert.Equal(["a/c"], chain.Children("a").Select(entry => entry.Path));
        Assert.Equal(0b111_000_000, chain.Find("a")!.Mode);
    }

    [Fact]
    public void a_file_in_place_of_a_folder_hides_it_for_ever()
    {
        var chain = Of([FileTrees.FileEntry("a/b")], [FileTrees.FileEntry("a")], [FileTrees.FolderEntry("a")]);
        Assert.Equal(EntryKind.Folder, chain.Find("a")!.Kind);
        Assert.Empty(chain.Children("a"));
    }

    [Fact]
    public void an_implied_folder_keeps_what_the_layer_below_says_of_it()
    {
        var chain = Of([FileTrees.FolderEntry("tmp") with { Mode = 0b1_111_111_111, Uid = 7 }], [FileTrees.FileEntry("tmp/a/x")]);
        Assert.Equal((0b1_111_111_111, 7u), (chain.Find("tmp")!.Mode, chain.Find("tmp")!.Uid));
        Assert.Equal(0b111_101_101, chain.Find("tmp/a")!.Mode);
    }

    [Fact]
    public void what_is_found_says_from_which_layer_it_comes()
    {
        var chain = Of([FileTrees.FileEntry("a/b")], [FileTrees.FileEntry("a/c")]);
        Assert.Equal((0, 1), (chain.Locate("a/b")!.Value.Layer, chain.Locate("a/c")!.Value.Layer));
        Assert.Null(chain.Locate("a/d"));
    }

    [Theory]
    [InlineData("bin/sh", "usr/bin/sh", true)]
    [InlineData("/bin/../bin/sh", "usr/bin/sh", true)]
    [InlineData("abs/x", "usr/x", false)]
    [InlineData("escape/etc", "etc", false)]
    [InlineData("../../usr/bin", "usr/bin", true)]
    [InlineData("new/folder/x", "new/folder/x", false)]
    [InlineData("dangling", "nowhere/at/all", false)]
    [InlineData("chained", "usr/bin", true)]
    [InlineData("", "", true)]
    [InlineData("usr/./bin/", "usr/bin", true)]
    public void links_are_followed_within_the_root(string path, string expected, bool exists)
    {
        var resolved = Links().Resolve(path);
        Assert.Equal((expected, exists), (resolved.Path, resolved.Exists));
    }

    [Fact]
    public void the_last_link_stays_where_asked() =>
        Assert.Equal(("usr/bin/sh", EntryKind.SymbolicLink),
            (Links().Resolve("bin/sh", followLast: false).Path, Links().Resolve("bin", followLast: false).Entry!.Kind));

    [Fact]
    public void links_in_a_circle_and_ways_through_files_are_refused()
    {
        Assert.Contains("symbolic links", Assert.Throws<LayerException>(() => Links().Resolve("loop/x")).Message, StringComparison.Ordinal);
        Assert.Contains("not a folder",
            Assert.Throws<LayerException>(() => Links().Resolve("usr/bin/sh/x")).Message, StringComparison.Ordinal);
    }

    private static Chain Links() => Of(
        [FileTrees.FileEntry("usr/bin/sh"),
            Link("bin", "usr/bin"), Link("abs", "/usr"), Link("escape", "../../../.."), Link("loop", "loop2"), Link("loop2", "loop")],
        [Link("chained", "/chain2"), Link("chain2", "bin"), Link("dangling", "nowhere/at/all")]);
}

public sealed class KeepingATableOfContents
{
    [Fact]
    public void it_comes_back_as_it_was()
    {
        var table = TableOfContents.Of(
        [
            FileTrees.FileEntry("usr/share/\uDCFF", modified: new FileTime(-5, 7)),
            FileTrees.FolderEntry("usr") with { Mode = 0b1_111_111_111, Opaque = true, Uid = uint.MaxValue - 1 },
            new() { Path = "usr/gone", Kind = EntryKind.Whiteout }, new()
            {
                Path = "dev/null",
                Kind = EntryKind.CharacterDevice,
                DeviceMajor = 1,
                DeviceMinor = 3,
            },
            new() { Path = "link", Kind = EntryKind.SymbolicLink, LinkTarget = "/\uDC80" }, new() { Path = "pipe", Kind = EntryKind.Fifo },
        ]);
        using var file = new MemoryStream();
        table.Save(file);
        file.Position = 0;
        Assert.Equal(table.Entries, TableOfContents.TryLoad(file)!.Entries);
        foreach (var length in new[] { 0, 3, 10, (int)file.Length - 1 })
            Assert.Null(TableOfContents.TryLoad(new MemoryStream(file.ToArray()[..length])));
    }

    [Fact]
    public void children_are_those_of_the_folder_and_no_deeper()
    {
        var table = TableOfContents.Of(new[] { "a/b/c", "a/b/d", "a/b-c", "a.b", "a/e" }.Select(path => FileTrees.FileEntry(path)));
        Assert.Equal(["a/b", "a/b-c", "a/e"], table.Children("a").Select(entry => entry.Path));
        Assert.Equal(["a", "a.b"], table.Children("").Select(entry => entry.Path));
        Assert.Empty(table.Children("nowhere"));
    }
}

public sealed class NamesOfFiles
{
    [Fact]
    public void any_bytes_make_the_round_trip()
    {
        foreach (var (bytes, name) in new (byte[], string)[]
        {
            ([0x61, 0xFF, 0x62], "a\uDCFFb"),
            ([0xE2, 0x82], "\uDCE2\uDC82"), ([0xED, 0xA0, 0x80], "\uDCED\uDCA0\uDC80"), ([0xC3, 0xA4, 0xF0, 0x9F, 0x98, 0x80], "ä😀"),
        })
        {
            Assert.Equal(name, FileName.Decode(bytes));
            Assert.Equal(bytes, FileName.Encode(name));
        }
        Prop.ForAll<byte[]>(bytes => FileName.Encode(FileName.Decode(bytes)).AsSpan().SequenceEqual(bytes)).QuickCheckThrowOnFailure();
    }
}
