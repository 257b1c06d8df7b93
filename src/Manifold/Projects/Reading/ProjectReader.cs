using System.Collections.Immutable;
using Manifold.Projects.Bake;
using Manifold.Projects.ManifoldFile;
using Manifold.Projects.SideImages;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Reading;

/// <summary>Reads any files or folder that describe a project, and applies what <c>--set</c> says.</summary>
/// <remarks>
/// Compose and bake files are one project where several are named, later ones over earlier ones, and where several are there with the names
/// that
/// <c>docker buildx bake</c> looks for. A manifold.yaml is a project of its own, and goes before them.
/// </remarks>
internal static class ProjectReader
{
    /// <summary>The names of Manifold's own project file, the usual one first.</summary>
    public static ImmutableArray<string> OwnNames { get; } = ["manifold.yaml", "manifold.yml"];

    /// <summary>In the order in which bake reads them.</summary>
    private static readonly string[] MergedNames = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml",
        .. BakeReader.DefaultNames];

    /// <param name="paths">Files or folders as the user named them, from the working folder; the working folder itself where there are
    /// none.</param>
    /// <exception cref="ProjectFileException">A file is wrong.</exception>
    /// <exception cref="UsageException">There is none, or an override is wrong.</exception>
    public static Project Read(IReadOnlyList<string> paths, ReadingOptions options) =>
        paths.Count <= 1 ? Read(paths is [var only] ? only : ".", options)
            : ReadFiles([.. paths.Select(path => FileOf(path, options)).Distinct()], options);

    /// <inheritdoc cref="Read(IReadOnlyList{string}, ReadingOptions)"/>
    public static Project Read(string path, ReadingOptions options)
    {
        path = FileOf(path, options);
        if (path == "-" || !Directory.Exists(Path.GetFullPath(path, options.WorkingFolder)))
            return ReadFiles([path], options);
        if (Found(OwnNames).FirstOrDefault() is { } own)
            return ReadFiles([own], options);
        return Found(MergedNames) is { IsEmpty: false } merged ? ReadFiles(merged, options)
            : ProjectOverrides.Apply(ReadFolder(path, options), options);

        ImmutableArray<string> Found(IEnumerable<string> names) =>
            [.. names.Select(name => path == "." ? name : Path.Combine(path, name))
                .Where(name => File.Exists(Path.GetFullPath(name, options.WorkingFolder)))];
    }

    /// <summary>Whether a folder has a project: a file of one of the names that are looked for, or a folder of components.</summary>
    public static bool IsProject(string folder) =>
        OwnNames.Concat(MergedNames).Any(name => File.Exists(Path.Combine(folder, name)))
        || SideImagesFolder.Is(Path.GetFullPath(folder));

    /// <summary>The names of the bake and compose files of a folder, in the order in which they are read as one project.</summary>
    internal static ImmutableArray<string> ForeignFilesIn(string folder) =>
        [.. MergedNames.Where(name => File.Exists(Path.Combine(folder, name)))];

    /// <summary>Bake-action writes <c>cwd://</c> before files of the working folder.</summary>
    private static string FileOf(string path, ReadingOptions options)
    {
        var file = path.StartsWith(BakeContexts.WorkingFolder, StringComparison.Ordinal) ? path[BakeContexts.WorkingFolder.Length..] : path;
        if (BakeContexts.IsRemote(path))
            throw new UsageException($"The project file '{path}' is not a local file. Clone the repository, and run the command there.");
        var full = Path.GetFullPath(file, options.WorkingFolder);
        if (file != "-" && !File.Exists(full) && !Directory.Exists(full))
            throw new UsageException($"The project file '{path}' does not exist.");
        return file;
    }

    private static Project ReadFiles(ImmutableArray<string> files, ReadingOptions options)
    {
        if (files.Contains("-"))
        {
            var text = options.ReadStandardInput(); // asked for its kind, and read
            options = options with { ReadStandardInput = () => text };
        }
        var kinds = files.Select(file => (File: file, Kind: Kind(file, options))).ToList();
        if (kinds is [{ Kind: FileKind.Manifold }])
            return ProjectOverrides.Apply(ManifoldYaml.Read(files[0], options), options, hasRegistry: true);
        if (kinds.Find(each => each.Kind == FileKind.Manifold).File is { } own)
        {
            var others = string.Join(" and ", files.Where(file => file != own));
            throw new UsageException($"'{own}' cannot be combined with {others}. Use it alone: -f {own}");
        }
        ImmutableArray<string> compose = [.. kinds.Where(each => each.Kind == FileKind.Compose).Select(each => each.File)];
        return compose.Length == files.Length ? BakeReader.ReadServices(compose, options)
            : BakeReader.Read([.. files.Except(compose)], compose, options);
    }

    private static Project ReadFolder(string folder, ReadingOptions options)
    {
        if (!SideImagesFolder.Is(Path.GetFullPath(folder, options.WorkingFolder)))
            throw new UsageException(
                $"'{folder}' has no project file: no {string.Join(", ", OwnNames.Concat(MergedNames))} or components/.");
        return SideImagesFolder.Read(folder, options);
    }

    private enum FileKind { Manifold, Compose, Bake }

    /// <summary>By the file's name, else by what it has: services, images, or bake's blocks.</summary>
    private static FileKind Kind(string file, ReadingOptions options)
    {
        var name = Path.GetFileName(file);
        if (name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".hcl", StringComparison.OrdinalIgnoreCase))
            return FileKind.Bake;
        if (name.StartsWith("manifold.", StringComparison.Ordinal))
            return FileKind.Manifold;
        if (name.StartsWith("compose.", StringComparison.Ordinal) || name.StartsWith("docker-compose.", StringComparison.Ordinal))
            return FileKind.Compose;
        var lines = options.ReadText(file).Text.Split('\n');
        if (lines.Any(line => line.StartsWith("services:", StringComparison.Ordinal)
            || line.StartsWith("include:", StringComparison.Ordinal)))
            return FileKind.Compose;
        var isYaml = name.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".yml", StringComparison.OrdinalIgnoreCase);
        return isYaml || lines.Any(line => line.StartsWith("images:", StringComparison.Ordinal)) ? FileKind.Manifold : FileKind.Bake;
    }
}
