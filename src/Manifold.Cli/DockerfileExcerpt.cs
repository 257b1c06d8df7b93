using System.Globalization;
using System.Text;
using Manifold.Dockerfile;
using Manifold.Planning;

namespace Manifold.Cli;

/// <summary>The lines of a Dockerfile around an instruction that failed, with their numbers.</summary>
/// <remarks>
/// <code>
/// Dockerfile:3
///   1 | FROM golang
///   2 | COPY . .
/// > 3 | RUN make
///   4 | ENTRYPOINT ["/app"]
/// </code>
/// </remarks>
internal static class DockerfileExcerpt
{
    private const int Around = 2, MostOfInstruction = 12;

    /// <summary>Marked lines (<see cref="PaintedLine"/>); none where the file cannot be read any more.</summary>
    public static string[] Of(BuildRequest request, Place place)
    {
        try
        {
            var text = request.InlineDockerfile ?? Encoding.UTF8.GetString(BuildFiles.Dockerfile(request).Content);
            var instruction = BuildFiles.ReadDockerfile(request).Tree.Instructions.FirstOrDefault(each =>
                each.Lines.First <= place.Line && place.Line <= each.Lines.Last);
            return Of(text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'), place, instruction?.Lines.Last ?? place.Line);
        }
        catch (Exception e) when (e is ManifoldException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    internal static string[] Of(string[] lines, Place place, int last)
    {
        if (place.Line < 1 || place.Line > lines.Length)
            return [];
        last = Math.Min(Math.Min(last, lines.Length), place.Line + MostOfInstruction - 1);
        var (from, to) = (Math.Max(1, place.Line - Around), Math.Min(lines.Length, last + Around));
        var digits = to.ToString(CultureInfo.InvariantCulture).Length;
        var line = place.Line.ToString(CultureInfo.InvariantCulture);
        var excerpt = new List<string> { $"[bold]{PaintedLine.Foreign(place.File)}:{line}[/]" };
        for (var number = from; number <= to; number++)
        {
            var isFailing = number >= place.Line && number <= last;
            var start = number.ToString(CultureInfo.InvariantCulture).PadLeft(digits);
            var text = PaintedLine.Foreign(lines[number - 1].Replace("\t", "    ", StringComparison.Ordinal));
            excerpt.Add(isFailing ? $"[red]>[/] [bold]{start} | {text}[/]" : $"  [grey]{start} |[/] {text}".TrimEnd());
        }
        return [.. excerpt];
    }
}
