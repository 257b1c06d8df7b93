using System.Collections.Immutable;
using Manifold.Dockerfile;

namespace Manifold.Projects.Yaml;

/// <summary>Collects what is wrong with a project file, each once, however often its place is read.</summary>
internal sealed class FileFaults(SourceText source)
{
    private readonly Dictionary<string,
        DiagnosticList> lists = new(StringComparer.Ordinal) { [source.FileName] = new DiagnosticList(source) };
    private readonly HashSet<(Place, string)> told = [];
    private readonly List<string> warnings = [];

    public SourceText Source => source;

    public ImmutableArray<string> Warnings => [.. warnings];

    /// <summary>Another file whose places are told of here.</summary>
    public void Add(SourceText other) => lists.TryAdd(other.FileName, new DiagnosticList(other));

    public void Add(Place place, string message, string? hint = null)
    {
        if (told.Add((place, message)))
            lists.GetValueOrDefault(place.File, lists[source.FileName]).Error(place, message, hint);
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
