using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Copying;

namespace Manifold.Nodes.Contexts;

/// <summary>The files of one folder that steps read: so much of it that every step chooses there what it chooses here.</summary>
/// <remarks>
/// <code>
/// 1  what each COPY and ADD chooses
/// 2  what each bind mount shows: only these files keep their times, because a copy does not have them
/// 3  the links that lookups follow, and the places that they pass
/// 4  for a folder that is left out itself, one path below it that is taken in again: without it the folder is not there
/// </code>
/// Each step chooses a path by that path alone. So it does not matter to a step that others read more, as long as nothing is there that
/// the whole folder does not have.
/// </remarks>
internal sealed class ReadFiles
{
    private readonly PackedFolder folder;
    private readonly ContextTree tree;
    private readonly RecordedLookups lookups;
    private readonly Dictionary<string, (LayerEntry Entry, Digest? Content)> chosen = new(StringComparer.Ordinal);
    private readonly HashSet<string> shown = new(StringComparer.Ordinal);

    private ReadFiles(PackedFolder folder, FileDigests digests)
    {
        this.folder = folder;
        tree = new ContextTree(folder.Path, folder.Rules, digests, folder.Name);
        lookups = new RecordedLookups(tree);
    }

    /// <summary>Chooses the files, and hashes those that changed.</summary>
    /// <returns>In the order of <see cref="EntryPath.Order"/>. Further names of a file are hard links to its first.</returns>
    /// <exception cref="StepFailedException">A source is missing.</exception>
    public static ImmutableArray<PackedFile> Of(
        PackedFolder folder, IReadOnlyCollection<Step> steps, FileDigests digests, CancellationToken cancellation)
    {
        var files = new ReadFiles(folder, digests);
        foreach (var step in folder.Copies(steps).DistinctBy(WhatIsChosen))
        {
            cancellation.ThrowIfCancellationRequested();
            files.Add(Selection.Of(step, files.lookups), isShown: false);
        }
        foreach (var (step, source) in folder.Mounts(steps).DistinctBy(mount => mount.Shown))
        {
            cancellation.ThrowIfCancellationRequested();
            files.Add(Selection.OfPath(step, files.lookups, source), isShown: true);
        }
        return files.Packed();
    }

    private static string WhatIsChosen(CopyStep step) =>
        string.Join('\0', [step.Parents ? "parents" : "", .. step.Sources, "", .. step.Exclude]);

    // 1, 2
    private void Add(Selection selection, bool isShown)
    {
        foreach (var (_, entry, content) in selection.Sources.SelectMany(source => source.Files))
        {
            // A step that chooses one name of a file does not say that it has others.
            if (!chosen.TryGetValue(entry.Path, out var known) || known.Entry.Identity is null)
                chosen[entry.Path] = (entry, content);
            if (isShown)
                shown.Add(entry.Path);
        }
    }

    private ImmutableArray<PackedFile> Packed()
    {
        var placeholders = new Dictionary<string, PackedFile>(StringComparer.Ordinal);
        foreach (var entry in lookups.Passed().Concat(TakenInAgain()).Where(entry => !chosen.ContainsKey(entry.Path)))
            placeholders.TryAdd(entry.Path, PackedFile.Placeholder(entry));
        var shownFiles = shown.Select(path => chosen[path].Entry.Identity).OfType<FileIdentity>().ToHashSet();
        var ordered = chosen.Values.Select(file => file.Entry).OrderBy(entry => entry.Path, EntryPath.Order);
        var files = FileIdentity.KeepLinks(ordered.Select(Timed))
            .Select(entry => PackedFile.Verified(entry, entry.Kind == EntryKind.File ? chosen[entry.Path].Content : null));
        return [.. files.Concat(placeholders.Values).OrderBy(file => file.Path, EntryPath.Order)];

        LayerEntry Timed(LayerEntry entry) =>
            shown.Contains(entry.Path) || (entry.Identity is { } identity && shownFiles.Contains(identity))
                ? entry : entry with { Modified = default(FileTime) };
    }

    // 4
    private IEnumerable<LayerEntry> TakenInAgain()
    {
        if (folder.Rules.IsEmpty)
            yield break;
        var folders = chosen.Values.Select(file => file.Entry)
            .Where(entry => entry is { Kind: EntryKind.Folder, Path.Length: > 0 } && IsLeftOut(entry.Path)).ToList();
        foreach (var entry in folders)
        {
            foreach (var below in tree.Below(entry.Path))
            {
                yield return below;
                if (!IsLeftOut(below.Path))
                    break;
            }
        }
    }

    private bool IsLeftOut(string path) => folder.Rules.Match(path).Excluded;
}
