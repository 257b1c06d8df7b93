using System.Collections.Immutable;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Snapshots;

/// <summary>Puts right the folders that a layer has no entry for.</summary>
/// <remarks>
/// A tar may hold <c>etc/app/x.conf</c> and no <c>etc</c>. Unpacked alone, <c>etc</c> gets default attributes, and in the stack these would hide
/// those that a layer below gave it. So a chain with such folders gets one more folder on top: the same folders, empty, as they must look.
/// A lookup goes down the chain as overlayfs does, passing by implied folders, until an entry, a whiteout or an opaque folder decides.
/// </remarks>
internal sealed class ImpliedFolders(SnapshotStore snapshots, ImmutableArray<Digest> diffIds)
{
    private readonly ImmutableArray<(string Folder, ImmutableHashSet<string> Implied)> layers =
        [.. diffIds.Reverse().Select(diffId => (snapshots.FolderOf(diffId), snapshots.ImpliedBy(diffId).ToImmutableHashSet()))];

    /// <summary>The folder to stack on top, or null where the chain is right as it is. Made once per chain and kept.</summary>
    public string? Fixup()
    {
        var suspects = layers.SelectMany(layer => layer.Implied).Distinct().Order(StringComparer.Ordinal).ToList();
        if (suspects.Count == 0)
            return null;
        var place = Path.Combine(snapshots.Root, "fixups", Digest.Of(string.Join('\n', diffIds)).Hex);
        if (!Directory.Exists(place))
            Make(place, suspects);
        var top = Path.Combine(place, "fs");
        return Directory.Exists(top) ? top : null;
    }

    private void Make(string place, List<string> suspects)
    {
        var making = snapshots.NewFolder();
        var top = Path.Combine(making, "fs");
        // Ancestors of a corrected folder are in the way too, so they show what is below them as well.
        var wanted = suspects.Where(path => HiddenSource(path) is not null).SelectMany(Ancestry).Distinct().Order(StringComparer.Ordinal).ToList();
        foreach (var path in wanted)
            Directory.CreateDirectory(Path.Combine(top, path));
        foreach (var path in Enumerable.Reverse(wanted)) // children first: making them changed their parents' times
        {
            if (Source(path) is { } source)
                FolderAttributes.Copy(source, Path.Combine(top, path));
            else
                FolderAttributes.Default(Path.Combine(top, path));
        }
        SnapshotStore.PlaceWhole(making, place);
    }

    // Where the topmost visible folder is an implied one, and another below it knows better.
    private string? HiddenSource(string path) => TopIsImplied(path) ? Source(path) : null;

    private bool TopIsImplied(string path)
    {
        foreach (var (folder, implied) in layers)
        {
            if (DirectoryHandle.StatusOf(Path.Combine(folder, path)) is { } status)
                return status.IsFolder && implied.Contains(path);
            if (Ends(folder, path))
                return false;
        }
        return false;
    }

    /// <summary>The folder whose attributes <paramref name="path"/> must show; null where no layer has an entry for it.</summary>
    private string? Source(string path)
    {
        foreach (var (folder, implied) in layers)
        {
            var full = Path.Combine(folder, path);
            if (DirectoryHandle.StatusOf(full) is { } status && !(status.IsFolder && implied.Contains(path)))
                return status.IsFolder ? full : null;
            if (Ends(folder, path))
                return null;
        }
        return null;
    }

    // Nothing shines through from below this layer: the path or one above it is opaque, or is no folder here.
    private static bool Ends(string layer, string path) =>
        Ancestry(path).Any(step => DirectoryHandle.StatusOf(Path.Combine(layer, step)) is { } status
            && (!status.IsFolder || FolderAttributes.IsOpaque(Path.Combine(layer, step))));

    private static IEnumerable<string> Ancestry(string path)
    {
        yield return "";
        for (var slash = path.IndexOf('/'); slash > 0; slash = path.IndexOf('/', slash + 1))
            yield return path[..slash];
        if (path.Length > 0)
            yield return path;
    }
}
