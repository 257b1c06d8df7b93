using FsCheck;
using FsCheck.Fluent;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Tests.Layers;

public sealed class MakingALayer
{
    private static readonly LayerWriter Writer = new(new FileTime(1_600_000_000));

    [Fact]
    public void the_order_of_the_entries_does_not_matter()
    {
        LayerEntry[] entries =
        [
            FileTrees.FolderEntry("a"),
            FileTrees.FileEntry("a/b"),
            FileTrees.FileEntry("a-b"),
            FileTrees.FolderEntry("ä"),
            FileTrees.FileEntry("ä/\uDCFF"),
            FileTrees.FileEntry("ä/😀"),
            FileTrees.FileEntry("ä/\uFFFD"),
            new() { Path = "gone", Kind = EntryKind.Whiteout },
            new() { Path = "link", Kind = EntryKind.SymbolicLink, LinkTarget = "a" },
            new() { Path = "0-hard", Kind = EntryKind.HardLink, LinkTarget = "a/b" },
            new() { Path = "z-hard", Kind = EntryKind.HardLink, LinkTarget = "a/b" },
        ];
        var expected = Writer.Hash(entries);
        Prop.ForAll(Gen.Shuffle(entries).ToArbitrary(), shuffled =>
        {
            var layer = Writer.Hash(shuffled);
            Assert.Equal(expected.DiffId, layer.DiffId);
            Assert.Equal(expected.Contents.Entries, layer.Contents.Entries);
        }).QuickCheckThrowOnFailure();
        Assert.Equal(["0-hard", "a", "a/b", "a-b", "gone", "link", "z-hard", "ä", "ä/\uFFFD", "ä/😀", "ä/\uDCFF"],
            Writer.Ordered(entries).Select(entry => entry.Path));
    }

    [Fact]
    public void the_first_name_of_a_hard_linked_file_has_the_content()
    {
        var ordered = Writer.Ordered([FileTrees.FileEntry("m"), new() { Path = "a", Kind = EntryKind.HardLink, LinkTarget = "m" },
            new() { Path = "z", Kind = EntryKind.HardLink, LinkTarget = "a" }]);
        Assert.Equal([("a", EntryKind.File, null), ("m", EntryKind.HardLink, "a"), ("z", EntryKind.HardLink, "a")],
            ordered.Select(entry => (entry.Path, entry.Kind, entry.LinkTarget)));
    }

    [Fact]
    public void hard_links_that_lead_in_a_circle_are_refused() =>
        Assert.Throws<LayerException>(() => Writer.Ordered([new() { Path = "a", Kind = EntryKind.HardLink, LinkTarget = "b" },
            new() { Path = "b", Kind = EntryKind.HardLink, LinkTarget = "a" }]));

    [Fact]
    public void a_path_twice_is_refused() =>
        Assert.Throws<LayerException>(() => Writer.Ordered([FileTrees.FileEntry("a"), FileTrees.FileEntry("a")]));

    [Theory]
    [InlineData(1_500_000_000, 999, 1_500_000_000)]
    [InlineData(1_600_000_000, 999, 1_600_000_000)]
    [InlineData(1_700_000_000, 0, 1_600_000_000)]
    public void times_are_clamped_and_whole(long seconds, int nanoseconds, long expected) =>
        Assert.Equal(new FileTime(expected),
            Writer.Ordered([FileTrees.FileEntry("a", modified: new FileTime(seconds, nanoseconds))])[0].Modified);

    [Fact]
    public async Task a_tar_that_is_not_the_diff_id_s_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var store = Store.Open(folder.Path);
        var layer = await Writer.StoreAsync([FileTrees.FileEntry("a")], store);
        Assert.Contains("config says",
            Assert.Throws<LayerException>(() => new LayerReader(store).ReadContents(layer.Descriptor!, Digest.Of("other"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task nothing_is_left_in_the_store_when_a_file_cannot_be_read()
    {
        using var folder = new TemporaryFolder();
        using var store = Store.Open(folder.Path);
        await Assert.ThrowsAsync<LayerException>(() => Writer.StoreAsync([FileTrees.FileEntry("a") with { Size = 1_000_000 }], store));
        Assert.Empty(Directory.GetFiles(folder["blobs/sha256"]));
        Assert.Empty(Directory.GetFiles(store.WorkFolder));
    }
}

public sealed class UnpackingALayer
{
    [Fact]
    public void a_hard_link_to_a_lower_layer_s_file_becomes_a_copy_of_it()
    {
        using var folder = new TemporaryFolder();
        folder.Write("lower/file", "of below");
        var writer = new FolderWriter(folder["x"]) { LowerFile = path => path == "file" ? folder["lower/file"] : null };
        writer.Write([new() { Path = "a/link", Kind = EntryKind.HardLink, LinkTarget = "file" }]);
        Assert.Equal("of below", File.ReadAllText(folder["x/a/link"]));
        Assert.Throws<LayerException>(() => writer.Write([new() { Path = "b", Kind = EntryKind.HardLink, LinkTarget = "nowhere" }]));
    }

    [Theory]
    [InlineData("plain text")]
    [InlineData("")]
    [InlineData("BZh no archive")]
    [InlineData("\u001f no archive")]
    public void what_is_no_archive_is_null(string content)
    {
        using var folder = new TemporaryFolder();
        Assert.Null(Archive.TryOpen(File.OpenRead(folder.Write("x.tar.gz", content)), "archive"));
    }
}
