using Manifold.Content;
using Manifold.Layers;
using Manifold.Linux;

namespace Manifold.EndToEnd.Layers;

public sealed class MakingALayer
{
    private static readonly LayerWriter Writer = new(new FileTime(1_600_000_000));

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
        var entries = Enumerable.Range(0, 60)
            .Select(
                i => FileTrees.FileEntry($"f{i}", string.Concat(Enumerable.Range(0, 20_000).Select(_ => random.Next(100).ToString("x")))))
            .ToArray();
        var layer = await Writer.StoreAsync(entries, store, form);
        var again = await Writer.StoreAsync(entries.Reverse(), store, form);
        Assert.Equal((layer.Descriptor, layer.DiffId), (again.Descriptor, again.DiffId));
        Assert.Equal(layer.DiffId, Writer.Hash(entries).DiffId);
        var judged = await Tool.Run("bash", "-c", $"{decompress} < '{store.BlobPath(layer.Descriptor!.Digest)}' | sha256sum");
        Assert.Equal(layer.DiffId.Hex, judged.Split(' ')[0]);
        Assert.Equal(layer.Contents.Entries, new LayerReader(store).ReadContents(layer.Descriptor, layer.DiffId).Entries);
        await Tool.Run("bash", "-c", $"python3 -c 'import sys, zlib, gzip; gzip.decompress(open(sys.argv[1], "
            + $"\"rb\").read())' '{store.BlobPath(layer.Descriptor.Digest)}' || [ {compression} != Gzip ]");
    }
}

public sealed class UnpackingALayer
{
    [Fact]
    public async Task umoci_and_we_see_the_same_image()
    {
        using var folder = new TemporaryFolder();
        var first = await RealTrees.Make(folder, "first", RealTrees.Everything);
        await RealTrees.Shell(first, RealTrees.Privileged);
        await RealTrees.Shell(first, "setfattr -x user.empty a/hello"); // Go's tar reader takes an empty value for "no such record"
        LayerEntry[] second =
        [
            new() { Path = "a/hello", Kind = EntryKind.Whiteout },
            FileTrees.FolderEntry("a/deep") with { Opaque = true },
            FileTrees.FileEntry("a/deep/new"),
            FileTrees.FileEntry("empty"), FileTrees.FolderEntry("big"), FileTrees.FileEntry("big/in"),
        ];
        var layout = folder["layout"];
        await Tool.Run("umoci", "init", "--layout", layout);
        await Tool.Run("umoci", "new", "--image", $"{layout}:it");
        await Tool.Run("umoci",
            "raw", "add-layer", "--image", $"{layout}:it", FileTrees.WriteTar(folder["1.tar"], FileTrees.Entries(first)));
        await Tool.Run("umoci", "raw", "add-layer", "--image", $"{layout}:it", FileTrees.WriteTar(folder["2.tar"], second));
        await Tool.Run("umoci", "raw", "unpack", "--image", $"{layout}:it", folder["umoci"]);
        FileTrees.Unpack(folder["1.tar"], folder["ours"]);
        FileTrees.Unpack(folder["2.tar"], folder["ours"]);
        // umoci sets the time of a folder back that the second layer has no entry for; times are compared with other judges.
        Assert.Equal(await RealTrees.Describe(folder["umoci"], times: false), await RealTrees.Describe(folder["ours"], times: false));
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

    [Fact]
    public void folders_without_an_entry_are_made_and_named()
    {
        using var folder = new TemporaryFolder();
        var unpacked = new FolderWriter(folder["x"])
            .Write([FileTrees.FileEntry("a/b/c"), FileTrees.FolderEntry("a/b") with { Mode = 0b111_000_000 }, FileTrees.FileEntry("d/e")]);
        Assert.Equal(["", "a", "d"], unpacked.ImpliedFolders);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder["x/a/b"]));
    }

    [Fact]
    public void a_folder_that_gives_way_to_a_file_takes_its_content_along()
    {
        using var folder = new TemporaryFolder();
        var unpacked = new FolderWriter(folder["x"]).Write(
            [FileTrees.FolderEntry("a"),
                FileTrees.FileEntry("a/b"), FileTrees.FileEntry("a", "file"), FileTrees.FolderEntry("a"), FileTrees.FileEntry("a/c")]);
        Assert.Equal(["", "a", "a/c"], unpacked.Contents.Entries.Select(entry => entry.Path));
        Assert.Equal([folder["x/a/c"]], Directory.GetFileSystemEntries(folder["x/a"]));
    }

    [Fact]
    public void a_whiteout_of_what_went_with_a_folder_is_one()
    {
        using var folder = new TemporaryFolder();
        var unpacked = new FolderWriter(folder["x"]).Write(
            [FileTrees.FolderEntry("a"), FileTrees.FileEntry("a/b"),
                FileTrees.FileEntry("a"), FileTrees.FolderEntry("a"), new() { Path = "a/b", Kind = EntryKind.Whiteout }]);
        Assert.Equal(EntryKind.Whiteout, unpacked.Contents.Find("a/b")!.Kind);
        Assert.Equal(EntryKind.Whiteout, Assert.Single(new FolderReader(folder["x"]).Entries(), entry => entry.Path == "a/b").Kind);
    }
}
