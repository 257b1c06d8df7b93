using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Snapshots;

/// <summary>How a chain of layers is stacked: the folders of its snapshots, and what must lie on top to make them right.</summary>
internal static class OverlayChain
{
    /// <summary>The folders for overlayfs, topmost first. Records the use of each snapshot.</summary>
    /// <param name="diffIds">The chain, lowest first, all of them in <paramref name="snapshots"/>; empty for FROM scratch.</param>
    public static ImmutableArray<string> Lowers(SnapshotStore snapshots, ImmutableArray<Digest> diffIds, CancellationToken cancellation)
    {
        if (diffIds.Length > Limits.ChainLayers)
            throw new UsageException($"Stacking a chain of {diffIds.Length} layers: "
                + $"the kernel's overlayfs supports at most {Limits.ChainLayers}. Combine some of the image's layers.");
        foreach (var diffId in diffIds)
            snapshots.RecordUse(diffId);
        // A layer that comes twice decides everything by its upper place, and overlayfs refuses a folder that it has already.
        var folders = diffIds.Reverse().Distinct().Select(snapshots.FolderOf);
        return new ImpliedFolders(snapshots, diffIds, cancellation).Fixup() is { } fixup ? [fixup, .. folders] : [.. folders];
    }
}
