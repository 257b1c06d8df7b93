using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Manifold.Dockerfile;

/// <summary>Reads the directives at the top; they end at the first line that is none, be it blank, a comment or an instruction.</summary>
internal static partial class DirectiveReader
{
    public static ImmutableArray<ParserDirective> Read(SourceText source, DiagnosticList diagnostics, out char escape)
    {
        escape = '\\';
        var directives = ImmutableArray.CreateBuilder<ParserDirective>();
        for (var line = 0; line < source.Count; line++)
        {
            var match = Directive().Match(source.Line(line).TrimStart().ToString());
            var name = match.Groups[1].Value.ToLowerInvariant();
            if (!match.Success || name is not ("syntax" or "escape" or "check"))
                break;
            var value = match.Groups[2].Value;
            var place = source.PlaceOf(line, 0, source.Line(line).Length);
            if (directives.Any(each => each.Name == name))
                diagnostics.Error(place, $"the directive '{name}' is given twice");
            else if (name == "escape" && value is not ("\\" or "`"))
                diagnostics.Error(place, $"'{value}' cannot be the escape character", "It is \\ or `.");
            else if (name == "escape")
                escape = value[0];
            directives.Add(new ParserDirective(name, value, line + 1));
        }
        return directives.ToImmutable();
    }

    [GeneratedRegex(@"^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$")]
    private static partial Regex Directive();
}
