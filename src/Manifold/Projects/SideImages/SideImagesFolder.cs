using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.SideImages;

/// <summary>The folder layout of MicroShift's side images, read as it is.</summary>
/// <remarks>
/// <code>
/// components/NAME/  ImageSource.ARCH > Dockerfile.ARCH > ImageSource > Dockerfile     the first that there is, for each architecture
///                   repo, commit, image-references                                    the source, checked out into src/ before the build
///                   build_binaries ARCH                                               makes bin/NAME-ARCH, which the Dockerfile copies
/// image-references  the release: images and sources of its components
///      │
///      ├─1─ the environment: DEST_REGISTRY COMPONENTS ARCHITECTURES PUSH PARALLEL
///      ├─2─ the release: its tag, its image-references
///      ├─3─ each component's folder
///      └─4─► Project: COMPONENTS is what is baked by default, the others are there for those that stand on them
/// </code>
/// Nothing is run and nothing fetched. Every fault of everything that is asked for is told at once; a component that is not asked for
/// and cannot be read is left out with a warning.
/// </remarks>
internal static class SideImagesFolder
{
    internal const string ComponentsName = "components";

    /// <summary>Whether a folder has this layout: it holds <c>components/</c> with a component in it, or is that folder.</summary>
    public static bool Is(string folder) =>
        ComponentsOf(folder) is { } components && Directory.EnumerateDirectories(components).Any(ComponentFolder.IsComponent);

    /// <param name="folder">As the user named it, from the working folder: the one that holds <c>components/</c>, or that one.</param>
    /// <exception cref="ProjectFileException">Something cannot be used as it is.</exception>
    /// <exception cref="UsageException">There is no such folder, or a file cannot be read.</exception>
    public static Project Read(string folder, ReadingOptions options)
    {
        var components = ComponentsOf(Path.GetFullPath(Path.Combine(options.WorkingFolder, folder)))
            ?? throw new UsageException($"'{folder}' has no folder '{ComponentsName}'. Side images belong in '{folder}/{ComponentsName}'.");
        var faults = new ProjectFaults();
        var settings = SideImagesSettings.Read(options, faults); // 1
        var release = ReleaseFolder.Read(Path.GetDirectoryName(components)!, options, faults); // 2
        var folders =
            Directory.GetDirectories(components).Where(path => Path.GetFileName(path)[0] != '.').Order(StringComparer.Ordinal).ToList();
        var names = Names(folders, settings, faults);
        var warnings = ImmutableArray.CreateBuilder<string>();
        var read = folders.Where(path => names.Contains(Path.GetFileName(path)) || ComponentFolder.IsComponent(path)) // 3
            .Select(path => ReadComponent(path, names, new SideImages(settings, release, options), (faults, warnings))).OfType<Component>()
            .ToImmutableArray();
        if (names.Count == 0)
            faults.Add(ProjectPaths.In(options).Shown(components), "this folder contains no components",
                "A component is a folder with a Dockerfile or an ImageSource.");
        faults.ThrowIfAny();
        return new Project // 4
        {
            File = folder,
            Folder = Path.GetDirectoryName(components)!,
            Components = read,
            Default = settings.Components is null ? [] : [.. read.Select(component => component.Name).Where(names.Contains)],
            Push = settings.Push,
            Jobs = settings.Parallel ? null : 1,
            Warnings = warnings.ToImmutable(),
        };
    }

    private static Component? ReadComponent(
        string path, HashSet<string> asked, SideImages all, (ProjectFaults Faults, ImmutableArray<string>.Builder Warnings) told)
    {
        var isAsked = asked.Contains(Path.GetFileName(path));
        var own = isAsked ? told.Faults : new ProjectFaults();
        var component = new ComponentFolder(path, all, own).Read();
        if (!isAsked && own.Any)
            told.Warnings.Add($"{ProjectPaths.In(all.Options).Shown(path)} is skipped: {own.ToImmutable()[0].Message}.");
        else if (File.Exists(Path.Combine(path, "build_binaries"))
            && component is { Before.IsEmpty: true }
            && component.Platforms.Any(platform => platform.Source is BuildSource))
            told.Warnings.Add($"{ProjectPaths.In(all.Options).Shown(path)}/build_binaries is not executable and does not run. To make it "
                + "executable, run: chmod +x");
        if (component?.Checkout is { Repository: not null, Commit: null })
            told.Warnings.Add(
                $"{component.Checkout.Place}: no commit is given, so the build uses the current state of the default branch.");
        return own.Any ? null : component;
    }

    /// <summary>The components that are asked for.</summary>
    private static HashSet<string> Names(List<string> folders, SideImagesSettings settings, ProjectFaults faults)
    {
        var all = folders.Where(ComponentFolder.IsComponent).Select(path => Path.GetFileName(path)).ToList();
        foreach (var unknown in (settings.Components ?? []).Where(name => !folders.Any(path => Path.GetFileName(path) == name)))
            faults.Add("environment", $"COMPONENTS contains '{unknown}', which is not a folder in {ComponentsName}/",
                Suggestion.For(unknown, all) ?? $"Components: {string.Join(' ', all)}.",
                    $"COMPONENTS={string.Join(' ', settings.Components!)}");
        return (settings.Components ?? [.. all]).ToHashSet(StringComparer.Ordinal);
    }

    private static string? ComponentsOf(string folder)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var inside = Path.Combine(path, ComponentsName);
        return Directory.Exists(inside) ? inside : Path.GetFileName(path) == ComponentsName && Directory.Exists(path) ? path : null;
    }
}
