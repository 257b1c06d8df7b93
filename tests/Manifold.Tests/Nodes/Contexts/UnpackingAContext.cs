using System.Text;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Nodes.Contexts;
using Manifold.Oci;

namespace Manifold.Tests.Nodes.Contexts;

/// <summary>What another machine makes of blobs that it got: exactly the files, and nothing elsewhere, whatever the blobs are.</summary>
public sealed class UnpackingAContext : IDisposable
{
    private const string Everything = "COPY . /all", ShowsEverything = "RUN --mount=type=bind,target=/s true";
    private readonly ContextBench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task names_modes_times_and_links_are_those_of_the_files()
    {
        bench.Write("sub/file", "content");
        bench.HardLink("sub/second", "sub/file");
        bench.Link("link", "sub/file");
        NamesOfBytes.Write(bench.Folder["context/sub"], NamesOfBytes.Latin1, "bytes");
        using (var sub = DirectoryHandle.Open(bench.Folder["context/sub"]))
        {
            sub.SetMode("file", 0b100_110_000_100);
            sub.SetModified("file", new FileTime(1_600_000_000, 987_654_321));
            sub.SetModified("", new FileTime(-5, 1));
            sub.SetMode("", 0b101_101_000);
        }
        using var unpacked = await bench.SendAndUnpackAsync(ShowsEverything);

        using var found = DirectoryHandle.Open($"{unpacked.Folder}/sub");
        Assert.Equal([NamesOfBytes.Latin1, "file", "second"], found.Names().Order(StringComparer.Ordinal));
        var (file, second) = (found.Status("file")!.Value, found.Status("second")!.Value);
        Assert.Equal((0b100_110_000_100, new FileTime(1_600_000_000, 987_654_321)), (file.Mode, file.Modified));
        Assert.Equal((file.Inode, 2u), (second.Inode, second.Links));
        Assert.Equal((0b101_101_000, new FileTime(-5, 1)), (found.Status("")!.Value.Mode, found.Status("")!.Value.Modified));
        Assert.Equal("content", File.ReadAllText($"{unpacked.Folder}/sub/file"));
        Assert.Equal("sub/file", new FileInfo($"{unpacked.Folder}/link").LinkTarget);
    }

    [Fact]
    public async Task a_file_in_a_folder_that_forbids_it_is_written_too()
    {
        bench.Write("closed/below/file", "content");
        foreach (var path in new[] { "context/closed/below", "context/closed" })
            File.SetUnixFileMode(bench.Folder[path], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var unpacked = await bench.SendAndUnpackAsync(Everything);
        Assert.Equal("content", File.ReadAllText($"{unpacked.Folder}/closed/below/file"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserExecute, File.GetUnixFileMode($"{unpacked.Folder}/closed"));
    }

    [Fact]
    public async Task the_rules_of_the_packed_folder_come_along_and_an_ignore_file_in_it_is_a_file()
    {
        bench.Write("a#b", "");
        bench.Write(".dockerignore", "*");
        bench.Ignored = "  #not-a-comment\n!a#b\nx/**/\udcff\n";
        using var unpacked = await bench.SendAndUnpackAsync(Everything);
        Assert.Equal(["#not-a-comment", "!a#b", "x/**/\udcff"], unpacked.Rules.Texts);
        Assert.Equal("*", File.ReadAllText($"{unpacked.Folder}/.dockerignore"));
    }

    [Fact]
    public async Task readers_share_the_folder_and_the_last_one_deletes_it()
    {
        bench.Write("a", "a");
        var packed = await bench.PackAsync(Everything);
        bench.Send(packed);
        var readers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => bench.UnpackAsync(packed.Manifest.Digest)));
        var folder = Assert.Single(readers.Select(reader => reader.Folder).Distinct());
        foreach (var reader in readers)
        {
            Assert.True(File.Exists($"{folder}/a"));
            reader.Dispose();
            reader.Dispose();
        }
        Assert.False(Directory.Exists(folder));
        using var again = await bench.UnpackAsync(packed.Manifest.Digest);
        Assert.True(File.Exists($"{again.Folder}/a"));
    }

    [Fact]
    public async Task one_that_is_canceled_leaves_nothing()
    {
        bench.Write("a", "a");
        var packed = await bench.PackAsync(Everything);
        bench.Send(packed);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => bench.Unpacker.UnpackAsync(packed.Manifest.Digest, new CancellationToken(canceled: true)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(bench.There.WorkFolder));
        (await bench.UnpackAsync(packed.Manifest.Digest)).Dispose();
        Assert.Empty(Directory.EnumerateFileSystemEntries(bench.There.WorkFolder));
    }

    public static TheoryData<string> HostilePaths =>
        ["../outside", "a/../../outside", "/outside", "link/outside", "up/outside", "./../outside"];

    [Theory]
    [MemberData(nameof(HostilePaths))]
    public async Task a_path_that_leads_out_of_the_folder_is_made_within_or_refused(string path)
    {
        await UnpackHostileAsync(
            new LayerEntry { Path = "link", Kind = EntryKind.SymbolicLink, LinkTarget = bench.Folder.Path },
            new LayerEntry { Path = "up", Kind = EntryKind.SymbolicLink, LinkTarget = ".." },
            FileTrees.FileEntry(path));
        Assert.Empty(Directory.EnumerateFiles(bench.Folder.Path, "outside"));
        Assert.Empty(Directory.EnumerateFiles(bench.There.WorkFolder, "outside"));
    }

