using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Manifold.Verification.Binaries;

namespace Manifold.Tests.Verification;

/// <summary>Archives whose tables claim far more than the file holds.</summary>
public sealed class HostileArchives
{
    private static readonly byte[] Library = ElfBuilder.SharedLibrary(Cpu.Amd64), Jar = SampleArchive.Of(("x.so", Library));

    [Fact]
    public void a_nested_archive_that_is_named_many_times_is_read_once()
    {
        var zip = new Zip();
        var place = zip.Add(Jar);
        zip.Name(place, Enumerable.Range(0, 5_000).Select(i => $"{i}.jar"));

        Assert.Equal("0.jar", Assert.Single(Read(zip)).Inside);
    }

    [Fact]
    public void only_so_many_nested_archives_are_read()
    {
        var zip = new Zip();
        for (var i = 0; i < Limits.NestedArchives + 10; i++)
            zip.Name(zip.Add(Jar), [$"{i}.jar"]);

        Assert.Equal(Limits.NestedArchives, Read(zip).Count);
    }

    [Fact]
    public void only_so_many_bytes_are_inflated()
    {
        const int Size = 15 * 1024 * 1024;
        var large = SampleArchive.Of(CompressionLevel.NoCompression, ("zeros", new byte[Size]), ("x.so", Library));
        var zip = new Zip();
        var data = Zip.Deflated(large);
        for (var i = 0; i < 30; i++)
            zip.Name(zip.Add(data, large.Length), [$"{i}.jar"]);

        Assert.Equal(Limits.NestedArchiveBytes / large.Length, Read(zip).Count);
    }

    [Fact]
    public void only_so_many_libraries_are_read()
    {
        var zip = new Zip();
        var script = Zip.Deflated(new byte[64]);
        for (var i = 0; i < Limits.ArchiveLibraries; i++)
            zip.Name(zip.Add(script, 64), [$"{i}.so"]);
        zip.Name(zip.Add(Library), ["last.so"]);

        Assert.Empty(Read(zip));
    }

    [Fact]
    public void tables_of_nested_archives_are_read_up_to_a_limit()
    {
        // Each is 6 MB of table and a library, and inflates from a few kilobytes.
        var nested = new Zip();
        nested.Name(nested.Add(Library), ["x.so"]);
        nested.Name(0, Enumerable.Repeat(new string('a', 60_000), 100));
        var (bytes, zip) = (nested.ToArray(), new Zip());
        var data = Zip.Deflated(bytes);
        for (var i = 0; i < 20; i++)
            zip.Name(zip.Add(data, bytes.Length), [$"{i}.jar"]);

        Assert.Equal(Limits.ArchiveTableBytes / nested.TableLength, Read(zip).Count);
    }

    [Fact]
    public void an_archive_within_a_nested_one_is_not_read() =>
        Assert.Empty(Read(SampleArchive.Of(("a.jar", SampleArchive.Of(("b.jar", Jar))))));

    private static IReadOnlyCollection<ArchivePart> Read(Zip zip) => Read(zip.ToArray());

    private static IReadOnlyCollection<ArchivePart> Read(byte[] zip)
    {
        using var content = new MemoryStream(zip);
        return FileFacts.Read("srv/app.jar", content) is ArchiveFile found ? found.Parts : [];
    }

    /// <summary>Writes a zip whose table need not be that of its content.</summary>
    private sealed class Zip
    {
        private readonly MemoryStream content = new(), table = new();
        private readonly Dictionary<long, (int Method, int Compressed, int Size)> places = [];

        public long TableLength => table.Length;

        public static byte[] Deflated(byte[] data)
        {
            using var deflated = new MemoryStream();
            using (var deflate = new DeflateStream(deflated, CompressionLevel.Fastest))
                deflate.Write(data);
            return deflated.ToArray();
        }

        public long Add(byte[] data, int? inflated = null)
        {
            var place = content.Length;
            places[place] = (inflated is null ? 0 : 8, data.Length, inflated ?? data.Length);
            Span<byte> header = stackalloc byte[30];
            "PK\u0003\u0004"u8.CopyTo(header);
            content.Write(header);
            content.Write(data);
            return place;
        }

        public void Name(long place, IEnumerable<string> names)
        {
            var (method, compressed, size) = places[place];
            var header = new byte[46];
            "PK\u0001\u0002"u8.CopyTo(header);
            BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(10), (short)method);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(20), compressed);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(24), size);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(42), (int)place);
            foreach (var name in names)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(28), (ushort)name.Length);
                table.Write(header);
                table.Write(Encoding.ASCII.GetBytes(name));
            }
        }

        public byte[] ToArray()
        {
            var end = new byte[22];
            "PK\u0005\u0006"u8.CopyTo(end);
            BinaryPrimitives.WriteInt32LittleEndian(end.AsSpan(12), (int)table.Length);
            BinaryPrimitives.WriteInt32LittleEndian(end.AsSpan(16), (int)content.Length);
            return [.. content.ToArray(), .. table.ToArray(), .. end];
        }
    }
}
