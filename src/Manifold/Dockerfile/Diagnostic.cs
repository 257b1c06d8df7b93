using System.Globalization;
using System.Text;

namespace Manifold.Dockerfile;

/// <summary>What a finding means for the build: an error ends it before anything is started.</summary>
internal enum Severity { Warning, Error }

/// <summary>Where something stands in a file. Lines and columns count from 1; a column is a UTF-16 unit of its line.</summary>
public readonly record struct Place(string File, int Line, int Column, int Length)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}");
}

/// <summary>One finding about a file, as data.</summary>
internal sealed record Diagnostic
{
    /// <summary>The id of everything that does not parse. Every other id is the name of a rule.</summary>
    public const string Syntax = "Syntax";

    public required string Id { get; init; }
    public required Severity Severity { get; init; }
    public required string Message { get; init; }
    public required Place Place { get; init; }

    /// <summary>What to do about it, where we know: "Did you mean …?"</summary>
    public string? Hint { get; init; }

    /// <summary>The line of the file that <see cref="Place"/> names, or of a long one the part around it.</summary>
    public string Excerpt { get; init; } = "";

    /// <summary>The column of the excerpt's first character, from 1.</summary>
    public int ExcerptColumn { get; init; } = 1;

    /// <summary>True for a finding of a build check.</summary>
    public bool IsOfRule => Id is not Syntax;

    /// <summary>The finding in one line.</summary>
    public string OneLine => $"{Place}: {Message}{(IsOfRule ? $" [{Id}]" : "")}";

    /// <summary>The finding for people: place and message, then the line with a caret, then the hint.</summary>
    public string Render()
    {
        var text = new StringBuilder();
        var rule = IsOfRule ? $" [{Id}]" : "";
        text.Append(CultureInfo.InvariantCulture, $"{Place}: {(Severity == Severity.Error ? "error" : "warning")}: {Message}{rule}");
        if (Excerpt.Length > 0)
            AppendExcerpt(text);
        if (Hint is not null)
            text.Append("\n  hint: ").Append(Hint);
        return text.ToString();
    }

    private void AppendExcerpt(StringBuilder text)
    {
        var indent = Math.Clamp(Place.Column - ExcerptColumn, 0, Excerpt.Length);
        text.Append("\n  ");
        foreach (var c in Excerpt)
            text.Append(char.IsControl(c) && c != '\t' ? ' ' : c);
        text.Append("\n  ");
        foreach (var c in Excerpt.AsSpan(0, indent))
            text.Append(c == '\t' ? '\t' : ' ');
        text.Append('^', Math.Clamp(Place.Length, 1, Math.Max(1, Excerpt.Length - indent)));
    }
}
