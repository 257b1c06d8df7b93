using Manifold.Dockerfile;
using Manifold.Layers;
using Manifold.Planning;

namespace Manifold.Solving.Copying;

/// <summary>Finds the sources of COPY and ADD that are in no folder, before anything is fetched or run.</summary>
/// <remarks>Looks names up and reads no file. A source that comes from a stage or an image is not known before it is made.</remarks>
internal static class MissingSources
{
    /// <param name="request">Whose context is an existing folder.</param>
    /// <returns>A failure for each step that lacks one.</returns>
    public static List<StepFailedException> Find(BuildPlan plan, BuildRequest request)
    {
        var trees = new Dictionary<string, ContextTree>(StringComparer.Ordinal);
        // A source may have a variable in it, and be another one for each platform.
        return [.. plan.Steps.OfType<CopyStep>().Where(step => step.From is null && step.Sources.Length > 0)
            .DistinctBy(step => (step.Place, step.Folder, string.Join('\0', step.Sources)))
            .Select(step => Problem(step, TreeOf(step.Folder))).OfType<StepFailedException>().DistinctBy(problem => problem.Spot)];

        ContextTree TreeOf(FolderSource? folder)
        {
            var path = folder?.Path ?? request.ContextFolder;
            if (!trees.TryGetValue(path, out var tree))
                trees[path] = tree = folder is null
                    ? new ContextTree(path, BuildFiles.IgnoreRulesOf(request), digests: null, request.ContextName)
                    : new ContextTree(path, BuildFiles.IgnoreRulesOf(folder), digests: null);
            return tree;
        }
    }

    private static StepFailedException? Problem(CopyStep step, ContextTree tree)
    {
        foreach (var source in step.Sources.Where(source => !Wildcards.IsPattern(source)))
        {
            var path = Plain(source);
            if (tree.Find(path) is not null)
                continue;
            var missing = tree.DescribeMissing(source);
            var hint = tree.Exclusion(path) is null ? Nearest(tree, path) : "";
            return new StepFailedException(step, missing + "." + hint);
        }
        return null;
    }

    private static string Plain(string source) => source.Replace("/./", "/", StringComparison.Ordinal).Trim('/');

    /// <summary>A hint that names what is there and spelled almost alike, or lies in another folder.</summary>
    private static string Nearest(ContextTree tree, string source)
    {
        var folder = "";
        var parts = source.Split('/');
        var missing = Array.FindIndex(parts, part =>
        {
            if (tree.Find(EntryPath.Join(folder, part)) is not { } found)
                return true;
            folder = found.Path;
            return false;
        });
        if (missing < 0)
            return "";
        var names = tree.Names(folder).Where(name => tree.Find(EntryPath.Join(folder, name)) is not null).ToList();
        if (Suggestion.Nearest(parts[missing], names) is { } name)
        {
            var whole = parts[..missing].Append(name).Concat(parts[(missing + 1)..]).Aggregate(EntryPath.Join);
            return Hint(tree.Find(whole) is not null ? whole : parts[..missing].Append(name).Aggregate(EntryPath.Join));
        }
        var elsewhere = Folders(tree, "")
            .SelectMany(first => Folders(tree, first).Prepend(first))
            .Select(each => EntryPath.Join(each, parts[^1]))
            .FirstOrDefault(path => tree.Find(path) is not null);
        return elsewhere is null ? "" : Hint(elsewhere);
    }

    private static IEnumerable<string> Folders(ContextTree tree, string folder) =>
        tree.Names(folder)
            .Select(name => EntryPath.Join(folder, name))
            .Where(path => tree.Find(path) is { Kind: EntryKind.Folder } found && found.Path == path);

    private static string Hint(string path) => $" Did you mean '{path}'?";
}
