using Manifold.Dockerfile;
using Manifold.Projects.Bake;
using Manifold.Projects.Compose;
using Manifold.Projects.ManifoldFile;
using Manifold.Projects.SideImages;

namespace Manifold.Projects;

/// <summary>Reads any file or folder that describes a project, and applies what <c>--set</c> says.</summary>
public static class ProjectReader
{
    private static readonly string[] Names =
    [
        "manifold.yaml", "manifold.yml", "docker-bake.json", "docker-bake.override.json", "docker-bake.hcl", "docker-bake.override.hcl",
        "compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml",
    ];

    /// <param name="paths">Files or folders as the user named them, from the working folder; the working folder itself where there are none.</param>
    /// <exception cref="ProjectFileException">The file is wrong.</exception>
    /// <exception cref="UsageException">There is none, or an override is wrong.</exception>
    public static Project Read(IReadOnlyList<string> paths, ReadingOptions options) => paths switch
    {
        [] => Read(".", options),
        [var only] => Read(only, options),
        _ => throw new UsageException($"Of several project files ({string.Join(", ", paths)}) only one can be read at a time. Give one -f."),
    };

    /// <inheritdoc cref="Read(IReadOnlyList{string}, ReadingOptions)"/>
    public static Project Read(string path, ReadingOptions options)
    {
        var full = Path.GetFullPath(path, options.WorkingFolder);
        if (!Directory.Exists(full))
            return ReadFile(File.Exists(full) ? path : throw new UsageException($"The project file '{path}' is not there."), options);
        if (Names.FirstOrDefault(name => File.Exists(Path.Combine(full, name))) is { } found)
            return ReadFile(path == "." ? found : Path.Combine(path, found), options);
        return ProjectOverrides.Apply(ReadFolder(path, options), options);
    }

    /// <summary>Whether a folder has a project: a file of one of the names that are looked for, or a folder of components.</summary>
    public static bool IsProject(string folder) => Names.Any(name => File.Exists(Path.Combine(folder, name))) || SideImagesFolder.Is(Path.GetFullPath(folder));

    private static Project ReadFile(string file, ReadingOptions options) => Kind(file, options) switch
    {
        FileKind.Manifold => ProjectOverrides.Apply(ManifoldYaml.Read(file, options), options, hasRegistry: true),
        FileKind.Compose => ProjectOverrides.Apply(ComposeYaml.Read(file, options), options),
        _ => ProjectOverrides.Apply(ReadBake(file, options), options),
    };

    /// <summary>Where bake files have their own names and lie in the working folder, all that are there are one, as bake has it.</summary>
    private static Project ReadBake(string file, ReadingOptions options) =>
        BakeReader.DefaultNames.Contains(file) ? BakeReader.Read([.. BakeReader.DefaultNames.Where(name => File.Exists(Path.Combine(options.WorkingFolder, name)))], options) : BakeReader.Read(file, options);

    private static Project ReadFolder(string folder, ReadingOptions options) =>
        SideImagesFolder.Is(Path.GetFullPath(folder, options.WorkingFolder)) ? SideImagesFolder.Read(folder, options)
        : throw new UsageException($"'{folder}' has no project file: none of {string.Join(", ", Names)}, and no components/.");

    private enum FileKind { Manifold, Compose, Bake }

    /// <summary>By the file's name; of another YAML file, by whether it has services or images.</summary>
    private static FileKind Kind(string file, ReadingOptions options)
    {
        var name = Path.GetFileName(file);
        if (name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".hcl", StringComparison.OrdinalIgnoreCase))
            return FileKind.Bake;
        if (name.StartsWith("manifold.", StringComparison.Ordinal))
            return FileKind.Manifold;
        return HasServices(ProjectText.Read(file, ProjectPaths.Of(file, options))) ? FileKind.Compose : FileKind.Manifold;
    }

    private static bool HasServices(SourceText text) =>
        Enumerable.Range(0, text.Count).Any(line => text.Line(line).StartsWith("services:"));
}
