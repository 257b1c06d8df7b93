using Manifold.Layers;

namespace Manifold.Tests.Layers;

public sealed class ReadingDamagedTars
{
    [Theory]
    [InlineData(100, "checksum")]
    [InlineData(156, "checksum")]
    public void a_changed_header_is_noticed(int at, string expected)
    {
        var tar = Tar();
        tar[at] ^= 1;
        Assert.Contains(expected, Assert.Throws<LayerException>(() => ReadAll(tar)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(300)]
    [InlineData(512 + 100)]
    public void a_cut_tar_is_noticed(int length) =>
        Assert.Contains("it ends", Assert.Throws<LayerException>(() => ReadAll(Tar()[..length])).Message, StringComparison.Ordinal);

    [Fact]
    public void a_name_with_dots_out_of_the_layer_is_refused()
    {
        foreach (var name in new[] { "../x", "a/../../x", "a/..", ".." })
        {
            Assert.Contains("..", Assert.Throws<LayerException>(() => ReadAll(TarNamed(name))).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("./a//b/./c", "a/b/c")]
    [InlineData("/etc/passwd", "etc/passwd")]
    [InlineData("...", "...")]
    [InlineData("a/.hidden", "a/.hidden")]
    public void other_spellings_come_out_plain(string name, string path) => Assert.Equal(path, Assert.Single(ReadAll(TarNamed(name))).Path);

    [Theory]
    [InlineData("a/.wh.b", "a/b", false)]
    [InlineData(".wh.b", "b", false)]
    [InlineData("a/.wh..wh..opq", "a", true)]
    [InlineData(".wh..wh..opq", "", true)]
    public void whiteout_names_are_understood(string name, string path, bool isOpaque)
    {
        var entry = Assert.Single(ReadAll(TarNamed(name)));
        Assert.Equal((path, isOpaque ? EntryKind.Folder : EntryKind.Whiteout, isOpaque), (entry.Path, entry.Kind, entry.Opaque));
    }

    [Theory]
    [InlineData(".wh..")]
    [InlineData(".wh...")]
    [InlineData("a/.wh.")]
    [InlineData(".wh.a/b")]
    public void a_whiteout_of_nothing_is_refused(string name) => Assert.Throws<LayerException>(() => ReadAll(TarNamed(name)));

    [Fact]
    public void bookkeeping_of_aufs_is_left_out() => Assert.Empty(ReadAll(TarNamed(".wh..wh.plnk/1.2")));

    [Fact]
    public void a_layer_with_thousands_of_devices_is_refused()
    {
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        for (var i = 0; i <= Limits.LayerDevices; i++)
            writer.Write(new LayerEntry
            {
                Path = $"d{i}",
                Kind = EntryKind.CharacterDevice,
                DeviceMajor = 1,
                DeviceMinor = 3,
            });
        Assert.Contains("device nodes", Assert.Throws<LayerException>(() => ReadAll(stream.ToArray())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_record_of_negative_length_is_refused()
    {
        foreach (var type in "xgLKV")
        {
            var tar = TarNamed("a");
            tar[156] = (byte)type;
            tar.AsSpan(124, 12).Fill(0xFF);
            Assert.Throws<LayerException>(() => ReadAll(Resealed(tar)));
        }
    }

    [Theory]
    [InlineData("x")]
    [InlineData("g")]
    [InlineData("V")]
    [InlineData("xg")]
    [InlineData("xV")]
    public void an_entry_has_only_so_many_records_before_it(string types)
    {
        var records = Enumerable.Range(0, Limits.TarRecordsOfAnEntry).SelectMany(i => Record(types[i % types.Length])).ToArray();

        Assert.Equal(["a", "a"], ReadAll([.. records, .. TarNamed("a")[..1536], .. records, .. Tar()]).Select(entry => entry.Path));
        Assert.Throws<LayerException>(() => ReadAll([.. records, .. Record('x'), .. Tar()]));
    }

    [Fact]
    public void content_is_not_given_for_another_entry()
    {
        var reader = new TarReader(new MemoryStream([.. Tar()[..1536], .. Tar()]), "test");
        var first = reader.Next()!;
        Assert.NotNull(reader.Next());
        using var content = first.Open!();
        Assert.Throws<InvalidOperationException>(() => content.ReadByte());
    }

    private static byte[] Tar()
    {
        using var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        writer.Write(FileTrees.FileEntry("a", new string('x', 1000)));
        writer.Finish();
        return stream.ToArray();
    }

    // Our writer takes any name: so it can play the villain.
    private static byte[] TarNamed(string name)
    {
        var tar = Tar();
        tar.AsSpan(0, 100).Clear();
        System.Text.Encoding.ASCII.GetBytes(name, tar);
        return Resealed(tar);
    }

    // An empty one, without content.
    private static byte[] Record(char type)
    {
        var header = TarNamed("record")[..512];
        header[156] = (byte)type;
        header.AsSpan(124, 11).Fill((byte)'0');
        return Resealed(header);
    }

    private static byte[] Resealed(byte[] tar)
    {
        tar.AsSpan(148, 8).Fill((byte)' ');
        var sum = tar.AsSpan(0, 512).ToArray().Sum(b => b);
        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0", tar.AsSpan(148));
        return tar;
    }

    private static List<LayerEntry> ReadAll(byte[] tar) => [.. new TarReader(new MemoryStream(tar), "test").Entries()];
}
