using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Layers;
using Manifold.Planning;

namespace Manifold.Solving.Copying;

/// <summary>
/// The sources of <c>COPY --parents</c>: each keeps the folders that it lies in, counted from a <c>/./</c> on where it has one.
/// </summary>
/// <remarks>
/// <code>
/// base/./pattern    1  what the pattern matches below the base; ** crosses folders, and links are not followed
///                   2  with everything below a folder that matches
///                   3  and the folders on the way, as they are
/// </code>
/// Source: Dockerfile reference, "COPY --parents".
/// </remarks>
internal static class ParentsKept
{
    /// <summary>
    /// A folder for each that the part before <c>/./</c> names, which may be several by wildcards;
    /// nothing where a wildcard matches nothing.
    /// </summary>
    /// <exception cref="StepFailedException">A source without wildcards is not there.</exception>
    public static IEnumerable<ChosenSource> Choose(CopyStep step, ISourceTree tree, string source)
    {
        var pivot = source.IndexOf("/./", StringComparison.Ordinal);
        var (below, pattern) = pivot < 0 ? ("", Plain(source)) : (Plain(source[..pivot]), Plain(source[(pivot + 3)..]));
        if (Wildcards.IsPattern(below))
            return Wildcards.Expand(tree, below).Select(tree.Find).OfType<LayerEntry>().Where(found => found.Kind == EntryKind.Folder)
                .SelectMany(found => Below(tree, found, pattern));
        if (tree.Find(below) is not { Kind: EntryKind.Folder } root)
            throw new StepFailedException(step, tree.DescribeMissing(below) + ": the part before /./ must be a folder.");
        ChosenSource[] chosen = [.. Below(tree, root, pattern)];
        if (chosen.Length == 0 && !Wildcards.IsPattern(pattern))
            throw new StepFailedException(step, tree.DescribeMissing(source) + ".");
        return chosen;
    }

    /// <summary>One folder with what the pattern matches in it; nothing where that is nothing.</summary>
    private static IEnumerable<ChosenSource> Below(ISourceTree tree, LayerEntry root, string pattern)
    {
        // 1, 2
        var matches = Matches(tree, root, pattern).ToList();
        if (matches.Count == 0)
            return [];
        // 3
        var entries = new Dictionary<string, LayerEntry>(StringComparer.Ordinal) { [""] = root };
        foreach (var match in matches)
        {
            entries[EntryPath.Relative(match.Path, root.Path)] = match;
            var folder = EntryPath.Parent(match.Path);
            while (EntryPath.IsBelow(folder, root.Path) && !entries.ContainsKey(EntryPath.Relative(folder, root.Path)))
            {
                entries[EntryPath.Relative(folder, root.Path)] = tree.Find(folder)!;
                folder = EntryPath.Parent(folder);
            }
        }
        return [new ChosenSource("", [.. entries.OrderBy(entry => entry.Key, EntryPath.Order).Select(entry => (entry.Key, entry.Value))])];
    }

    private static IEnumerable<LayerEntry> Matches(ISourceTree tree, LayerEntry root, string pattern)
    {
        if (pattern.Length == 0)
            return tree.Below(root.Path);
        if (!Wildcard.TryParsePath(pattern, deep: true, out var wildcard))
            return [];
        // The walk begins at the last folder that the pattern names without a wildcard.
        var literal = string.Join('/', pattern.Split('/').TakeWhile(part => !Wildcards.IsPattern(part)));
        var path = literal.Length == 0 ? root.Path : EntryPath.Join(root.Path, literal);
        if (tree.Find(path) is not { } first || first.Path != path)
            return [];
        var found = new List<LayerEntry>();
        string? taken = null;
        foreach (var entry in first.Kind == EntryKind.Folder ? tree.Below(path).Prepend(first) : [first])
        {
            var isBelow = taken is not null && EntryPath.IsBelow(entry.Path, taken);
            if (!isBelow && !(entry.Path.Length > root.Path.Length && wildcard.Matches(EntryPath.Relative(entry.Path, root.Path))))
                continue;
            found.Add(entry);
            if (!isBelow)
                taken = entry.Path;
        }
        return found;
    }

    /// <summary>Without empty parts and dots; <c>..</c> goes no further than the top.</summary>
    private static string Plain(string path)
    {
        var parts = ImmutableStack<string>.Empty;
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            parts = part == ".." ? parts.IsEmpty ? parts : parts.Pop() : part == "." ? parts : parts.Push(part);
        return string.Join('/', parts.Reverse());
    }
}
