using System.Globalization;

namespace Manifold.Cli;

/// <summary>Sizes as people read and write them, in powers of ten as disks are sold: <c>1.2 GB</c>.</summary>
internal static class ByteSize
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB"];

    public static string Format(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 999.95 && unit < Units.Length - 1; unit++)
            value /= 1000;
        return value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + Units[unit];
    }

    /// <summary>Reads <c>10GB</c>, <c>512MiB</c>, <c>2g</c> (as Docker has it) or a number of bytes.</summary>
    public static long Parse(string text)
    {
        var trimmed = text.Trim();
        var digits = trimmed.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        var factor = trimmed[digits..].Trim().ToLowerInvariant() switch
        {
            "" or "b" => 1,
            "k" or "kb" => 1e3,
            "m" or "mb" => 1e6,
            "g" or "gb" => 1e9,
            "t" or "tb" => 1e12,
            "kib" => 1L << 10,
            "mib" => 1L << 20,
            "gib" => 1L << 30,
            "tib" => 1L << 40,
            _ => double.NaN,
        };
        if (!double.TryParse(trimmed[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || double.IsNaN(factor))
            throw new UsageException($"'{text}' is not a size. Expected a number with a unit, such as 10GB or 512MiB.");
        return (long)(number * factor);
    }
}
