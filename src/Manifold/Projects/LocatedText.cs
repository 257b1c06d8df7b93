using Manifold.Dockerfile;

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

    /// <exception cref="UsageException">The file is not there, cannot be read, or is larger than a project file is.</exception>
    public static LocatedText Read(string path, string shownAs)
    {
        try
        {
            return new FileInfo(path).Length <= Limits.ProjectFileBytes ? new LocatedText(shownAs, File.ReadAllText(path))
                : throw new UsageException($"Reading '{shownAs}': it is larger than {Limits.ProjectFileBytes} bytes.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"Reading '{shownAs}': {e.Message}");
        }
    }
}
