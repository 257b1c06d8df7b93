using System.Globalization;
using System.Text.RegularExpressions;

namespace Manifold.Hcl;

/// <summary>Durations in Go's notation: <c>1m30s</c>, <c>1.5h</c>, <c>300ms</c>. Source: Go's <c>time.ParseDuration</c>.</summary>
internal static partial class HclDuration
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (text is "0" or "+0" or "-0")
            return true;
        if (Pattern().Match(text) is not { Success: true } match)
            return false;
        decimal nanoseconds = 0;
        foreach (var (number, unit) in match.Groups["number"].Captures.Zip(match.Groups["unit"].Captures))
        {
            var each = NanosecondsOf(unit.Value);
            if (number.Length > 24 || Number(number.ValueSpan) > long.MaxValue / each)
                return false;
            nanoseconds += Number(number.ValueSpan) * each;
            if (nanoseconds > long.MaxValue)
                return false;
        }
        duration = new TimeSpan((long)(match.Groups["sign"].Value == "-" ? -nanoseconds : nanoseconds) / TimeSpan.NanosecondsPerTick);
        return true;
    }

    private static decimal Number(ReadOnlySpan<char> digits) =>
        decimal.Parse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    private static long NanosecondsOf(string unit) => unit switch
    {
        "ns" => 1,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => 1_000,
    };

    // A micro sign and a Greek mu look the same.
    [GeneratedRegex(@"^(?<sign>[-+]?)(?:(?<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?<unit>ns|us|µs|μs|ms|s|m|h))+\z")]
    private static partial Regex Pattern();
}
