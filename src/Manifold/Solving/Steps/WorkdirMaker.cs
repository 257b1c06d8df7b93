using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Copying;
using Manifold.Solving.Keeping;

namespace Manifold.Solving.Steps;

/// <summary>WORKDIR: makes a working directory where it is missing.</summary>
internal sealed class WorkdirMaker(StepTools tools, StepRecords records)
{
    private const int FolderMode = 0b111_101_101;

    public Task<Digest?> MakeAsync(WorkdirStep step, StepInputs inputs, CancellationToken cancellation)
    {
        using var key = records.KeyOf("workdir", inputs.Below).Add(step.Path).Add(step.Owner);
        return records.ThroughAsync(step, key.ToDigest(), stop => EntriesAsync(step, inputs.Below, stop), cancellation);
    }

    private async Task<IReadOnlyCollection<LayerEntry>> EntriesAsync(
        WorkdirStep step, ImmutableArray<ChainLayer> below, CancellationToken cancellation)
    {
        var contents = await tools.Layers.ContentsAsync(below, cancellation).ConfigureAwait(false);
        var lookup = new OwnerLookup(tools.Layers, below, unknownIsRoot: true);
        var owner = await lookup.FindAsync(step, step.Owner, cancellation).ConfigureAwait(false);
        return MissingFolders(step, contents, owner ?? default);
    }

    private LayerEntry[] MissingFolders(WorkdirStep step, Chain contents, Owner owner)
    {
        var resolved = contents.Resolve(step.Path);
        if (resolved.Entry is { Kind: not EntryKind.Folder })
            throw new StepFailedException(step, $"'{step.Path}' is not a folder in the image.");
        var missing = new List<LayerEntry>();
        for (var path = resolved.Path; path.Length > 0 && contents.Find(path) is null; path = EntryPath.Parent(path))
        {
            missing.Add(new LayerEntry
            {
                Path = path,
                Kind = EntryKind.Folder,
                Mode = FolderMode,
                Uid = owner.Uid,
                Gid = owner.Gid,
                Modified = new FileTime(tools.FileTime),
            });
        }
        return [.. missing];
    }
}
