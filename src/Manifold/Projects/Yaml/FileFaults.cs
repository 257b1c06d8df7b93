using System.Collections.Immutable;
using Manifold.Dockerfile;

namespace Manifold.Projects.Yaml;

/// <summary>Collects what is wrong with a project file, each once, however often its place is read.</summary>
internal sealed class FileFaults(SourceText source)
{
    private readonly DiagnosticList list = new(source);
    private readonly HashSet<(Place, string)> told = [];
    private readonly List<string> warnings = [];

    public SourceText Source => source;

    public ImmutableArray<string> Warnings => [.. warnings];

    public void Add(Place place, string message, string? hint = null)
    {
        if (told.Add((place, message)))
            list.Error(place, message, hint);
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
        if (list.HasErrors)
            throw new ProjectFileException(list.ToImmutable());
    }
}
