using System.Text;
using Manifold.Oci;
using Manifold.Publishing;

namespace Manifold.Reporting;

/// <summary>The end of a build in words: a line per platform, the index, and where it is now.</summary>
public static class BuildTable
{
    public static string Render(BuildResult result, IReadOnlyCollection<ImageReference> tags, Publication? published)
    {
        var rows = result.Images.Select(image => new[]
        {
            image.Platform.ToString(), image.Manifest.Digest.ToString(), Units.Bytes(image.CompressedBytes), Count(image.Layers.Length),
        }).Prepend(["PLATFORM", "DIGEST", "SIZE", "LAYERS"]).ToList();
        var text = new StringBuilder(Columns(rows));
        text.Append('\n').Append("index  ").Append(result.Index.Digest).Append('\n');
        foreach (var tag in published is null ? tags.Select(tag => $"named  {tag}") : published.Tags.Select(tag => $"pushed {tag}"))
            text.Append(tag).Append('\n');
        if (tags.Count == 0)
            text.Append("The image has no name; give it one with -t, so that a prune keeps it.\n");
        return text.ToString();
    }

    /// <summary>Rows as columns of even width, two blanks apart.</summary>
    public static string Columns(IReadOnlyList<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
            text.Append(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()).Append('\n');
        return text.ToString();
    }

    private static string Count(int count) => count.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
