using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Manifold.Verification.Reproducibility;

/// <summary>Finds where two contents part, and why they probably do.</summary>
/// <remarks>
/// <code>
/// archives    opened, and what is in them compared              (<see cref="ArchiveComparison"/>)
/// paths       each build's folders replaced: equal now?         proof
/// order       the same lines, words or bytes in another order   proof
/// the rest    what stands around the first difference: a time, a UUID, digits
/// </code>
/// Pure.
/// </remarks>
internal sealed partial class ContentComparison(BuildConditions first, BuildConditions second)
{
    private const int ExcerptLength = 72;

    public BuildConditions First => first;
    public BuildConditions Second => second;

    public (ContentDifference Difference, LikelyCause Cause) Compare(byte[] a, byte[] b, string? inside = null)
    {
        if (new ArchiveComparison(this).TryCompare(a, b, inside) is { } archive)
            return archive;
        var offset = a.AsSpan().CommonPrefixLength(b);
        return (new ContentDifference(offset, Excerpt(a, offset), Excerpt(b, offset), inside), Cause(a, b, offset));
    }

    private LikelyCause Cause(byte[] a, byte[] b, int offset)
    {
        if (IsSameWithoutPaths(a, b))
            return LikelyCauses.Path;
        var (left, right) = (Around(a, offset), Around(b, offset));
        if (Both(Uuid(), left, right))
            return LikelyCauses.Uuid;
        if (Both(Time(), left, right)
            || (IsNumberOfTime(left, first) && IsNumberOfTime(right, second))
            || (IsBinaryTime(a, offset, first) && IsBinaryTime(b, offset, second)))
            return LikelyCauses.TimeStamp;
        if (IsReordered(a, b))
            return LikelyCauses.Order;
        return Both(HexOrBase64(), left, right) || Both(Digits(), left, right) ? LikelyCauses.Random : LikelyCauses.Unknown;
    }

    /// <summary>Whether only the folders of the builds differ, longer ones first.</summary>
    private bool IsSameWithoutPaths(byte[] a, byte[] b)
    {
        var (x, y) = (Encoding.Latin1.GetString(a), Encoding.Latin1.GetString(b));
        var (without, other) = (Without(x, first.Folders), Without(y, second.Folders));
        return without.Length != x.Length && without == other;
    }

    private static string Without(string text, ImmutableArray<string> folders) =>
        folders.OrderByDescending(folder => folder.Length).Aggregate(text,
            (rest, folder) => rest.Replace(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(folder)), "\0", StringComparison.Ordinal));

    private static bool IsReordered(byte[] a, byte[] b)
    {
        if (a.Length != b.Length)
            return false;
        var lines = Sorted(a, '\n');
        if (lines.Length > 1 && lines.AsSpan().SequenceEqual(Sorted(b, '\n')))
            return true;
        var words = Sorted(a, ' ', '\n', '\t', ',', ';', ':', '{', '}', '[', ']', '(', ')');
        if (words.Length > 2 && words.AsSpan().SequenceEqual(Sorted(b, ' ', '\n', '\t', ',', ';', ':', '{', '}', '[', ']', '(', ')')))
            return true;
        // Of something shorter, two random values may have the same bytes by accident.
        const int telling = 256;
        return a.Length >= telling && !a.Contains((byte)'\n') && Histogram(a).AsSpan().SequenceEqual(Histogram(b));
    }

    private static string[] Sorted(byte[] content, params char[] separators)
    {
        var parts = Encoding.Latin1.GetString(content).Split(separators, StringSplitOptions.RemoveEmptyEntries);
        Array.Sort(parts, StringComparer.Ordinal);
        return parts;
    }

    private static int[] Histogram(byte[] content)
    {
        var counts = new int[256];
        foreach (var each in content)
            counts[each]++;
        return counts;
    }

    /// <summary>A piece of a content, and where in it the difference begins.</summary>
    private readonly record struct Piece(string Text, int At);

    private static Piece Around(byte[] content, int offset)
    {
        const int reach = 40;
        var begin = Math.Max(0, offset - reach);
        return new Piece(Encoding.Latin1.GetString(content, begin, Math.Min(content.Length, offset + reach) - begin), offset - begin);
    }

    private static bool Both(Regex pattern, Piece left, Piece right) => Covers(pattern, left) && Covers(pattern, right);

    /// <summary>Whether a match lies across the difference, or ends where one of the two is longer.</summary>
    private static bool Covers(Regex pattern, Piece piece) =>
        pattern.Matches(piece.Text).Any(match => match.Index <= piece.At && piece.At <= match.Index + match.Length);

    private static bool IsNumberOfTime(Piece piece, BuildConditions build) => Digits().Matches(piece.Text)
        .Where(match => match.Index <= piece.At && piece.At <= match.Index + match.Length && match.Length is >= 10 and <= 19)
        .Any(match => IsNear(long.Parse(match.ValueSpan[..10], NumberStyles.None, CultureInfo.InvariantCulture), build));

    private static bool IsBinaryTime(byte[] content, int offset, BuildConditions build) =>
        Enumerable.Range(Math.Max(0, offset - 3), 4).Where(at => at <= offset && at + 4 <= content.Length).Any(at =>
            IsNear(BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(at)), build)
                || IsNear(BinaryPrimitives.ReadUInt32BigEndian(content.AsSpan(at)), build));

    /// <summary>Seconds since 1970 within the build, give or take an hour.</summary>
    internal static bool IsNear(long seconds, BuildConditions build) =>
        Math.Abs(seconds - build.Began.ToUnixTimeSeconds()) < 3600 + build.Duration.TotalSeconds;

    private static string Excerpt(byte[] content, int offset)
    {
        if (!IsText(content))
            return offset >= content.Length ? "(end of file)" : Convert.ToHexStringLower(content, offset,
                Math.Min(16, content.Length - offset));
        var begin = offset == 0 ? 0 : Array.LastIndexOf(content, (byte)'\n', Math.Min(offset, content.Length) - 1) + 1;
        begin = Math.Max(begin, offset - ExcerptLength / 2);
        var end = Array.IndexOf(content, (byte)'\n', Math.Min(offset, content.Length));
        end = Math.Min(end < 0 ? content.Length : end, begin + ExcerptLength);
        var text = Encoding.UTF8.GetString(content, begin, Math.Max(0, end - begin));
        return text.Length == 0 ? offset >= content.Length ? "(end of file)" : "(empty line)" : string.Concat(text.Select(c =>
            char.IsControl(c) ? ' ' : c));
    }

    private static bool IsText(byte[] content) =>
        content.AsSpan(0, Math.Min(content.Length, 8192)) is var begin
            && !begin.Contains((byte)0)
            && !Encoding.UTF8.GetString(begin[..Math.Max(0, begin.Length - (begin.Length == 8192 ? 4 : 0))])
                .Contains('\uFFFD', StringComparison.Ordinal);

    [GeneratedRegex("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")]
    private static partial Regex Uuid();

    [GeneratedRegex(
        @"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +)?(?:\d{1,2} )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*[ -]+\d{1,4}[ ,]*(?:\d{4} )?\d{1,2}:\d\d(?::\d\d)?|\d{4}[-/.]\d\d[-/.]\d\d(?:[T _]\d\d[:.h-]?\d\d(?:[:.]?\d\d)?(?:[.,]\d+)?)?|\b20\d{6}[T-]?\d{4,6}\b|\b\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?\b")]
    private static partial Regex Time();

    [GeneratedRegex("[0-9a-fA-F]{8,}|[0-9A-Za-z+/_-]{16,}={0,2}")]
    private static partial Regex HexOrBase64();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
