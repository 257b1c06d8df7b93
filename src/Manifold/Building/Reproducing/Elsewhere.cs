using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Linux;
using Manifold.Planning;
using Manifold.Projects;

namespace Manifold.Building.Reproducing;

/// <summary>A project's folders copied to another path, as somebody else's checkout of it would lie there.</summary>
/// <remarks>
/// Copied are the folders that builds and hooks read: contexts, hooks' and Dockerfiles' folders. Not copied, so that they are made anew:
/// sources that git brings, and what hooks make. Files' times are those of the copying, as a checkout's are. The caller deletes
/// <see cref="Root"/>.
/// </remarks>
internal sealed class Elsewhere
{
    private readonly ImmutableArray<(string From, string To)> folders;

    private Elsewhere(string root, ImmutableArray<(string From, string To)> folders) => (Root, this.folders) = (root, folders);

    public string Root { get; }

    /// <summary>The folders that were copied.</summary>
    public IEnumerable<string> Originals => folders.Select(folder => folder.From);

    /// <summary>Their copies, in the same order.</summary>
    public IEnumerable<string> Copies => folders.Select(folder => folder.To);

    /// <param name="root">Is made; its disk holds the copies.</param>
    /// <exception cref="UsageException">A folder cannot be copied.</exception>
    public static async Task<Elsewhere> CopyAsync(Project project, string root, CancellationToken cancellation)
    {
        var tops = Tops(project.Components.SelectMany(FoldersOf).Where(Directory.Exists));
        var copies = tops
            .Select(
                (from, i) => (From: from, To: Path.Combine(root, $"{i}", Path.GetFileName(from) is { Length: > 0 } name ? name : "root")))
            .ToImmutableArray();
        foreach (var (from, to) in copies)
        {
            if (IsIn(root, from))
                throw new UsageException($"--verify-reproducible copies the folder '{from}' into the store, but the store '{root}' is "
                    + "inside this folder. Set MANIFOLD_ROOT to another folder.");
            Directory.CreateDirectory(to);
            var copied = await ChildProcess.RunAsync("cp",
                ["--recursive", "--no-dereference", "--preserve=mode,ownership,links,xattr", "--reflink=auto", Path.Combine(from, "."), to],
                cancellation: cancellation).ConfigureAwait(false);
            if (copied is not { ExitCode: 0 })
                throw new UsageException($"--verify-reproducible: cannot copy '{from}': "
                    + $"{copied?.Error.Trim() ?? "the program 'cp' is not installed"}");
        }
        var elsewhere = new Elsewhere(root, copies);
        foreach (var component in project.Components)
            elsewhere.RemoveWhatIsMade(component);
        return elsewhere;
    }

    /// <summary>The same project there.</summary>
    public Project Moved(Project project) =>
        project with { Folder = Moved(project.Folder), Components = [.. project.Components.Select(Moved)] };

    /// <summary>A path there; itself where it lies in no folder that was copied.</summary>
    public string Moved(string path)
    {
        foreach (var (from, to) in folders)
        {
            if (IsIn(path, from))
                return to + path[from.Length..];
        }
        return path;
    }

    private Component Moved(Component component) => component with
    {
        Checkout = component.Checkout is { } checkout ? checkout with { Folder = Moved(checkout.Folder) } : null,
        Before = [.. component.Before.Select(hook => hook with { Folder = Moved(hook.Folder) })],
        Platforms = [.. component.Platforms.Select(
            platform => platform.Source is BuildSource source ? platform with { Source = Moved(source) } : platform)],
    };

    // A context that was fetched lies in the store, and is no folder of the project.
    private BuildSource Moved(BuildSource source) => source.ContextAddress is not null ? source : source with
    {
        ContextFolder = Moved(source.ContextFolder),
        // Of a Dockerfile that is in no file this is but a name.
        DockerfilePath =
            source is { DockerfilePath: { } path, InlineDockerfile: null } ? Moved(Path.GetFullPath(path)) : source.DockerfilePath,
        Contexts = source.Contexts.ToImmutableSortedDictionary(context => context.Key,
            context => context.Value is FolderContext folder ? new FolderContext(Moved(folder.Folder)) : context.Value,
            StringComparer.Ordinal),
    };

    private void RemoveWhatIsMade(Component component)
    {
        if (component.Checkout is { Repository: not null } checkout && Moved(checkout.Folder) is var source && source != checkout.Folder)
            FileTree.Delete(source);
        foreach (var hook in component.Before.Where(hook => Moved(hook.Folder) != hook.Folder && Directory.Exists(Moved(hook.Folder))))
        {
            var outputs = hook.Outputs.Select(pattern => IgnoreRules.Parse("before", pattern)).ToList();
            var root = Moved(hook.Folder);
            var files = FileTree.FilesBelow(root).Select(file => file.Path);
            foreach (var path in files.Where(path => outputs.Any(output => output.Match(path).Excluded)).ToList())
                FileTree.Delete(Path.Combine(root, path));
        }
    }

    private static IEnumerable<string> FoldersOf(Component component) => component.Before.Select(hook => hook.Folder)
        .Concat(component.Checkout is { } checkout ? [checkout.Folder] : [])
        .Concat(component.Platforms.Select(platform => platform.Source).OfType<BuildSource>().Where(source => source.ContextAddress is null)
            .SelectMany(source =>
                source.Contexts.Values.OfType<FolderContext>().Select(context => context.Folder).Append(source.ContextFolder)
                    .Concat(source is { DockerfilePath: { } path, InlineDockerfile: null }
                        ? [Path.GetDirectoryName(Path.GetFullPath(path))!]
                        : [])));

    /// <summary>Those that lie in no other.</summary>
    private static ImmutableArray<string> Tops(IEnumerable<string> folders)
    {
        var all = folders.Select(folder => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))).Distinct()
            .Order(StringComparer.Ordinal).ToList();
        return [.. all.Where(folder => !all.Any(other => other != folder && IsIn(folder, other)))];
    }

    private static bool IsIn(string path, string folder) =>
        path == folder || path.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal);
}
