using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Projects.Yaml;

namespace Manifold.Projects;

/// <summary>Collects what is wrong with the files of a project, in the order in which it is found.</summary>
internal sealed class ProjectFaults
{
    private const int Most = 200;

    private readonly List<Diagnostic> found = [];

    public bool Any => found.Count > 0;

    public void Add(LocatedText text, Place place, string message, string? hint = null)
    {
        var (excerpt, column) = text.Source.Excerpt(place);
        Add(new Diagnostic
        {
            Id = Diagnostic.Syntax,
            Severity = Severity.Error,
            Message = message,
            Place = place,
            Hint = hint,
            Excerpt = excerpt,
            ExcerptColumn = column,
        });
    }

    /// <summary>A fault of what is no file: a folder, a variable of the environment.</summary>
    public void Add(string where, string message, string? hint = null, string excerpt = "") =>
        Add(new Diagnostic
        {
            Id = Diagnostic.Syntax,
            Severity = Severity.Error,
            Message = message,
            Place = new Place(where, 1, 1, Math.Max(1, excerpt.Length)),
            Hint = hint,
            Excerpt = excerpt,
        });

    /// <summary>What another reader found.</summary>
    public void Add(ProjectFileException others)
    {
        foreach (var fault in others.Diagnostics)
            Add(fault);
    }

    public void Add(ProjectFaults others)
    {
        foreach (var fault in others.found)
            Add(fault);
    }

    /// <exception cref="ProjectFileException">Something was found.</exception>
    public void ThrowIfAny()
    {
        if (Any)
            throw new ProjectFileException(ToImmutable());
    }

    public ImmutableArray<Diagnostic> ToImmutable() => [.. found];

    private void Add(Diagnostic fault)
    {
        // The same place may be read more than once, where a matrix or inheritance repeats it.
        if (found.Count < Most && !found.Any(each => each.Place == fault.Place && each.Message == fault.Message))
            found.Add(fault);
    }
}
