using System.Collections.Immutable;

namespace Manifold.Dockerfile.Parsing;

/// <summary>Reads the directives at the top; they end at the first line that is none, be it blank, a comment or an instruction.</summary>
internal static class DirectiveReader
{
    public static ImmutableArray<ParserDirective> Read(SourceText source, DiagnosticList diagnostics, out char escape)
    {
        escape = '\\';
        var directives = ImmutableArray.CreateBuilder<ParserDirective>();
        for (var line = 0; line < source.Count; line++)
        {
            if (Split(source.Line(line)) is not var (name, value))
                break;
            var place = source.PlaceOf(line, 0, source.Line(line).Length);
            if (directives.Any(each => each.Name == name))
                diagnostics.Error(place, $"the directive '{name}' is given twice");
            else if (name == "syntax" && !Frontend.IsKnown(value))
                diagnostics.Error(PlaceOf(source, line, value), $"the frontend '{value}' is not supported", Frontend.Hint);
            else if (name == "escape" && value is not ("\\" or "`"))
                diagnostics.Error(PlaceOf(source, line, value), $"'{value}' cannot be the escape character", "Use \\ or `.");
            else if (name == "escape")
                escape = value[0];
            directives.Add(new ParserDirective(name, value, line + 1));
        }
        return directives.ToImmutable();
    }

    private static Place PlaceOf(SourceText source, int line, string value) =>
        source.PlaceOf(line, Math.Max(0, source.Line(line).LastIndexOf(value)), value.Length);

    /// <summary><c># name = value</c>, or null where the line is no directive.</summary>
    private static (string Name, string Value)? Split(ReadOnlySpan<char> line)
    {
        line = line.Trim();
        var equals = line.IndexOf('=');
        if (equals < 0 || line[0] != '#')
            return null;
        var name = line[1..equals].Trim().ToString().ToLowerInvariant();
        var value = line[(equals + 1)..].Trim();
        return name is "syntax" or "escape" or "check" && !value.IsEmpty ? (name, value.ToString()) : null;
    }
}