    [Theory]
    [InlineData("../victim")]
    [InlineData("link/victim")]
    [InlineData("VICTIM")]
    public async Task a_hard_link_to_a_file_elsewhere_is_refused(string target)
    {
        var victim = bench.Folder.Write("victim", "untouched");
        target = target == "VICTIM" ? victim : target;
        Assert.IsType<LayerException>(await UnpackHostileAsync(
            new LayerEntry { Path = "link", Kind = EntryKind.SymbolicLink, LinkTarget = bench.Folder.Path },
            new LayerEntry { Path = "hard", Kind = EntryKind.HardLink, LinkTarget = target },
            FileTrees.FileEntry("hard", "overwritten")));
        Assert.Equal("untouched", File.ReadAllText(victim));
    }

    [Fact]
    public async Task attributes_and_owners_that_a_tar_brings_are_dropped()
    {
        var entry = FileTrees.FileEntry("a") with { Uid = 4321, Gid = 4321, Xattrs = FileTrees.FileEntry("a").Xattrs.Add("user.x", [1]) };
        Descriptor group = await GroupAsync(entry);
        using var unpacked = await bench.UnpackAsync(await ManifestAsync(group));
        using var folder = DirectoryHandle.Open(unpacked.Folder);
        Assert.Equal(User.OfNewFiles, (folder.Status("a")!.Value.Uid, folder.Status("a")!.Value.Gid));
        Assert.Empty(folder.Xattrs("a", key => key == "user.x"));
    }

    [Fact]
    public async Task a_device_is_made_or_it_is_said_that_root_can()
    {
        var failure = await UnpackHostileAsync(new LayerEntry
        {
            Path = "null",
            Kind = EntryKind.CharacterDevice,
            Mode = 0b110_110_110,
            DeviceMajor = 1,
            DeviceMinor = 3,
        });
        Assert.True(failure is null or HostNotReadyException, failure?.ToString());
        Assert.Contains("'null' is a device", failure?.Message ?? "'null' is a device", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not JSON")]
    [InlineData("{}")]
    [InlineData("null")]
    public async Task a_manifest_that_is_none_is_refused(string document)
    {
        var blob = await bench.There.WriteAsync(Encoding.UTF8.GetBytes(document), MediaType.Manifest);
        await Assert.ThrowsAsync<ContentMismatchException>(() => bench.UnpackAsync(blob.Digest));
    }

    [Fact]
    public async Task an_image_is_no_context()
    {
        var group = await GroupAsync(FileTrees.FileEntry("a"));
        var image = await ManifestAsync(MediaType.Config, group);
        await Assert.ThrowsAsync<ContentMismatchException>(() => bench.UnpackAsync(image));
    }

    [Fact]
    public async Task a_layer_of_another_kind_is_refused_and_leaves_nothing()
    {
        var group = await GroupAsync(FileTrees.FileEntry("a"));
        var manifest = await ManifestAsync(group, group with { MediaType = "application/x-of-the-future" });
        var e = await Assert.ThrowsAsync<ContentMismatchException>(() => bench.UnpackAsync(manifest));
        Assert.Contains("application/x-of-the-future", e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(bench.There.WorkFolder));
    }

    [Fact]
    public async Task a_blob_that_is_missing_or_damaged_is_found()
    {
        bench.Write("a", new string('a', 1000));
        var packed = await bench.PackAsync(Everything);
        foreach (var blob in packed.Blobs)
        {
            bench.Send(packed);
            var path = bench.There.BlobPath(blob.Digest);
            var bytes = File.ReadAllBytes(path);
            if (bench.ManifestOf(packed).Config != blob)
                await FailsWithAsync(() => File.Delete(path));
            foreach (var at in bytes.Length > 2 ? [0, bytes.Length / 2, bytes.Length - 1] : Array.Empty<int>())
                await FailsWithAsync(() => File.WriteAllBytes(path, [.. bytes[..at], (byte)(bytes[at] ^ 1), .. bytes[(at + 1)..]]));
            File.WriteAllBytes(path, bytes);
        }

        async Task FailsWithAsync(Action damage)
        {
            damage();
            var e = await Assert.ThrowsAnyAsync<ManifoldException>(() => bench.UnpackAsync(packed.Manifest.Digest));
            Assert.True(e is ContentMismatchException or LayerException, e.ToString());
        }
    }

    /// <returns>The failure, if unpacking fails. The folder is gone then.</returns>
    private async Task<Exception?> UnpackHostileAsync(params LayerEntry[] entries)
    {
        var manifest = await ManifestAsync(await GroupAsync(entries));
        try
        {
            (await bench.UnpackAsync(manifest)).Dispose();
            return null;
        }
        catch (ManifoldException e)
        {
            return e;
        }
        finally
        {
            Assert.Empty(Directory.EnumerateDirectories(bench.There.WorkFolder));
        }
    }

    private async Task<Descriptor> GroupAsync(params LayerEntry[] entries)
    {
        await using var blob = bench.There.CreateBlob();
        using (var compressed = Compression.Compress(blob, new LayerForm(LayerCompression.Zstd)))
        {
            var tar = new TarWriter(compressed, exact: true);
            foreach (var entry in entries)
                tar.Write(entry);
            tar.Finish();
        }
        return await blob.CommitAsync(ContextFormat.Group);
    }

    private Task<Digest> ManifestAsync(params Descriptor[] layers) => ManifestAsync(ContextFormat.Artifact, layers);

    private async Task<Digest> ManifestAsync(string type, params Descriptor[] layers)
    {
        var config = await bench.There.WriteAsync("{}"u8.ToArray(), MediaType.Empty);
        var manifest = new Manifest { ArtifactType = type, Config = config, Layers = [.. layers] };
        return (await bench.There.WriteAsync(manifest.ToJson(), MediaType.Manifest)).Digest;
    }
}
