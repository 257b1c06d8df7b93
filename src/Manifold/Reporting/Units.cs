using System.Globalization;
using Manifold.Solving;

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

    /// <summary>A transfer in words: <c>pulling</c>.</summary>
    public static string Doing(TransferKind kind) => kind switch
    {
        TransferKind.Pull => "pulling",
        TransferKind.Push => "pushing",
        TransferKind.Unpack => "unpacking",
        _ => "compressing",
    };

    public static string Count(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
