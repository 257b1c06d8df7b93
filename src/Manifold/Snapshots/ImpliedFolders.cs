using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Snapshots;

/// <summary>Puts right the folders that a layer has no entry for.</summary>
/// <remarks>
/// A tar may hold <c>etc/app/x.conf</c> and no <c>etc</c>. Unpacked alone, <c>etc</c> gets default attributes, and in the stack these would
/// hide those that a layer below gave it. So a chain with such folders gets one more folder on top: the same folders, empty, as they must
/// look.
/// <code>
/// 1  the folders that any layer implies, as one tree
/// 2  ImpliedLookup    goes down that tree once; each folder is looked at in the layers that show through there: where are its attributes?
/// 3  the folders that are wrong, and those on the way to them, are made; attributes last, children first
/// </code>
/// Costs a few calls for each folder and layer that has it, and no more open files for deep folders.
/// </remarks>
internal sealed class ImpliedFolders(SnapshotStore snapshots, ImmutableArray<Digest> diffIds, CancellationToken cancellation)
{
    /// <summary>The folder to stack on top, or null where the chain is right as it is. Made once per chain and kept.</summary>
    public string? Fixup()
    {
        var distinct = diffIds.Reverse().Distinct().ToList();
        var implied = distinct.ConvertAll(snapshots.ImpliedBy);
        if (implied.All(set => !set.Any()))
            return null;
        var place = Path.Combine(snapshots.Fixups, Digest.Of(string.Join('\n', diffIds)).Hex);
        if (!Directory.Exists(place))
            Make(place, [.. distinct.Select(snapshots.FolderOf)], implied);
        var top = Path.Combine(place, "fs");
        return Directory.Exists(top) ? top : null;
    }

    private void Make(string place, ImmutableArray<string> folders, List<FolderSet> implied)
    {
        var making = snapshots.NewFolder();
        try
        {
            // 1
            var all = new EntryTree();
            foreach (var set in implied)
                all.AddFolders(set.Tree);
            // 2
            using var lookup = new ImpliedLookup(all, folders, implied);
            var wrong = lookup.Find(cancellation);
            if (wrong)
                Correct(all, lookup, Path.Combine(making, "fs"));
            SnapshotStore.PlaceWhole(making, place);
        }
        finally
        {
            FileTree.Delete(making);
        }
    }

    // 3
    private void Correct(EntryTree all, ImpliedLookup lookup, string top)
    {
        Directory.CreateDirectory(top);
        using var root = DirectoryHandle.Open(top);
        var open = new Stack<(int Id, string Path)>();
        foreach (var (id, path) in all.Walk(all.Root, "").Where(at => lookup.IsWanted(at.Id)).Until(cancellation))
        {
            while (open.TryPeek(out var above) && above.Path.Length > 0 && !EntryPath.IsBelow(path, above.Path))
                Describe(open.Pop());
            if (path.Length > 0)
            {
                using var parent = root.TryOpenBelow(EntryPath.Parent(path))!;
                parent.TryCreateFolder(EntryPath.Name(path), 0b111_101_101);
            }
            open.Push((id, path));
        }
        while (open.TryPop(out var left))
            Describe(left);

        void Describe((int Id, string Path) folder)
        {
            using var target = root.TryOpenBelow(folder.Path)!;
            using var source = lookup.OpenSource(folder.Id, folder.Path);
            if (source is not null)
                FolderAttributes.Copy(source, target);
            else
                FolderAttributes.Default(target);
        }
    }
}
