using System.Text;
using Manifold.Dockerfile;
using Manifold.Linux;

namespace Manifold.Projects;

/// <summary>A file of a project: its text, and the places in it by their offset.</summary>
internal sealed class LocatedText
{
    private readonly int[] starts;

    public LocatedText(string fileName, string text)
    {
        Text = text.StartsWith('\uFEFF') ? text[1..] : text;
        Source = new SourceText(fileName, Text);
        starts = [0, .. Text.Index().Where(each => each.Item == '\n').Select(each => each.Index + 1)];
    }

    public string Text { get; }

    public SourceText Source { get; }

    public string FileName => Source.FileName;

    /// <summary>What runs over several lines is cut at the first one's end.</summary>
    public Place PlaceOf(int start, int length)
    {
        var line = Array.BinarySearch(starts, start) is >= 0 and var exact ? exact : ~Array.BinarySearch(starts, start) - 1;
        var end = line + 1 < starts.Length ? starts[line + 1] - 1 : Text.Length;
        return Source.PlaceOf(line, start - starts[line], Math.Max(1, Math.Min(length, end - start)));
    }

    /// <summary>The offset of a place in this text; its begin for a place that it does not have.</summary>
    public int OffsetOf(Place place) =>
        place.Line <= starts.Length && starts[place.Line - 1] + place.Column - 1 is var offset && offset <= Text.Length ? offset : 0;

    /// <exception cref="UsageException">The file is not there, cannot be read, or is larger than a project file is.</exception>
    public static LocatedText Read(string path, string shownAs)
    {
        try
        {
            using var content = PlainFile.Open(path);
            var bytes = PlainFile.ReadToEnd(content, Limits.ProjectFileBytes)
                ?? throw new UsageException($"Cannot read '{shownAs}': it is larger than {Limits.ProjectFileBytes} bytes.");
            return new LocatedText(shownAs, Encoding.UTF8.GetString(bytes));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"Cannot read '{shownAs}': {e.Message}");
        }
    }

    /// <summary>The same of a file in a folder whose links are not followed out of it.</summary>
    /// <param name="path">From the folder.</param>
    /// <exception cref="UsageException">The file is not there, cannot be read, or is larger than a project file is.</exception>
    public static LocatedText Read(ForeignFolder folder, string path, string shownAs)
    {
        var bytes = folder.TryRead(path, Limits.ProjectFileBytes)
            ?? throw new UsageException($"Cannot read '{shownAs}': it is not a file.");
        return new LocatedText(shownAs, Encoding.UTF8.GetString(bytes));
    }
}
