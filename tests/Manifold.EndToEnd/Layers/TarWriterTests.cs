using Manifold.Layers;
using Manifold.Linux;

namespace Manifold.EndToEnd.Layers;

public sealed class WritingTars
{
    [Theory]
    [InlineData("tar --xattrs --xattrs-include=* -xpf")]
    [InlineData("LC_ALL=C.UTF-8 bsdtar -xpf")]
    public async Task others_unpack_them_without_loss(string command)
    {
        using var folder = new TemporaryFolder();
        var source = await RealTrees.Make(folder, "source", RealTrees.Everything);
        await RealTrees.Shell(source, RealTrees.Privileged);
        if (command.Contains("bsdtar", StringComparison.Ordinal))
        {
            Assert.SkipWhen(ChildProcess.Find("bsdtar", null) is null, "'bsdtar' is not installed here; test.sh installs it.");
            await RealTrees.Shell(source, "setfattr -x trusted.mine zero"); // bsdtar leaves trusted.* out
        }
        FileTrees.WriteTar(folder["it.tar"], FileTrees.Entries(source));
        Directory.CreateDirectory(folder["unpacked"]);
        await RealTrees.Shell(folder["unpacked"], command.Replace("*", "'*'", StringComparison.Ordinal) + " ../it.tar");
        Assert.Equal(await RealTrees.Describe(source), await RealTrees.Describe(folder["unpacked"]));
    }

    [Fact]
    public async Task python_reads_them_without_loss()
    {
        using var folder = new TemporaryFolder();
        var source = await RealTrees.Make(folder, "source", RealTrees.Everything);
        FileTrees.WriteTar(folder["it.tar"], FileTrees.Entries(source));
        const string list = """
            import os, sys, tarfile
            def real(name):
                return os.fsencode(name)
            with tarfile.open(sys.argv[1]) as tar:
                for m in tar:
                    s = os.lstat(os.path.join(sys.argv[2], m.name))
                    assert (m.uid, m.gid, m.mode) == (s.st_uid, s.st_gid, s.st_mode & 0o7777), m.name
                    assert int(m.mtime) == int(s.st_mtime // 1), (m.name, m.mtime, s.st_mtime)
                    if m.isreg():
                        assert tar.extractfile(m).read() == open(os.path.join(sys.argv[2], m.name), 'rb').read(), m.name
                    print(m.name.encode('utf-8', 'surrogateescape'))
            """;
        var listed = await Tool.Run("python3", "-c", list, folder["it.tar"], source);
        Assert.Equal(FileTrees.Entries(source).Count, listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task a_file_over_8_GiB_keeps_its_size_in_every_reader()
    {
        const long size = (8L << 30) + 12345;
        using var folder = new TemporaryFolder();
        var sparse = new SparseBytes();
        var writer = new TarWriter(sparse);
        writer.Write(FileTrees.FileEntry("huge") with { Size = size, Open = () => new Zeros(size) });
        writer.Write(FileTrees.FileEntry("after"));
        writer.Finish();
        sparse.Save(folder["it.tar"]);
        Assert.Contains($" {size} ", await Tool.Run("tar", "-tvf", folder["it.tar"]), StringComparison.Ordinal);
        Assert.Equal($"{size} after\n", await Tool.Run("python3",
            "-c", "import sys, tarfile; m = tarfile.open(sys.argv[1]).getmembers(); print(m[0].size, m[1].name)", folder["it.tar"]));
        Assert.Equal([("huge", size), ("after", 7L)],
            new TarReader(sparse.Read(), "test").Entries().Select(entry => (entry.Path, entry.Size)));
    }

    [Fact]
    public void a_name_that_would_turn_into_a_whiteout_is_refused() =>
        Assert.Contains(".wh.",
            Assert.Throws<LayerException>(() => new TarWriter(Stream.Null).Write(FileTrees.FileEntry("a/.wh.b"))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void a_file_that_shrinks_while_it_is_read_is_noticed() =>
        Assert.Contains("shrank", Assert.Throws<LayerException>(() =>
            new TarWriter(Stream.Null).Write(FileTrees.FileEntry("a") with { Size = 100 })).Message, StringComparison.Ordinal);

    private sealed class Zeros(long length) : ReadOnlyStream
    {
        public override int Read(Span<byte> buffer)
        {
            var count = (int)Math.Min(buffer.Length, length);
            length -= count;
            // Far cheaper than writing zeros where zeros are already.
            if (buffer[..count].IndexOfAnyExcept((byte)0) >= 0)
                buffer[..count].Clear();
            return count;
        }
    }

    /// <summary>Bytes of which nearly all are zero: 8 GiB cost nothing, neither here nor on disk.</summary>
    private sealed class SparseBytes : WriteOnlyStream
    {
        private readonly List<(long Offset, byte[] Bytes)> parts = [];
        private long end;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (buffer.IndexOfAnyExcept((byte)0) >= 0)
                parts.Add((end, buffer.ToArray()));
            end += buffer.Length;
        }

        internal void Save(string path)
        {
            using var file = File.Create(path);
            foreach (var (offset, bytes) in parts)
                RandomAccess.Write(file.SafeFileHandle, bytes, offset);
            file.SetLength(end);
        }

        internal Joined Read()
        {
            var (streams, at) = (new List<Stream>(), 0L);
            foreach (var (offset, bytes) in parts)
            {
                streams.AddRange([new Zeros(offset - at), new MemoryStream(bytes)]);
                at = offset + bytes.Length;
            }
            return new Joined([.. streams, new Zeros(end - at)]);
        }
    }

    private sealed class Joined(IReadOnlyList<Stream> streams) : ReadOnlyStream
    {
        private int current;

        public override int Read(Span<byte> buffer)
        {
            for (; current < streams.Count; current++)
            {
                if (streams[current].Read(buffer) is var count and > 0)
                    return count;
            }
            return 0;
        }
    }
}
