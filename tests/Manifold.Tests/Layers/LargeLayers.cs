using Manifold.Layers;
using Manifold.Linux;

namespace Manifold.Tests.Layers;

/// <summary>A layer of 10 MB may have millions of entries.</summary>
[Collection(nameof(MeasuringMemory))]
public sealed class LayersOfManyEntries : IDisposable
{
    private const int Entries = 50_000, Most = 250;
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void are_kept_in_less_than_250_bytes_an_entry()
    {
        var table = Measured(() => TableOfContents.Of(Made()));
        Assert.NotNull(table.Find("usr/share/doc/package-49/file-number-999"));
    }

    [Fact]
    public void are_read_back_in_less_than_250_bytes_an_entry()
    {
        using var saved = new MemoryStream();
        TableOfContents.Of(Made()).Save(saved);
        var table = Measured(() =>
        {
            saved.Position = 0;
            return TableOfContents.TryLoad(saved)!;
        });
        Assert.Equal(7, table.Find("usr/share/doc/package-7/file-number-7")!.Size);
    }

    [Fact]
    public void can_be_copied_from_in_less_than_250_bytes_an_entry()
    {
        var tar = FileTrees.WriteTar(folder["tar"], Made().Select(entry => entry with { Size = 0 }));
        var tree = Measured(() => LayerTree.OfTar(tar, "test"));
        Assert.NotNull(tree.Find("usr/share/doc/package-49/file-number-999")!.Open);
    }

    [Fact]
    public void in_folders_4000_bytes_deep_cost_their_names_and_not_their_paths()
    {
        // 25 entries imply as many folders as the others have files. Their paths have 100 MB together.
        var table = Measured(() => TableOfContents.Of(Enumerable.Range(0, 25).Select(i => FileTrees.FileEntry($"{i}/{Deep(2_000)}"))));
        using var file = new MemoryStream();
        table.ImpliedFolders.Save(file);
        Assert.InRange(file.Length / Entries, 1, 30);
    }

    private static string Deep(int folders) => string.Join('/', Enumerable.Repeat("d", folders));

    private static IEnumerable<LayerEntry> Made() =>
        Enumerable.Range(0, Entries).Select(i => new LayerEntry
        {
            Path = $"usr/share/doc/package-{i / 1000}/file-number-{i % 1000}",
            Kind = EntryKind.File,
            Mode = 0b110_100_100,
            Size = i % 1000,
            Modified = new FileTime(1_700_000_000 + i),
            Open = () => Stream.Null,
        });

    /// <summary>Fails unless each of the entries takes between 10 and 250 bytes of memory.</summary>
    /// <remarks>
    /// What earlier tests left in pools and finalizers can be freed during a measurement, which then shows that memory shrank. Such a
    /// measurement says nothing. The median of three others counts.
    /// </remarks>
    private static T Measured<T>(Func<T> make)
    {
        var measured = Enumerable.Range(0, 12).Select(_ => BytesOf(make)).Where(each => each.Bytes > 0).Take(3)
            .OrderBy(each => each.Bytes).ToList();
        Assert.Equal(3, measured.Count);
        Assert.InRange(measured[1].Bytes / Entries, 10, Most);
        return measured[1].Made;
    }

    // In a method of its own, so that what it made is free when the next measurement begins.
    private static (T Made, long Bytes) BytesOf<T>(Func<T> make)
    {
        var before = SettledMemory();
        var made = make();
        var after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(made);
        return (made, after - before);
    }

    // Finalizers of earlier tests free memory late; freed during the measurement, it would hide what was made.
    private static long SettledMemory()
    {
        var now = GC.GetTotalMemory(forceFullCollection: true);
        for (var last = long.MaxValue; now < last;)
        {
            last = now;
            GC.WaitForPendingFinalizers();
            now = GC.GetTotalMemory(forceFullCollection: true);
        }
        return now;
    }
}

/// <summary>185 bytes of layer make 1,900 folders, each in the next; a million entries may lie in them.</summary>
public sealed class LayersOfDeepFolders : IDisposable
{
    private readonly TemporaryFolder folder = new(TemporaryFolder.InMemory);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void cost_as_many_look_ups_as_they_have_folders()
    {
        var layer = new CountingLayer(TableOfContents.Of([FileTrees.FileEntry(string.Join('/', Enumerable.Repeat("d", 1_900)))]));
        var chain = new Chain([layer, layer, layer]);
        foreach (var path in TableOfContents.Of([FileTrees.FileEntry(string.Join('/', Enumerable.Repeat("d", 1_900)))]).Entries
            .Select(entry => entry.Path))
            Assert.NotNull(chain.Find(path));
        Assert.InRange(layer.Finds, 1_900, 4 * 1_901);
    }

    [Fact]
    public void longer_than_any_path_are_removed()
    {
        // A program makes such folders by going down step by step; removing them must not take a stack or open files as deep.
        Directory.CreateDirectory(folder["deep"]);
        var at = DirectoryHandle.Open(folder["deep"]);
        for (var i = 0; i < 30_000; i++)
        {
            at.TryCreateFolder("d", 0b111_101_101);
            var below = at.TryOpenFolder("d", out _)!;
            at.Dispose();
            at = below;
        }
        at.Dispose();
        FileTree.Delete(folder["deep"]);
        Assert.False(Directory.Exists(folder["deep"]));
    }

