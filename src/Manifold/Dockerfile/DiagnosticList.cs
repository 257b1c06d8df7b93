using System.Collections.Immutable;

namespace Manifold.Dockerfile;

/// <summary>Collects the findings about one file.</summary>
internal sealed class DiagnosticList(SourceText source)
{
    private readonly List<Diagnostic> found = [];

    public bool HasErrors => found.Exists(each => each.Severity == Severity.Error);

    public void Error(Place place, string message, string? hint = null) => Add(Diagnostic.Syntax, Severity.Error, place, message, hint);

    public void Error(LogicalLine line, Word word, string message, string? hint = null) =>
        Error(line.PlaceOf(word.Start, word.Length), message, hint);

    public void Warn(string rule, Place place, string message, string? hint = null) => Add(rule, Severity.Warning, place, message, hint);

    public void Add(string id, Severity severity, Place place, string message, string? hint) => found.Add(new Diagnostic
    {
        Id = id, Severity = severity, Message = message, Place = place, Hint = hint, Excerpt = source.Excerpt(place),
    });

    /// <summary>In the order of the file.</summary>
    public ImmutableArray<Diagnostic> ToImmutable() =>
        [.. found.OrderBy(each => each.Place.Line).ThenBy(each => each.Place.Column)];
}
