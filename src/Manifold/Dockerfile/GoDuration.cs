using System.Buffers;
using System.Globalization;

namespace Manifold.Dockerfile;

/// <summary>Durations as Go writes them: <c>1m30s</c>, <c>1.5h</c>, <c>300ms</c>.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    public static bool TryParse(string text, out long nanoseconds)
    {
        nanoseconds = 0;
        var rest = text.AsSpan();
        var negative = rest.StartsWith("-");
        if (negative || rest.StartsWith("+"))
            rest = rest[1..];
        if (rest is "0")
            return true;
        decimal total = 0;
        for (var any = false; !rest.IsEmpty || !any; any = true)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0 || digits > 24 || !TryParseNumber(rest[..digits], out var number))
                return false;
            rest = rest[digits..];
            var length = rest.IndexOfAny(NumberCharacters);
            length = length < 0 ? rest.Length : length;
            if (Unit(rest[..length]) is not { } unit)
                return false;
            rest = rest[length..];
            if (number > long.MaxValue / unit || (total += number * unit) > long.MaxValue)
                return false;
        }
        nanoseconds = (long)(negative ? -total : total);
        return true;
    }

    private static bool TryParseNumber(ReadOnlySpan<char> text, out decimal number) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);

    private static decimal? Unit(ReadOnlySpan<char> unit) => unit switch
    {
        "ns" => 1,
        "us" or "µs" or "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => null,
    };
}
