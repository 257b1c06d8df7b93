using System.Globalization;
using System.Text.RegularExpressions;

namespace Manifold.Server;

/// <summary>A part of a blob that a client asked for: from <see cref="First"/> to <see cref="Last"/>, both included.</summary>
/// <remarks>Source: RFC 9110, section 14.</remarks>
internal readonly partial record struct ByteRange(long First, long Last)
{
    public long Length => Last - First + 1;

    /// <summary>
    /// Null where the header asks for no single range in bytes: then the whole is the answer. Unsatisfiable where it is empty.
    /// </summary>
    public static ByteRange? TryParse(string? header, long size)
    {
        if (header is null || Pattern().Match(header) is not { Success: true } match)
            return null;
        var first = Number(match.Groups[1]);
        var last = Number(match.Groups[2]);
        return (first, last) switch
        {
            (null, null) => null,
            (null, { } count) => new(Math.Max(0, size - count), size - 1),
            ({ } from, null) => new(from, size - 1),
            ({ } from, { } to) => new(from, Math.Min(to, size - 1)),
        };
    }

    public bool IsSatisfiable => Length > 0;

    // More digits than a file has are "behind its end".
    private static long? Number(Group digits) => digits.Length == 0 ? null
        : long.TryParse(digits.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : long.MaxValue;

    [GeneratedRegex(@"\A\s*bytes\s*=\s*([0-9]*)-([0-9]*)\s*\z", RegexOptions.IgnoreCase)]
    private static partial Regex Pattern();
}
