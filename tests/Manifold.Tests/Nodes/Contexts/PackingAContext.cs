using System.Collections.Immutable;
using System.Globalization;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Nodes.Contexts;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Copying;
using TarEntry = System.Formats.Tar.TarEntry;
using TarReader = System.Formats.Tar.TarReader;

namespace Manifold.Tests.Nodes.Contexts;

/// <summary>A context becomes blobs: the same for the same files, and made once.</summary>
public sealed class PackingAContext : IDisposable
{
    private const string Everything = "COPY . /all", ShowsEverything = "RUN --mount=type=bind,target=/s true";
    private readonly ContextBench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task one_changed_file_changes_one_group_and_nothing_else_is_sent_again()
    {
        WriteMany();
        var first = await bench.PackAsync(Everything);
        bench.Send(first);
        Assert.InRange(first.Blobs.Length, 5, 60);

        bench.Write("f/7/3", new string('n', 10_001));
        var second = await bench.PackAsync(Everything);

        var group = Assert.Single(Layers(second).Except(Layers(first)));
        Assert.Single(Layers(first).Except(Layers(second)));
        Assert.Equal([group, second.Manifest], bench.Send(second));
    }

    [Fact]
    public async Task files_that_come_and_go_change_the_groups_around_them_and_no_others()
    {
        WriteMany();
        var first = await bench.PackAsync(Everything);
        for (var i = 0; i < 20; i++)
        {
            bench.Write($"f/{i}/new", new string('n', 1 << i));
            var more = await bench.PackAsync(Everything);
            Assert.InRange(Layers(more).Except(Layers(first)).Count(), 1, 3);
            File.Delete(bench.Folder[$"context/f/{i}/new"]);
        }
        Assert.Equal(first.Manifest, (await bench.PackAsync(Everything)).Manifest);
    }

    [Fact]
    public async Task the_order_of_steps_and_of_making_files_changes_nothing()
    {
        bench.Write("a/1", "1");
        bench.Write("a/2", "2");
        bench.Write("b", "b");
        foreach (var path in new[] { "b", "a/2", "a/1" })
            bench.Folder.Write($"other/{path}", path[^1..]);
        var first = await bench.PackAsync("COPY a /a", "COPY b /b");
        bench.Root = "other";
        Assert.Equal(first.Blobs, (await bench.PackAsync("COPY b /b", "COPY a /a", "COPY a /a")).Blobs);
    }

