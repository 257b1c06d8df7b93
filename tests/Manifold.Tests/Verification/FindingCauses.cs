using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Manifold.Verification.Reproducibility;

namespace Manifold.Tests.Verification;

public sealed class FindingCauses
{
    private static readonly DateTimeOffset Began = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000);

    private readonly ContentComparison comparison = new(
        new BuildConditions("/src", Began, TimeSpan.FromSeconds(5), 2) { Folders = ["/src/project"] },
        new BuildConditions("/copy", Began.AddSeconds(9), TimeSpan.FromSeconds(5), 1) { Folders = ["/store/elsewhere/0/project"] });

    [Theory]
    [InlineData("Sat Nov 21 19:30:53 UTC 2026\n", "Sat Nov 21 19:31:02 UTC 2026\n", "TimeStamp")]
    [InlineData("v 2026-11-21T19:30:53Z", "v 2026-11-21T19:31:02Z", "TimeStamp")]
    [InlineData("built 20261121193053", "built 20261121193102", "TimeStamp")]
    [InlineData("epoch=1790000001;", "epoch=1790000010;", "TimeStamp")]
    [InlineData("ms 1790000001123", "ms 1790000010456", "TimeStamp")]
    [InlineData("serial 1234567890", "serial 1234567899", "Random")]
    [InlineData("id 3f2504e0-4f89-11d3-9a0c-0305e82c3301", "id 7c9e6679-7425-40de-944b-e07fc1f90ae7", "Random")]
    [InlineData("seed 12345", "seed 2345", "Random")]
    [InlineData("key 9f86d081884c7d65", "key 60303ae22b998861", "Random")]
    [InlineData("in /src/project/a and /src/project", "in /store/elsewhere/0/project/a and /store/elsewhere/0/project", "Path")]
    [InlineData("b\na\nc\n", "c\nb\na\n", "Order")]
    [InlineData("{\"x\": 1, \"y\": 2, \"z\": 3}", "{\"z\": 3, \"x\": 1, \"y\": 2}", "Order")]
    [InlineData("cat", "dog", "Unknown")]
    public void a_text_tells_its_cause(string first, string second, string cause) =>
        Assert.Equal(cause, comparison.Compare(Encoding.UTF8.GetBytes(first), Encoding.UTF8.GetBytes(second)).Cause.Kind.ToString());

    [Fact]
    public void no_two_random_values_look_like_anything_else()
    {
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var (first, second) = (Value(random), Value(random));
            var cause = comparison.Compare(Encoding.ASCII.GetBytes(first), Encoding.ASCII.GetBytes(second)).Cause;
            Assert.True(cause.Kind is LikelyCauseKind.Random, $"{first} and {second}: {cause.Kind}");
        }

        static string Value(Random random)
        {
            var bytes = new byte[12];
            random.NextBytes(bytes);
            return Convert.ToHexStringLower(bytes);
        }
    }

    [Fact]
    public void the_first_byte_that_differs_is_told_with_its_line()
    {
        var (difference, _) = comparison.Compare("one\ntwo 12:00:01\n"u8.ToArray(), "one\ntwo 12:00:07\n"u8.ToArray());
        Assert.Equal((15, "two 12:00:01", "two 12:00:07"), (difference.Offset, difference.First, difference.Second));
    }

    [Fact]
    public void a_content_that_only_goes_on_is_told()
    {
        var (difference, _) = comparison.Compare("one\n"u8.ToArray(), "one\ntwo\n"u8.ToArray());
        Assert.Equal((4, "(end of file)", "two"), (difference.Offset, difference.First, difference.Second));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void a_binary_time_is_found_in_either_byte_order(bool little)
    {
        byte[] Content(long seconds)
        {
            var bytes = new byte[16];
            if (little)
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(6), (uint)seconds);
            else
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(6), (uint)seconds);
            return bytes;
        }
        Assert.Equal(LikelyCauseKind.TimeStamp,
            comparison.Compare(Content(Began.ToUnixTimeSeconds() + 1), Content(Began.ToUnixTimeSeconds() + 10)).Cause.Kind);
        Assert.NotEqual(LikelyCauseKind.TimeStamp, comparison.Compare(Content(77_000_001), Content(77_000_010)).Cause.Kind);
    }

    [Fact]
    public void an_archive_is_opened_to_the_entry_that_differs()
    {
        var (difference, cause) =
            comparison.Compare(Zipped(Tar((0, "a", "x"), (0, "b", "12:00:01"))), Zipped(Tar((0, "a", "x"), (0, "b", "12:00:09"))));
        Assert.Equal(("(unzipped) › b", LikelyCauseKind.TimeStamp), (difference.Inside, cause.Kind));
    }

    [Fact]
    public void times_of_entries_are_told_as_such()
    {
        var (difference, cause) = comparison.Compare(Tar((1_790_000_001, "a", "x")), Tar((1_790_000_009, "a", "x")));
        Assert.Equal("a", difference.Inside);
        Assert.Contains("--mtime=@0", cause.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void a_gzip_that_keeps_the_time_is_told_as_such()
    {
        var (a, b) = (Zipped("text"u8.ToArray()), Zipped("text"u8.ToArray()));
        b[5] ^= 1;
        Assert.Contains("gzip -n", comparison.Compare(a, b).Cause.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void what_only_looks_like_an_archive_is_compared_as_it_is() =>
        Assert.Null(comparison.Compare([0x1F, 0x8B, 8, 0, 1, 2, 3], [0x1F, 0x8B, 8, 0, 1, 2, 4]).Difference.Inside);

    private static byte[] Tar(params (long Time, string Name, string Content)[] entries)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (time, name, content) in entries)
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
                {
                    ModificationTime =
                        DateTimeOffset.FromUnixTimeSeconds(time),
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)),
                });
        }
        return tar.ToArray();
    }

    private static byte[] Zipped(byte[] content)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return zipped.ToArray();
    }
}
