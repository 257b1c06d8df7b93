using System.Globalization;
using Manifold.Content;

namespace Manifold.Fetching;

/// <summary>
/// When a fetched source was made, in seconds since 1970, beside its folder: a commit's time, or that of the newest file of an archive.
/// </summary>
internal static class SourceTime
{
    /// <summary>Null where nobody knows.</summary>
    public static long? Read(string folder) =>
        File.Exists(PathOf(folder))
            && long.TryParse(File.ReadAllText(PathOf(folder)), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var time)
            ? time
            : null;

    public static void Write(string folder, long time) =>
        Store.ReplaceFile(PathOf(folder), System.Text.Encoding.ASCII.GetBytes(time.ToString(CultureInfo.InvariantCulture)));

    private static string PathOf(string folder) => folder + ".time";
}
