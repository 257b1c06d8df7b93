using System.Formats.Tar;
using System.IO.Compression;

namespace Manifold.Verification.Reproducibility;

/// <summary>Looks into two gzip streams or tars that differ, for the entry that does.</summary>
internal sealed class ArchiveComparison(ContentComparison contents)
{
    // Whoever packs an archive into an archive does so once or twice.
    private const int Depth = 4;

    /// <returns>Null where they are no archives, or cannot be read.</returns>
    public (ContentDifference Difference, LikelyCause Cause)? TryCompare(byte[] a, byte[] b, string? inside)
    {
        if (inside?.Count(c => c == '›') >= Depth)
            return null;
        try
        {
            return IsGzip(a) && IsGzip(b) ? InGzip(a, b, inside) : IsTar(a) && IsTar(b) ? InTar(a, b, inside) : null;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or FormatException or NotSupportedException)
        {
            return null;
        }
    }

    private (ContentDifference, LikelyCause)? InGzip(byte[] a, byte[] b, string? inside)
    {
        var (left, right) = (Unzipped(a), Unzipped(b));
        if (!left.AsSpan().SequenceEqual(right))
            return contents.Compare(left, right, Within(inside, "(unzipped)"));
        var offset = a.AsSpan().CommonPrefixLength(b);
        const int time = 4, flags = 8; // RFC 1952, section 2.3
        return (new ContentDifference(offset, Hex(a, offset), Hex(b, offset), inside),
            offset is >= time and < flags ? LikelyCauses.ArchivedTime : LikelyCauses.Unknown);
    }

    private sealed record Entry(string Name, TarEntryType Type, DateTimeOffset Time, string Attributes, byte[] Content);

    private (ContentDifference, LikelyCause)? InTar(byte[] a, byte[] b, string? inside)
    {
        var (left, right) = (Entries(a), Entries(b));
        var offset = a.AsSpan().CommonPrefixLength(b);
        if (!left.Select(entry => entry.Name).SequenceEqual(right.Select(entry => entry.Name)))
        {
            var at = left.Zip(right).TakeWhile(pair => pair.First.Name == pair.Second.Name).Count();
            var reordered = left.Select(entry => entry.Name).Order(StringComparer.Ordinal)
                .SequenceEqual(right.Select(entry => entry.Name).Order(StringComparer.Ordinal));
            return (new ContentDifference(offset, NameAt(left, at), NameAt(right, at), Within(inside, "(list of entries)")),
                reordered ? LikelyCauses.Order : LikelyCauses.OnlyOnce);
        }
        foreach (var (x, y) in left.Zip(right))
        {
            if (!x.Content.AsSpan().SequenceEqual(y.Content))
                return contents.Compare(x.Content, y.Content, Within(inside, x.Name));
            if (x.Time != y.Time || x.Attributes != y.Attributes)
                return (new ContentDifference(offset, $"{x.Attributes} {x.Time:u}", $"{y.Attributes} {y.Time:u}", Within(inside, x.Name)),
                    x.Attributes == y.Attributes ? LikelyCauses.ArchivedTime : LikelyCauses.Unknown);
        }
        return null;
    }

    private static string NameAt(List<Entry> entries, int at) => at < entries.Count ? entries[at].Name : "(end)";

    private static List<Entry> Entries(byte[] tar)
    {
        using var reader = new TarReader(new MemoryStream(tar));
        var entries = new List<Entry>();
        while (reader.GetNextEntry() is { } entry)
        {
            using var content = new MemoryStream();
            entry.DataStream?.CopyTo(content);
            entries.Add(new Entry(entry.Name, entry.EntryType,
                entry.ModificationTime, $"{Convert.ToString((int)entry.Mode, 8)} {entry.Uid}:{entry.Gid}", content.ToArray()));
        }
        return entries;
    }

    private static byte[] Unzipped(byte[] content)
    {
        using var gzip = new GZipStream(new MemoryStream(content), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (var count = 1; count > 0;)
        {
            count = gzip.Read(buffer);
            plain.Write(buffer, 0, count);
            if (plain.Length > LayerComparison.LargestContent * 4)
                throw new InvalidDataException("It is too large to inspect.");
        }
        return plain.ToArray();
    }

    private static bool IsGzip(byte[] content) => content is [0x1F, 0x8B, 8, ..];

    private static bool IsTar(byte[] content) => content.Length >= 512 && content.AsSpan(257, 5).SequenceEqual("ustar"u8);

    private static string Within(string? inside, string name) => inside is null ? name : $"{inside} › {name}";

    private static string Hex(byte[] content, int offset) => offset >= content.Length ? "(end)" : Convert.ToHexStringLower(content, offset,
        Math.Min(16, content.Length - offset));
}
