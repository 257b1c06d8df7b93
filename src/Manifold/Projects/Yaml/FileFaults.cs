using System.Collections.Immutable;
using Manifold.Dockerfile;

namespace Manifold.Projects.Yaml;

/// <summary>Collects what is wrong with a project file and the files that it names, each once, however often its place is read.</summary>
internal sealed class FileFaults
{
    private readonly Dictionary<string, DiagnosticList> lists;
    private readonly HashSet<(Place, string)> told;
    private readonly List<string> warnings;

    public FileFaults(SourceText source)
    {
        (Source, lists, told, warnings) = (source, new(StringComparer.Ordinal), [], []);
        lists[source.FileName] = new DiagnosticList(source);
    }

    private FileFaults(SourceText source, FileFaults first)
    {
        (Source, lists, told, warnings) = (source, first.lists, first.told, first.warnings);
        lists.TryAdd(source.FileName, new DiagnosticList(source));
    }

    public SourceText Source { get; }

    public ImmutableArray<string> Warnings => [.. warnings];

    /// <summary>How much was told so far.</summary>
    public int Count => told.Count;

    public bool Any => lists.Values.Any(list => list.HasErrors);

    /// <summary>The same collection, for another file.</summary>
    public FileFaults Of(SourceText other) => new(other, this);

    /// <param name="place">In one of the files.</param>
    public void Add(Place place, string message, string? hint = null)
    {
        if (told.Add((place, message)))
            (lists.GetValueOrDefault(place.File) ?? lists[Source.FileName]).Error(place, message, hint);
    }

    /// <summary>Says something that stops nothing, and says it once.</summary>
    public void Warn(Place place, string message)
    {
        if (told.Add((place, message)))
            warnings.Add($"{place}: {message}");
    }

    /// <exception cref="ProjectFileException">Something is wrong.</exception>
    public void ThrowIfAny()
    {
        if (Take() is { IsEmpty: false } found)
            throw new ProjectFileException(found);
    }

    /// <summary>The errors so far, which then are somebody else's to tell.</summary>
    public ImmutableArray<Diagnostic> Take()
    {
        ImmutableArray<Diagnostic> found = [.. lists.Values.Where(list => list.HasErrors).SelectMany(list => list.ToImmutable())];
        foreach (var file in lists.Keys.ToList())
            lists[file] = lists[file].Emptied();
        return found;
    }
}