    [Fact]
    public async Task a_time_counts_only_where_a_program_sees_it()
    {
        var file = bench.Write("a", "a");
        var copied = await bench.PackAsync(Everything);
        var shown = await bench.PackAsync(ShowsEverything);
        File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch.AddTicks(7));
        Assert.Equal(copied.Manifest, (await bench.PackAsync(Everything)).Manifest);
        Assert.NotEqual(shown.Manifest, (await bench.PackAsync(ShowsEverything)).Manifest);
    }

    [Fact]
    public async Task what_no_step_reads_and_what_is_ignored_is_not_packed()
    {
        bench.Write("read/a", "a");
        bench.Write("read/ignored", "i");
        bench.Ignored = "read/ignored\n";
        var first = await bench.PackAsync("COPY read /r");
        bench.Write("unread", "u");
        bench.Write("read/ignored", "another");
        Assert.Equal(first.Manifest, (await bench.PackAsync("COPY read /r")).Manifest);
        Assert.Equal(["read/", "read/a"], NamesIn(first));
    }

    [Fact]
    public async Task the_named_context_that_is_asked_for_is_packed_and_no_other()
    {
        bench.Write("of-the-context", "");
        bench.Folder.Write("named/of-the-name", "");
        bench.Folder.Write("named/shown", "");
        bench.Named = new FolderSource("extra", bench.Folder["named"]);
        bench.Root = "named";
        string[] instructions =
            ["COPY of-the-context /a", "COPY --from=extra of-the-name /b", "RUN --mount=type=bind,from=extra,source=shown,target=/c true"];

        Assert.Equal(["of-the-name", "shown"], NamesIn(await bench.PackAsync(instructions)));
        Assert.Equal([bench.Named], PackedFolder.NamedIn(bench.Steps(instructions)));
    }

    [Fact]
    public async Task a_context_that_no_step_reads_is_an_artifact_without_files()
    {
        var packed = await bench.PackAsync("WORKDIR /x");
        Assert.Equal(2, packed.Blobs.Distinct().Count());
        bench.Send(packed);
        using var unpacked = await bench.UnpackAsync(packed.Manifest.Digest);
        Assert.Empty(Directory.EnumerateFileSystemEntries(unpacked.Folder));
    }

    [Fact]
    public async Task the_artifact_is_one_that_registries_and_other_programs_read()
    {
        var file = bench.Write("a", "content");
        Directory.CreateDirectory(bench.Folder["context/.wh.folder"]);
        using (var root = DirectoryHandle.Open(bench.Folder["context"]))
            root.SetModified("a", new FileTime(1_700_000_000, 123_456_700));
        var packed = await bench.PackAsync(ShowsEverything);

        var manifest = bench.ManifestOf(packed);
        Assert.Equal(("application/vnd.manifold.context.v1", MediaType.Empty), (manifest.ArtifactType, manifest.Config.MediaType));
        Assert.Equal("{}"u8, bench.Here.ReadDocument(manifest.Config.Digest));
        Assert.All(manifest.Layers, layer => Assert.Equal(MediaType.LayerZstd, layer.MediaType));
        Assert.Equal(packed.Blobs.ToHashSet(), [manifest.Config, .. manifest.Layers, packed.Manifest]);
        using var tar = new TarReader(Compression.Open(bench.Here.Open(Assert.Single(manifest.Layers).Digest)));
        var entries = new List<TarEntry>();
        while (tar.GetNextEntry(copyData: true) is { } entry)
            entries.Add(entry);
        Assert.Equal(["./", ".wh.folder/", "a"], entries.Select(entry => entry.Name));
        Assert.Equal("content", new StreamReader(entries[2].DataStream!).ReadToEnd());
        Assert.Equal(File.GetLastWriteTimeUtc(file), entries[2].ModificationTime.UtcDateTime);
        Assert.Equal(1234567, entries[2].ModificationTime.Ticks % TimeSpan.TicksPerSecond);
    }

    [Fact]
    public async Task what_is_known_is_neither_read_nor_compressed_again()
    {
        // The two contexts differ, and the memory says that they do not: who opens the file finds out.
        bench.Write("a", "other");
        var known = await bench.PackAsync(Everything);
        var blobs = known.Blobs.Select(blob => DirectoryHandle.StatusOf(bench.Here.BlobPath(blob.Digest))).ToList();
        bench.Folder.Write("changed/a", "12345");
        Remember("changed", "a", "other");

        bench.Root = "changed";
        Assert.Equal(known.Blobs, (await bench.PackAsync(Everything)).Blobs);
        Assert.Equal(blobs, known.Blobs.Select(blob => DirectoryHandle.StatusOf(bench.Here.BlobPath(blob.Digest))));
    }

    [Theory]
    [InlineData("12345", "other")]
    [InlineData("12345", "longer than it is")]
    [InlineData("12345", "")]
    [InlineData("", "not empty")]
    public async Task a_memory_that_is_wrong_is_found_out_and_corrected(string content, string remembered)
    {
        bench.Write("a", content);
        bench.Folder.Write("clean/a", content);
        bench.Root = "clean";
        var expected = await bench.PackAsync("COPY a /x");
        foreach (var record in Directory.GetFiles(bench.Here.Layout.Contexts.Path))
            File.Delete(record);
        Remember("context", "a", remembered);
        bench.Root = "context";
        Assert.Equal(expected.Blobs, (await bench.PackAsync("COPY a /x")).Blobs);
    }

    [Theory]
    [InlineData("12345", "other")]
    [InlineData("12345", "longer")]
    [InlineData("12345", "less")]
    [InlineData("", "not empty anymore")]
    public async Task a_file_that_changes_after_it_was_hashed_is_not_packed(string before, string after)
    {
        bench.Write("a", before);
        var (files, blobs) = (Read("COPY a /x"), new GroupBlobs(bench.Here, TimeProvider.System));
        if (before.Length == 0)
            files = [files[0] with { Content = Digest.Of(after) }]; // it was written to between its choice and its hashing
        bench.Write("a", after);
        var e = await Assert.ThrowsAsync<ContextChangedException>(() => blobs.GetAsync(files, default));
        Assert.Equal("a", e.File);
        Assert.Empty(Directory.EnumerateFiles(bench.Here.Layout.Contexts.Path));
    }

    [Fact]
    public async Task a_file_that_is_gone_after_it_was_hashed_is_named()
    {
        bench.Write("sub/a", "a");
        var files = Read("COPY sub/a /x");
        Directory.Delete(bench.Folder["context/sub"], recursive: true);
        var e = await Assert.ThrowsAsync<ContextChangedException>(
            () => new GroupBlobs(bench.Here, TimeProvider.System).GetAsync(files, default));
        Assert.Equal("sub/a", e.File);
    }

    [Fact]
    public async Task what_was_pruned_is_made_again()
    {
        bench.Write("a", "a");
        var first = await bench.PackAsync(Everything);
        await new Prune(bench.Here, TimeProvider.System).RunAsync(new(All: true));
        Assert.All(first.Blobs, blob => Assert.False(bench.Here.Contains(blob.Digest)));
        Assert.Equal(first.Blobs, (await bench.PackAsync(Everything)).Blobs);
        Assert.All(first.Blobs, blob => Assert.Equal(blob.Size, bench.Here.SizeOf(blob.Digest)));
    }

    [Fact]
    public async Task an_ordinary_prune_keeps_groups_of_late()
    {
        bench.Write("a", "a");
        var first = await bench.PackAsync(Everything);
        var groups = Layers(first);
        await new Prune(bench.Here, TimeProvider.System).RunAsync(new());
        Assert.All(groups, group => Assert.True(bench.Here.Contains(group.Digest)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"mediaType\":\"x\"}")]
    public async Task a_damaged_record_is_as_good_as_none(string damage)
    {
        bench.Write("a", "a");
        var first = await bench.PackAsync(Everything);
        File.WriteAllText(Assert.Single(Directory.GetFiles(bench.Here.Layout.Contexts.Path)), damage);
        Assert.Equal(first.Blobs, (await bench.PackAsync(Everything)).Blobs);
    }

    [Fact]
    public async Task a_large_file_is_a_group_of_its_own()
    {
        bench.Write("a", "a");
        bench.Write("b", new string('b', 3 << 20));
        bench.Write("c", "c");
        var packed = await bench.PackAsync("COPY a b c /x/");
        Assert.Equal([["a"], ["b"], ["c"]], Layers(packed).Select(group => NamesIn(group)));
    }

    [Fact]
    public async Task a_missing_source_fails_as_it_does_in_a_build() =>
        Assert.Contains("'nowhere'", (await Assert.ThrowsAsync<StepFailedException>(() => bench.PackAsync("COPY nowhere /x"))).Message,
            StringComparison.Ordinal);

    private void WriteMany()
    {
        for (var i = 0; i < 20; i++)
            for (var j = 0; j < 20; j++)
                bench.Write($"f/{i}/{j}", string.Create(CultureInfo.InvariantCulture, $"{i} {j} {new string('x', 10_000)}"));
    }

    private ImmutableArray<Descriptor> Layers(PackedContext packed) => bench.ManifestOf(packed).Layers;

    private IEnumerable<string> NamesIn(PackedContext packed) =>
        Layers(packed).Where(layer => layer.MediaType == MediaType.LayerZstd).SelectMany(NamesIn);

    private List<string> NamesIn(Descriptor group)
    {
        using var tar = new TarReader(Compression.Open(bench.Here.Open(group.Digest)));
        var names = new List<string>();
        while (tar.GetNextEntry() is { } entry)
            names.Add(entry.Name);
        return names;
    }

    private ImmutableArray<PackedFile> Read(string instruction) => ReadFiles.Of(
        new PackedFolder(bench.Folder["context"], bench.Rules, "the context"), bench.Steps(instruction),
        new FileDigests(bench.Here, bench.Folder["context"], TimeProvider.System), default);

    /// <summary>Makes the memory of a folder's files say that a file has another content.</summary>
    private void Remember(string folder, string file, string content)
    {
        var path = bench.Folder[folder];
        var digests = new FileDigests(bench.Here, path, new ContextBench.AnHourLater());
        var identity = FileDigests.Identity.Of(DirectoryHandle.StatusOf($"{path}/{file}")!.Value);
        digests.Of(file, identity, () => new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)));
        digests.Save();
    }
}
