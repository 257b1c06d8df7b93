using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Projects;
using Manifold.Projects.Reading;
using Manifold.Projects.Yaml;

namespace Manifold.Tests.Support;

/// <summary>A folder with a project file and what it names, and the reader over it.</summary>
public sealed class ProjectFolder(string? parent = null) : IDisposable
{
    public TemporaryFolder Files { get; } = new(parent);

    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    internal ReadingOptions Options => new(Environment.ToImmutableSortedDictionary(StringComparer.Ordinal))
    {
        WorkingFolder = Files.Path,
        DefaultPlatform = Platform.Parse("linux/amd64"),
    };

    /// <summary>Makes folders with a Dockerfile each.</summary>
    public ProjectFolder With(params string[] contexts)
    {
        foreach (var context in contexts)
            Files.Write(Path.Combine(context, "Dockerfile"), "FROM scratch\n");
        return this;
    }

    internal Project Manifold(string yaml, params string[] overrides) => Read("manifold.yaml", yaml, overrides);

    internal Project Compose(string yaml, params string[] overrides) => Read("compose.yaml", yaml, overrides);

    /// <summary>What the reader refuses the file for: <c>LINE:COLUMN message [hint]</c>.</summary>
    public ImmutableArray<string> Faults(string yaml, string name = "manifold.yaml") =>
        [.. Assert.Throws<ProjectFileException>(() => Read(name, yaml)).Diagnostics
            .Select(each => $"{each.Place.Line}:{each.Place.Column} {each.Message}{(each.Hint is null ? "" : " | " + each.Hint)}")];

    internal Project Read(string name, string yaml, params string[] overrides)
    {
        Files.Write(name, yaml);
        return ProjectReader.Read([name], Options with { Overrides = [.. overrides] });
    }

    public void Dispose() => Files.Dispose();
}
