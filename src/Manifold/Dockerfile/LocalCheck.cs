using System.Collections.Immutable;

namespace Manifold.Dockerfile;

/// <summary>A comment <c># check=skip=…</c> right above an instruction: for that instruction alone.</summary>
internal sealed record LocalCheck(LineSpan Lines, CheckOptions Options)
{
    /// <summary>The options that a comment holds, or null where it is an ordinary one.</summary>
    public static CheckOptions? Read(ReadOnlySpan<char> comment)
    {
        var text = comment.TrimStart().TrimStart('#').Trim();
        if (!text.StartsWith("check", StringComparison.OrdinalIgnoreCase))
            return null;
        text = text["check".Length..].TrimStart();
        if (!text.StartsWith("="))
            return null;
        var options = CheckOptions.Parse(text[1..].ToString());
        return options.SkipsAll || !options.Skipped.IsEmpty ? options : null;
    }

    /// <summary>Without the findings that comments excuse.</summary>
    public static ImmutableArray<Diagnostic> Apply(ImmutableArray<LocalCheck> checks, ImmutableArray<Diagnostic> findings) =>
        checks.IsEmpty ? findings
            : [.. findings.Where(each => !checks.Any(
                check => each.Place.Line >= check.Lines.First && each.Place.Line <= check.Lines.Last && check.Options.Skips(each)))];
}
