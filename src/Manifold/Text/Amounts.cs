using System.Globalization;

namespace Manifold.Text;

/// <summary>Quantities as people read them.</summary>
internal static class Amounts
{
    /// <inheritdoc cref="DecimalBytes"/>
    public static string Bytes(long bytes) => DecimalBytes.Text(bytes);

    /// <summary>A duration with what matters of it: <c>0.3 s</c>, <c>42 s</c>, <c>3 min 20 s</c>.</summary>
    public static string Duration(TimeSpan time) => time.TotalSeconds switch
    {
        < 10 => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s",
        < 100 => time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture) + " s",
        _ => $"{(int)time.TotalMinutes} min {time.Seconds} s",
    };

    /// <summary>A change in bytes: <c>+1.2 MB</c>, <c>−300 kB</c>, <c>±0</c>.</summary>
    public static string Change(long bytes) => bytes == 0 ? "±0" : bytes > 0 ? "+" + Bytes(bytes) : "−" + Bytes(-bytes);

    /// <summary>How long ago, in the largest unit of which there are several: <c>90 minutes</c>, <c>5 hours</c>, <c>12 days</c>.</summary>
    public static string Age(TimeSpan time) => time.TotalDays switch
    {
        >= 731 => Count((int)(time.TotalDays / 365.25), "year"),
        >= 61 => Count((int)(time.TotalDays / 30.44), "month"),
        >= 14 => Count((int)(time.TotalDays / 7), "week"),
        >= 2 => Count((int)time.TotalDays, "day"),
        _ when time.TotalHours >= 2 => Count((int)time.TotalHours, "hour"),
        _ => Count((int)Math.Max(0, time.TotalMinutes), "minute"),
    };

    public static string Count(int count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