    private sealed class CountingLayer(ILayerContents inner) : ILayerContents
    {
        internal int Finds { get; private set; }

        public LayerEntry? Find(string path)
        {
            Finds++;
            return inner.Find(path);
        }

        public IEnumerable<LayerEntry> Children(string folder) => inner.Children(folder);
    }
}

/// <summary>Ctrl-C in the middle of somebody else's layer.</summary>
public sealed class LayersThatTakeLong
{
    [Fact]
    public void are_given_up_in_the_middle_of_content_that_is_passed_over()
    {
        using var stop = new CancellationTokenSource();
        using var endless = new Endless(stop);
        var layer = new Manifold.Oci.Descriptor
        {
            MediaType = Manifold.Oci.MediaType.Layer,
            Digest = Manifold.Oci.Digest.Of("x"),
            Size = 1
        };
        Assert.ThrowsAny<OperationCanceledException>(
            () => LayerReader.Read(endless, layer, Manifold.Oci.Digest.Of("x"), TableOfContents.Of, stop.Token));
        Assert.InRange(endless.ReadAfterwards, 0, 1_000_000);
    }

    [Fact]
    public void are_given_up_between_two_entries()
    {
        using var stop = new CancellationTokenSource();
        var seen = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => Enumerable.Range(0, 1_000).Until(stop.Token).Any(_ =>
        {
            if (++seen == 10)
                stop.Cancel();
            return false;
        }));
        Assert.Equal(10, seen);
    }

    [Fact]
    public void are_refused_where_every_entry_inherits_thousands_of_records()
    {
        using var tar = new MemoryStream();
        var records = string.Concat(Enumerable.Range(1000, 2000).Select(i => $"28 SCHILY.xattr.user.{i}=x\n"));
        Assert.Equal(28, records.IndexOf('\n', StringComparison.Ordinal) + 1);
        WriteHeader(tar, 'g', "global", records.Length);
        tar.Write(System.Text.Encoding.ASCII.GetBytes(records.PadRight((records.Length + 511) / 512 * 512, '\0')));
        tar.Position = 0;
        Assert.Contains("global records", Assert.Throws<LayerException>(() => new TarReader(tar, "test").Entries().ToList()).Message,
            StringComparison.Ordinal);
    }

    private static void WriteHeader(Stream tar, char type, string name, int size)
    {
        var header = new byte[512];
        System.Text.Encoding.ASCII.GetBytes(name).CopyTo(header, 0);
        "0000644\0"u8.CopyTo(header.AsSpan(100));
        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0')).CopyTo(header, 124);
        "ustar\0"u8.CopyTo(header.AsSpan(257));
        header[156] = (byte)type;
        header.AsSpan(148, 8).Fill((byte)' ');
        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
        tar.Write(header);
    }

    /// <summary>A tar with one file of 1 TB; cancelled after 10 MB.</summary>
    private sealed class Endless(CancellationTokenSource stop) : ReadOnlyStream
    {
        private readonly byte[] start = Start();
        private long read;

        internal long ReadAfterwards { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            var count = Math.Min(buffer.Length, 65536);
            buffer[..count].Clear();
            if (read < start.Length)
            {
                count = Math.Min(count, start.Length - (int)read);
                start.AsSpan((int)read, count).CopyTo(buffer);
            }
            if (stop.IsCancellationRequested)
                ReadAfterwards += count;
            read += count;
            if (read > 10_000_000)
                stop.Cancel();
            if (ReadAfterwards > 50_000_000)
                throw new EndOfStreamException("nobody listens");
            return count;
        }

        private static byte[] Start()
        {
            using var tar = new MemoryStream();
            WriteHeader(tar, '0', "huge", 0);
            var header = tar.ToArray();
            // 8 GiB less one, as eleven octal digits.
            "77777777777"u8.CopyTo(header.AsSpan(124));
            header.AsSpan(148, 8).Fill((byte)' ');
            System.Text.Encoding.ASCII.GetBytes(Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
            return header;
        }
    }
}

/// <summary>Folders that a layer has no entry for, as a set.</summary>
public sealed class SetsOfFolders
{
    [Fact]
    public void come_back_as_they_were_whatever_their_names_are()
    {
        using var folder = new TemporaryFolder();
        var table = TableOfContents.Of(
            [FileTrees.FileEntry("a\nb/c/x"), FileTrees.FolderEntry("explicit"), FileTrees.FileEntry("explicit/implied/y"),
                FileTrees.FileEntry("raw\uDCFF/z")]);
        using (var file = File.Create(folder["set"]))
            table.ImpliedFolders.Save(file);
        var loaded = FolderSet.Load(folder["set"]);
        Assert.Equal(["", "a\nb", "a\nb/c", "explicit/implied", "raw\uDCFF"], loaded);
        Assert.True(loaded.Contains("explicit/implied"));
        Assert.False(loaded.Contains("explicit"));
        Assert.False(loaded.Contains("nowhere"));
    }

    [Fact]
    public void of_a_store_that_an_earlier_version_filled_are_read()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(["", "a/b", "c"], FolderSet.Load(folder.Write("implied", "a/b\nc\n\n")));
        Assert.Empty(FolderSet.Load(folder.Write("none", "")));
    }
}
