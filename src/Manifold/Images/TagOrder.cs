namespace Manifold.Images;

/// <summary>
/// Orders tags as people read versions, the highest first: <c>latest</c>, <c>edge</c>, <c>2.10</c>, <c>2.9</c>,
/// <c>2.9-alpine</c>.
/// </summary>
/// <remarks>
/// Runs of digits compare as numbers, everything else by character. A tag comes before the longer tags that begin with it and continue
/// with <c>-</c>, and after those that continue with a dot: <c>1.2.3</c>, <c>1.2</c>, <c>1.2-rc1</c>. Tags made of a digest come last.
/// </remarks>
internal sealed class TagOrder : IComparer<string>
{
    public static TagOrder HighestFirst { get; } = new();

    private TagOrder() { }

    public int Compare(string? x, string? y)
    {
        var (left, right) = (x ?? "", y ?? "");
        var attached = TaggedManifest.IsTag(left).CompareTo(TaggedManifest.IsTag(right));
        if (attached != 0)
            return attached;
        var latest = (right == "latest").CompareTo(left == "latest");
        if (latest != 0)
            return latest;
        var order = -Ascending(left, right);
        return order != 0 ? order : string.CompareOrdinal(left, right);
    }

    private static int Ascending(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        while (!left.IsEmpty && !right.IsEmpty)
        {
            var (digits, others) = (Digits(left), Digits(right));
            var order = digits > 0 && others > 0
                ? Number(left[..digits], right[..others])
                : Rank(left[0]).CompareTo(Rank(right[0]));
            if (order != 0)
                return order;
            left = left[Math.Max(1, digits)..];
            right = right[Math.Max(1, others)..];
        }
        return (left.IsEmpty ? End : Rank(left[0])).CompareTo(right.IsEmpty ? End : Rank(right[0]));
    }

    private const int End = '-' + 1;

    /// <summary>The end of a tag ranks between <c>-</c> and the dot, which follow each other in ASCII.</summary>
    private static int Rank(char c) => c > '-' ? c + 1 : c;

    private static int Digits(ReadOnlySpan<char> text) =>
        text.IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : text.Length;

    private static int Number(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        left = left.TrimStart('0');
        right = right.TrimStart('0');
        return left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);
    }
}
