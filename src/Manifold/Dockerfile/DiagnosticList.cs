using System.Collections.Immutable;

namespace Manifold.Dockerfile;

/// <summary>Collects the findings about one file, up to a number that nobody reads to its end.</summary>
internal sealed class DiagnosticList(SourceText source)
{
    private const int Most = 200;

    private readonly List<Diagnostic> errors = [];
    private readonly List<Diagnostic> warnings = [];

    public bool HasErrors => errors.Count > 0;

    /// <summary>True where more errors would not be kept.</summary>
    public bool IsFull => errors.Count == Most;

    public void Error(Place place, string message, string? hint = null) => Add(Diagnostic.Syntax, Severity.Error, place, message, hint);

    public void Error(LogicalLine line, Word word, string message, string? hint = null) =>
        Error(line.PlaceOf(word.Start, word.Length), message, hint);

    public void Add(Rule rule, Place place, string message, string? hint = null) => Add(rule.Name, rule.Severity, place, message, hint);

    public void Add(string id, Severity severity, Place place, string message, string? hint)
    {
        var list = severity == Severity.Error ? errors : warnings;
        if (list.Count == Most)
            return;
        var (excerpt, column) = source.Excerpt(place);
        list.Add(new Diagnostic
        {
            Id = id,
            Severity = severity,
            Message = message,
            Place = place,
            Hint = hint,
            Excerpt = excerpt,
            ExcerptColumn = column,
        });
    }

    /// <summary>A list for further findings about the same file.</summary>
    public DiagnosticList Emptied() => new(source);

    /// <summary>In the order of the file.</summary>
    public ImmutableArray<Diagnostic> ToImmutable() =>
        [.. errors.Concat(warnings).OrderBy(each => each.Place.Line).ThenBy(each => each.Place.Column)];
}
