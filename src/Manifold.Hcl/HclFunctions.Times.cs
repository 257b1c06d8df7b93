using System.Globalization;
using System.Text.RegularExpressions;

namespace Manifold.Hcl;

internal static partial class HclFunctions
{
    private const string Rfc3339 = "yyyy-MM-dd'T'HH:mm:ssK";

    private static readonly string[] TimeFormats = [Rfc3339, "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    private static IEnumerable<(string Name, HclFunction Function)> Times() =>
    [
        Of("formatdate", 2, a => Text(Formatted(a.Text(0), Time(a, 1)))),
        Of("timeadd", 2, a => Text(Written(Time(a, 0) + Duration(a, 1)))),
        Of("timestamp", 0, _ => Text(Written(TimeProvider.System.GetUtcNow()))),
    ];

    private static string Written(DateTimeOffset time) => time.Offset == TimeSpan.Zero
        ? time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
        : time.ToString(Rfc3339, CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(HclArguments a, int index) =>
        DateTimeOffset.TryParseExact(
            a.Text(index), TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new HclArgumentException("expected a time in RFC 3339 format, e.g. 2026-01-31T12:00:00Z", index);

    private static TimeSpan Duration(HclArguments a, int index) =>
        HclDuration.TryParse(a.Text(index), out var duration)
            ? duration
            : throw new HclArgumentException("expected a duration, e.g. 1h30m", index);

    private static string Formatted(string format, DateTimeOffset time) => TimePattern().Replace(format, match => match.Value[0] switch
    {
        '\'' => match.Value.Length > 1 && match.Value.EndsWith('\'') ? match.Value[1..^1].Replace("''", "'", StringComparison.Ordinal)
            : throw new HclArgumentException("a quoted text in the format has no closing '", 0),
        _ => Part(match.Value, time) ?? throw new HclArgumentException($"'{match.Value}' is not valid in a time format", 0),
    });

    private static string? Part(string letters, DateTimeOffset time)
    {
        // The same in .NET's words, where a letter by itself needs a percent sign.
        string? net = letters switch
        {
            "YYYY" => "yyyy",
            "YY" => "yy",
            "MMMM" => "MMMM",
            "MMM" => "MMM",
            "MM" => "MM",
            "M" => "%M",
            "DD" => "dd",
            "D" => "%d",
            "EEEE" => "dddd",
            "EEE" => "ddd",
            "hh" => "HH",
            "h" => "%H",
            "HH" => "hh",
            "H" => "%h",
            "AA" or "aa" => "tt",
            "mm" => "mm",
            "m" => "%m",
            "ss" => "ss",
            "s" => "%s",
            "Z" or "ZZZ" or "ZZZZ" or "ZZZZZ" => "zzz",
            _ => null,
        };
        var text = net is null ? null : time.ToString(net, CultureInfo.InvariantCulture);
        return letters switch
        {
            "aa" => text!.ToLowerInvariant(),
            "Z" when time.Offset == TimeSpan.Zero => "Z",
            "ZZZ" when time.Offset == TimeSpan.Zero => "UTC",
            "ZZZ" or "ZZZZ" => text!.Replace(":", "", StringComparison.Ordinal),
            _ => text,
        };
    }

    [GeneratedRegex("'(?:[^']|'')*'?|([A-Za-z])\\1*")]
    private static partial Regex TimePattern();
}
