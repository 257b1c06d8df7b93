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
            FileTrees.FolderEntry("a"), FileTrees.FileEntry("a/b"), FileTrees.FileEntry("a-b"), FileTrees.FolderEntry("ä"), FileTrees.FileEntry("ä/\uDCFF"), FileTrees.FileEntry("ä/😀"),
            FileTrees.FileEntry("ä/\uFFFD"), new() { Path = "gone", Kind = EntryKind.Whiteout }, new() { Path = "link", Kind = EntryKind.SymbolicLink, LinkTarget = "a" },
            new() { Path = "0-hard", Kind = EntryKind.HardLink, LinkTarget = "a/b" }, new() { Path = "z-hard", Kind = EntryKind.HardLink, LinkTarget = "a/b" },
        ];
        var expected = Writer.Hash(entries);
        Prop.ForAll(Gen.Shuffle(entries).ToArbitrary(), shuffled =>
        {
            var layer = Writer.Hash(shuffled);
            Assert.Equal(expected.DiffId, layer.DiffId);
            Assert.Equal(expected.Contents.Entries, layer.Contents.Entries);
        }).QuickCheckThrowOnFailure();
        Assert.Equal(["0-hard", "a", "a/b", "a-b", "gone", "link", "z-hard", "ä", "ä/\uFFFD", "ä/😀", "ä/\uDCFF"], Writer.Ordered(entries).Select(entry => entry.Path));
    }

    [Fact]
    public void the_first_name_of_a_hard_linked_file_has_the_content()
    {
        var ordered = Writer.Ordered([FileTrees.FileEntry("m"), new() { Path = "a", Kind = EntryKind.HardLink, LinkTarget = "m" }, new() { Path = "z", Kind = EntryKind.HardLink, LinkTarget = "a" }]);
        Assert.Equal([("a", EntryKind.File, null), ("m", EntryKind.HardLink, "a"), ("z", EntryKind.HardLink, "a")], ordered.Select(entry => (entry.Path, entry.Kind, entry.LinkTarget)));
    }

    [Fact]
    public void hard_links_that_lead_in_a_circle_are_refused() =>
        Assert.Throws<LayerException>(() => Writer.Ordered([new() { Path = "a", Kind = EntryKind.HardLink, LinkTarget = "b" }, new() { Path = "b", Kind = EntryKind.HardLink, LinkTarget = "a" }]));

    [Fact]
    public void a_path_twice_is_refused() => Assert.Throws<LayerException>(() => Writer.Ordered([FileTrees.FileEntry("a"), FileTrees.FileEntry("a")]));

    [Theory]
    [InlineData(1_500_000_000, 999, 1_500_000_000)]
    [InlineData(1_600_000_000, 999, 1_600_000_000)]
    [InlineData(1_700_000_000, 0, 1_600_000_000)]
    public void times_are_clamped_and_whole(long seconds, int nanoseconds, long expected) =>
        Assert.Equal(new FileTime(expected), Writer.Ordered([FileTrees.FileEntry("a", modified: new FileTime(seconds, nanoseconds))])[0].Modified);

    [Theory]
    [InlineData(nameof(LayerCompression.Gzip), "gzip -dc")]
    [InlineData(nameof(LayerCompression.Zstd), "zstd -dc")]
    [InlineData(nameof(LayerCompression.None), "cat")]
    public async Task the_blob_holds_the_tar_of_the_diff_id_and_is_the_same_each_time(string compression, string decompress)
    {
        var form = new LayerForm(Enum.Parse<LayerCompression>(compression));
        using var folder = new TemporaryFolder();
        using var store = Store.Open(folder.Path);
        var random = new Random(1);
        var entries = Enumerable.Range(0, 60).Select(i => FileTrees.FileEntry($"f{i}", string.Concat(Enumerable.Range(0, 20_000).Select(_ => random.Next(100).ToString("x"))))).ToArray();
        var layer = await Writer.StoreAsync(entries, store, form);
        var again = await Writer.StoreAsync(entries.Reverse(), store, form);
        Assert.Equal((layer.Descriptor, layer.DiffId), (again.Descriptor, again.DiffId));
        Assert.Equal(layer.DiffId, Writer.Hash(entries).DiffId);
        var judged = await Tool.Run("bash", "-c", $"{decompress} < '{store.BlobPath(layer.Descriptor!.Digest)}' | sha256sum");
        Assert.Equal(layer.DiffId.Hex, judged.Split(' ')[0]);
        Assert.Equal(layer.Contents.Entries, new LayerReader(store).ReadContents(layer.Descriptor, layer.DiffId).Entries);
        await Tool.Run("bash", "-c", $"python3 -c 'import sys, zlib, gzip; gzip.decompress(open(sys.argv[1], \"rb\").read())' '{store.BlobPath(layer.Descriptor.Digest)}' || [ {compression} != Gzip ]");
    }

    [Fact]
    public async Task a_tar_that_is_not_the_diff_id_s_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var store = Store.Open(folder.Path);
        var layer = await Writer.StoreAsync([FileTrees.FileEntry("a")], store);
        Assert.Contains("config says", Assert.Throws<LayerException>(() => new LayerReader(store).ReadContents(layer.Descriptor!, Digest.Of("other"))).Message, StringComparison.Ordinal);
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
    public async Task umoci_and_we_see_the_same_image()
    {
        using var folder = new TemporaryFolder();
        var first = await FileTrees.Make(folder, "first", FileTrees.Everything);
        await FileTrees.Shell(first, FileTrees.Privileged);
        await FileTrees.Shell(first, "setfattr -x user.empty a/hello"); // Go's tar reader takes an empty value for "no such record"
        LayerEntry[] second =
        [
            new() { Path = "a/hello", Kind = EntryKind.Whiteout }, FileTrees.FolderEntry("a/deep") with { Opaque = true }, FileTrees.FileEntry("a/deep/new"),
            FileTrees.FileEntry("empty"), FileTrees.FolderEntry("big"), FileTrees.FileEntry("big/in"),
        ];
        var layout = folder["layout"];
        await Tool.Run("umoci", "init", "--layout", layout);
        await Tool.Run("umoci", "new", "--image", $"{layout}:it");
        await Tool.Run("umoci", "raw", "add-layer", "--image", $"{layout}:it", FileTrees.WriteTar(folder["1.tar"], FileTrees.Entries(first)));
        await Tool.Run("umoci", "raw", "add-layer", "--image", $"{layout}:it", FileTrees.WriteTar(folder["2.tar"], second));
        await Tool.Run("umoci", "raw", "unpack", "--image", $"{layout}:it", folder["umoci"]);
        FileTrees.Unpack(folder["1.tar"], folder["ours"]);
        FileTrees.Unpack(folder["2.tar"], folder["ours"]);
        // umoci sets the time of a folder back that the second layer has no entry for; times are compared with other judges.
        Assert.Equal(await FileTrees.Describe(folder["umoci"], times: false), await FileTrees.Describe(folder["ours"], times: false));
    }

    [Fact]
    public void folders_without_an_entry_are_made_and_named()
    {
        using var folder = new TemporaryFolder();
        var unpacked = new FolderWriter(folder["x"]).Write([FileTrees.FileEntry("a/b/c"), FileTrees.FolderEntry("a/b") with { Mode = 0b111_000_000 }, FileTrees.FileEntry("d/e")]);
        Assert.Equal(["", "a", "d"], unpacked.ImpliedFolders);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder["x/a/b"]));
    }

    [Fact]
    public void a_folder_that_gives_way_to_a_file_takes_its_content_along()
    {
        using var folder = new TemporaryFolder();
        var unpacked = new FolderWriter(folder["x"]).Write(
            [FileTrees.FolderEntry("a"), FileTrees.FileEntry("a/b"), FileTrees.FileEntry("a", "file"), FileTrees.FolderEntry("a"), FileTrees.FileEntry("a/c")]);
        Assert.Equal(["", "a", "a/c"], unpacked.Contents.Entries.Select(entry => entry.Path));
        Assert.Equal([folder["x/a/c"]], Directory.GetFileSystemEntries(folder["x/a"]));
    }

    [Fact]
    public void a_whiteout_of_what_went_with_a_folder_is_one()
    {
        using var folder = new TemporaryFolder();
        var unpacked = new FolderWriter(folder["x"]).Write(
            [FileTrees.FolderEntry("a"), FileTrees.FileEntry("a/b"), FileTrees.FileEntry("a"), FileTrees.FolderEntry("a"), new() { Path = "a/b", Kind = EntryKind.Whiteout }]);
        Assert.Equal(EntryKind.Whiteout, unpacked.Contents.Find("a/b")!.Kind);
        Assert.Equal(EntryKind.Whiteout, Assert.Single(new FolderReader(folder["x"]).Entries(), entry => entry.Path == "a/b").Kind);
    }

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
    [InlineData("tar -c")]
    [InlineData("tar -c --gzip")]
    [InlineData("tar -c --bzip2")]
    [InlineData("tar -c --xz")]
    [InlineData("tar -c --zstd")]
    public async Task archives_are_known_by_their_content(string tar)
    {
        using var folder = new TemporaryFolder();
        folder.Write("files/.wh.a", "ordinary");
        await Tool.Run("bash", "-c", $"cd '{folder.Path}' && {tar} -f it -C files .");
        using var archive = Archive.TryOpen(File.OpenRead(folder["it"]), "archive");
        Assert.Equal(["", ".wh.a"], archive!.ReadThrough(folder["tar"]).Entries().Select(entry => entry.Path));
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

    [Fact]
    public async Task a_damaged_archive_is_refused()
    {
        using var folder = new TemporaryFolder();
        folder.Write("files/a", new string('x', 100_000) + Random.Shared.Next());
        foreach (var packing in new[] { "gzip", "xz", "zstd" })
        {
            await Tool.Run("bash", "-c", $"cd '{folder.Path}' && tar -c files | {packing} -c | head -c -30 > it");
            using var archive = Archive.TryOpen(File.OpenRead(folder["it"]), "archive");
            if (archive is not null)
                Assert.Throws<LayerException>(() => archive.ReadThrough(folder["tar"]).Entries().Select(entry => entry.Path).ToList());
        }
    }
}
