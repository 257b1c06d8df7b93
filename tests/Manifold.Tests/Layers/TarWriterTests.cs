using Manifold.Layers;
using Manifold.Linux;

namespace Manifold.Tests.Layers;

public sealed class WritingTars
{
    [Theory]
    [InlineData("tar --xattrs --xattrs-include=* -xpf")]
    [InlineData("LC_ALL=C.UTF-8 bsdtar -xpf")]
    public async Task others_unpack_them_without_loss(string command)
    {
        using var folder = new TemporaryFolder();
        var source = await FileTrees.Make(folder, "source", FileTrees.Everything);
        await FileTrees.Shell(source, FileTrees.Privileged);
        if (command.Contains("bsdtar", StringComparison.Ordinal))
        {
            Assert.SkipWhen(ChildProcess.Find("bsdtar", null) is null, "'bsdtar' is not installed here; test.sh installs it.");
            await FileTrees.Shell(source, "setfattr -x trusted.mine zero"); // bsdtar leaves trusted.* out
        }
        FileTrees.WriteTar(folder["it.tar"], FileTrees.Entries(source));
        Directory.CreateDirectory(folder["unpacked"]);
        await FileTrees.Shell(folder["unpacked"], command.Replace("*", "'*'", StringComparison.Ordinal) + " ../it.tar");
        Assert.Equal(await FileTrees.Describe(source), await FileTrees.Describe(folder["unpacked"]));
    }

    [Fact]
    public async Task python_reads_them_without_loss()
    {
        using var folder = new TemporaryFolder();
        var source = await FileTrees.Make(folder, "source", FileTrees.Everything);
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
        using (var sparse = new SparseFile(folder["it.tar"]))
        {
            var writer = new TarWriter(sparse);
            writer.Write(FileTrees.FileEntry("huge") with { Size = size, Open = () => new Zeros() });
            writer.Write(FileTrees.FileEntry("after"));
            writer.Finish();
        }
        Assert.Contains($" {size} ", await Tool.Run("tar", "-tvf", folder["it.tar"]), StringComparison.Ordinal);
        Assert.Equal($"{size} after\n", await Tool.Run("python3", "-c", "import sys, tarfile; m = tarfile.open(sys.argv[1]).getmembers(); print(m[0].size, m[1].name)", folder["it.tar"]));
        using var tar = File.OpenRead(folder["it.tar"]);
        Assert.Equal([("huge", size), ("after", 7L)], new TarReader(tar, "test").Entries().Select(entry => (entry.Path, entry.Size)));
    }

    [Fact]
    public void a_name_that_would_turn_into_a_whiteout_is_refused() =>
        Assert.Contains(".wh.", Assert.Throws<LayerException>(() => new TarWriter(Stream.Null).Write(FileTrees.FileEntry("a/.wh.b"))).Message, StringComparison.Ordinal);

    [Fact]
    public void a_file_that_shrinks_while_it_is_read_is_noticed() =>
        Assert.Contains("shorter", Assert.Throws<LayerException>(() => new TarWriter(Stream.Null).Write(FileTrees.FileEntry("a") with { Size = 100 })).Message, StringComparison.Ordinal);

    private sealed class Zeros : ReadOnlyStream
    {
        public override int Read(Span<byte> buffer)
        {
            buffer.Clear();
            return buffer.Length;
        }
    }

    /// <summary>A file on disk that has holes where zeros are written: 8 GiB cost nothing.</summary>
    private sealed class SparseFile(string path) : WriteOnlyStream
    {
        private readonly FileStream file = File.Create(path);

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (buffer.IndexOfAnyExcept((byte)0) < 0)
                file.Seek(buffer.Length, SeekOrigin.Current);
            else
                file.Write(buffer);
        }

        protected override void Dispose(bool disposing)
        {
            file.SetLength(file.Position);
            file.Dispose();
            base.Dispose(disposing);
        }
    }
}
