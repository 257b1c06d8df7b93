using Manifold.Dockerfile;
using Manifold.Layers;

namespace Manifold.Solving.Copying;

/// <summary>The wildcards of COPY's sources: Go's <c>filepath.Match</c>, component by component.</summary>
internal static class Wildcards
{
    public static bool IsPattern(string source) => source.AsSpan().ContainsAny('*', '?', '[');

    /// <summary>The paths that match, in ordinal order. A pattern that is not well formed matches nothing.</summary>
    public static IEnumerable<string> Expand(ISourceTree tree, string pattern) =>
        pattern.Split('/', StringSplitOptions.RemoveEmptyEntries)
            .Aggregate<string, IEnumerable<string>>([""], (folders, part) => folders.SelectMany(folder => Step(tree, folder, part)));

    private static IEnumerable<string> Step(ISourceTree tree, string folder, string part)
    {
        if (!IsPattern(part))
            return [EntryPath.Join(folder, part)];
        if (!Wildcard.TryParsePath(part, deep: false, out var wildcard) || tree.Find(folder) is not { Kind: EntryKind.Folder } found)
            return [];
        return tree.Names(found.Path).Where(name => wildcard.Matches(name)).Select(name => EntryPath.Join(folder, name));
    }
}
