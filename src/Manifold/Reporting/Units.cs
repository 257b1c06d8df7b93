using System.Globalization;

namespace Manifold.Reporting;

/// <summary>Quantities as people read them.</summary>
public static class Units
{
    private static readonly string[] Names = ["B", "kB", "MB", "GB", "TB"];

    /// <summary>Bytes in decimal units, as registries and disks count: <c>61.2 MB</c>.</summary>
    public static string Bytes(long bytes)
    {
        double value = bytes;
        var unit = 0;
        for (; value >= 999.5 && unit < Names.Length - 1; unit++)
            value /= 1000;
        return value.ToString(unit == 0 || value >= 99.95 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + Names[unit];
    }

    /// <summary>A duration with what matters of it: <c>0.3 s</c>, <c>42 s</c>, <c>3 min 20 s</c>.</summary>
    public static string Duration(TimeSpan time) => time.TotalSeconds switch
    {
        < 10 => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s",
        < 100 => time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture) + " s",
        _ => $"{(int)time.TotalMinutes} min {time.Seconds} s",
    };

    /// <summary>A change in bytes: <c>+1.2 MB</c>, <c>−300 kB</c>, <c>±0</c>.</summary>
    public static string Change(long bytes) => bytes == 0 ? "±0" : bytes > 0 ? "+" + Bytes(bytes) : "−" + Bytes(-bytes);

    /// <summary>How long ago: <c>5 hours</c>, <c>12 days</c>, <c>7 months</c>.</summary>
    public static string Age(TimeSpan time) => time.TotalDays switch
    {
        < 2 => Count((int)time.TotalHours, "hour"),
        < 90 => Count((int)time.TotalDays, "day"),
        < 730 => Count((int)(time.TotalDays / 30.44), "month"),
        _ => Count((int)(time.TotalDays / 365.25), "year"),
    };

    public static string Count(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
