using System.Globalization;

namespace Manifold.Text;

/// <summary>Bytes in decimal units, as registries and disks count: <c>61.2 MB</c>.</summary>
internal static class DecimalBytes
{
    private static readonly string[] Names = ["B", "kB", "MB", "GB", "TB"];

    public static string Text(long bytes)
    {
        double value = bytes;
        var unit = 0;
        for (; value >= 999.5 && unit < Names.Length - 1; unit++)
            value /= 1000;
        return value.ToString(unit == 0 || value >= 99.95 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + Names[unit];
    }
}
