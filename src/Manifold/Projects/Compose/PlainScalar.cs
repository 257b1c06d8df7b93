using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>
/// What a value without quotes is to compose: <c>010</c> is the number 8, <c>3.10</c> the number 3.1, <c>TRUE</c> the truth.
/// </summary>
/// <remarks>Compose writes such values as Go prints them. Source: go-yaml, resolve.go; Go, package fmt.</remarks>
internal static partial class PlainScalar
{
    /// <summary>The value as compose has it; a text stays as it is.</summary>
    public static string Text(YamlScalar scalar) =>
        scalar is { IsPlain: true, IsNull: false } ? Resolved(scalar.Text) ?? scalar.Text : scalar.Text;

    /// <summary>True for numbers, truths and dates, which cannot stand where a text is wanted.</summary>
    public static bool IsNoText(YamlScalar scalar) => scalar is { IsPlain: true, IsNull: false } && Resolved(scalar.Text) is not null;

    private static string? Resolved(string text)
    {
        switch (text)
        {
            case "true" or "True" or "TRUE":
                return "true";
            case "false" or "False" or "FALSE":
                return "false";
            case ".nan" or ".NaN" or ".NAN":
                return "NaN";
            case ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF":
                return "+Inf";
            case "-.inf" or "-.Inf" or "-.INF":
                return "-Inf";
        }
        if (text.Length == 0 || !(char.IsAsciiDigit(text[0]) || text[0] is '+' or '-' or '.'))
            return null;
        return Moment(text) ?? Number(text.Replace("_", "", StringComparison.Ordinal));
    }

    private static string? Number(string text)
    {
        if (Whole(text) is { } whole && whole >= long.MinValue && whole <= ulong.MaxValue)
            return text[0] == '-' && whole.IsZero ? "-0" : whole.ToString(CultureInfo.InvariantCulture);
        if (!Decimal().IsMatch(text)
            || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            || double.IsInfinity(number))
            return null;
        return Float(number);
    }

    /// <summary>Signed, with the prefix of its base; a zero before other digits means octal.</summary>
    private static BigInteger? Whole(string text)
    {
        var sign = text[0] == '-' ? -1 : 1;
        var digits = text[0] is '-' or '+' ? text[1..] : text;
        var (radix, start) = digits.ToLowerInvariant() switch
        {
            ['0', 'x', ..] => (16, 2),
            ['0', 'b', ..] => (2, 2),
            ['0', 'o', ..] => (8, 2),
            ['0', _, ..] => (8, 1),
            _ => (10, 0),
        };
        var value = BigInteger.Zero;
        foreach (var c in digits[start..])
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : 16;
            if (digit >= radix || value > ulong.MaxValue)
                return null;
            value = value * radix + digit;
        }
        return digits.Length > start ? sign * value : null;
    }

    /// <summary>
    /// The fewest digits that name the number, with an exponent below 1e-4 and from 1e21 on,
    /// or from seven digits on where it is longer than they are.
    /// </summary>
    private static string Float(double number)
    {
        var scientific = number.ToString("E16", CultureInfo.InvariantCulture);
        var shortest = number.ToString("R", CultureInfo.InvariantCulture);
        var afterE = scientific[(scientific.IndexOf('E', StringComparison.Ordinal) + 1)..];
        var exponent = number == 0 ? 0 : int.Parse(afterE, CultureInfo.InvariantCulture);
        if (exponent is >= -4 and < 21 && !shortest.Contains('E', StringComparison.Ordinal) && exponent < 6)
            return shortest;
        var sign = shortest.StartsWith('-') ? "-" : "";
        var digits = new string([.. shortest.Split('E')[0].Where(char.IsAsciiDigit)]).TrimStart('0').TrimEnd('0');
        if (exponent is >= -4 and < 6)
            return sign + (exponent < 0 ? "0." + new string('0', -exponent - 1) + digits : digits.PadRight(exponent + 1, '0'));
        var fraction = digits.Length > 1 ? "." + digits[1..] : "";
        var signOfExponent = exponent < 0 ? '-' : '+';
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[..1]}{fraction}e{signOfExponent}{Math.Abs(exponent):00}");
    }

    /// <summary>A date, or a date and a time.</summary>
    private static string? Moment(string text)
    {
        if (Date().Match(text) is not { Success: true } match
            || !DateTime.TryParse(match.Groups["date"].Value, CultureInfo.InvariantCulture, out var date))
            return null;
        if (!match.Groups["hour"].Success)
            return string.Create(CultureInfo.InvariantCulture, $"{date:yyyy-MM-dd} 00:00:00 +0000 UTC");
        var zone = match.Groups["zone"].Value;
        var offset = zone.Replace(":", "", StringComparison.Ordinal);
        var fraction = match.Groups["fraction"].Value.TrimEnd('0').TrimEnd('.');
        int Part(string name) => int.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);
        var (hour, minute, second) = (Part("hour"), Part("minute"), Part("second"));
        if (hour > 23 || minute > 59 || second > 59)
            return null;
        var zones = zone is "" or "Z" ? "+0000 UTC" : $"{offset} {offset}";
        return string.Create(CultureInfo.InvariantCulture, $"{date:yyyy-MM-dd} {hour:00}:{minute:00}:{second:00}{fraction} {zones}");
    }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z")]
    private static partial Regex Decimal();

    [GeneratedRegex(@"^(?<date>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})"
        + @"([Tt ](?<hour>[0-9]{1,2}):(?<minute>[0-9]{1,2}):(?<second>[0-9]{1,2})"
        + @"(?<fraction>\.[0-9]{1,9})?(?<zone>Z|[-+][0-9]{2}:[0-9]{2})?)?$")]
    private static partial Regex Date();
}
