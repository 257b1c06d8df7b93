using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Manifold.Hcl;

/// <summary>The function <c>format</c>, with go-cty's verbs: %s %d %v %q %t %b %o %x %X %e %f %g %%.</summary>
/// <remarks>A verb can have flags, a width, a precision, and the number of its argument: <c>%[1]s</c>.</remarks>
internal static partial class HclFormat
{
    public static string Apply(string specification, ImmutableArray<HclValue> values)
    {
        var (next, highest) = (0, 0);
        var result = VerbPattern().Replace(specification, match =>
        {
            var verb = match.Groups["verb"].Value;
            if (verb == "%")
                return "%";
            if (match.Groups["index"] is { Success: true, Value: var which })
                next = int.Parse(which, CultureInfo.InvariantCulture) - 1;
            if (next < 0 || next >= values.Length)
                throw new HclArgumentException($"'{match.Value}' has no argument: only {values.Length} given", 0);
            var text = Verb(verb, values[next++], match);
            highest = Math.Max(highest, next);
            return Padded(text, match);
        });
        if (highest < values.Length)
            throw new HclArgumentException($"'{specification}' does not use {values.Length - highest} of the arguments", highest + 1);
        return result;
    }

    private static string Verb(string verb, HclValue value, Match match)
    {
        var precision = match.Groups["precision"] is { Success: true, Value: var digits }
            ? int.Parse("0" + digits, CultureInfo.InvariantCulture)
            : (int?)null;
        switch (verb)
        {
            case "s": return Cut(value.AsText ?? throw Wrong(verb, "a string", value), precision);
            case "v": return value.AsText is { } text ? Cut(text, precision) : HclJson.Write(value);
            case "q": return HclJson.Write(new HclString(Cut(value.AsText ?? throw Wrong(verb, "a string", value), precision)));
            case "t": return value.AsFlag is { } flag ? flag ? "true" : "false" : throw Wrong(verb, "true or false", value);
        }
        var number = value.AsNumber ?? throw Wrong(verb, "a number", value);
        return (number >= 0 ? SignOf(match.Groups["flags"].Value) : "") + verb switch
        {
            "d" => decimal.Truncate(number).ToString("0", CultureInfo.InvariantCulture),
            "b" or "o" or "x" or "X" => Based(verb, decimal.Truncate(number)),
            "e" => Exponent(number, precision ?? 6),
            "f" => number.ToString("F" + (precision ?? 6), CultureInfo.InvariantCulture),
            _ => new HclNumber(number).AsText,
        };
    }

    /// <summary>The sign of a number that is not negative.</summary>
    private static string SignOf(string flags)
    {
        if (flags.Contains('+', StringComparison.Ordinal))
            return "+";
        return flags.Contains(' ', StringComparison.Ordinal) ? " " : "";
    }

    private static string Based(string verb, decimal number)
    {
        if (Math.Abs(number) > long.MaxValue)
            throw new HclArgumentException($"%{verb}: the number is too large");
        var magnitude = (long)Math.Abs(number);
        var text = verb switch
        {
            "b" => Convert.ToString(magnitude, 2),
            "o" => Convert.ToString(magnitude, 8),
            "x" => magnitude.ToString("x", CultureInfo.InvariantCulture),
            _ => magnitude.ToString("X", CultureInfo.InvariantCulture),
        };
        return number < 0 ? "-" + text : text;
    }

    private static string Exponent(decimal number, int precision) =>
        number.ToString("0." + new string('0', Math.Min(precision, 28)) + "e+00", CultureInfo.InvariantCulture)
            .Replace(".e", "e", StringComparison.Ordinal);

    private static string Cut(string text, int? precision) => precision is { } most && text.Length > most ? text[..most] : text;

    private static string Padded(string text, Match match)
    {
        if (!int.TryParse(match.Groups["width"].Value, out var width) || text.Length >= width)
            return text;
        if (width > 10_000)
            throw new HclArgumentException($"'{match.Value}': a width of {width} characters is too large", 0);
        var flags = match.Groups["flags"].Value;
        if (flags.Contains('-', StringComparison.Ordinal))
            return text.PadRight(width);
        if (!flags.Contains('0', StringComparison.Ordinal))
            return text.PadLeft(width);
        var signs = text.Length > 0 && text[0] is '-' or '+' ? 1 : 0;
        return text[..signs] + text[signs..].PadLeft(width - signs, '0');
    }

    private static HclArgumentException Wrong(string verb, string expected, HclValue value) =>
        new($"%{verb} needs {expected}, but the argument is {value.Kind}");

    [GeneratedRegex(@"%(?<flags>[-+ 0#]*)(?<width>\d*)(?:\.(?<precision>\d*))?(?:\[(?<index>\d{1,4})\])?(?<verb>[svqtdboxXefg%])")]
    private static partial Regex VerbPattern();
}
