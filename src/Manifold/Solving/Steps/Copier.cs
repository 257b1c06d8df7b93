using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Events;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Copying;
using Manifold.Solving.Keeping;

namespace Manifold.Solving.Steps;

/// <summary>COPY and ADD: chosen files become a layer at their destination.</summary>
/// <remarks>
/// <code>
/// key       1  what lies below, unless the copy is linked; what the instruction says; the content of what it takes
/// entries   2  the chosen files, at the places that links and folders below give them
/// </code>
/// </remarks>
internal sealed class Copier(StepTools tools, StepRecords records, StepFiles files)
{
    private readonly ConcurrentDictionary<(int Line, string Loss), bool> toldLosses = new();

    public async Task<Digest?> CopyAsync(CopyStep step, StepInputs inputs, CancellationToken cancellation)
    {
        var key = await KeyAsync(step, inputs, cancellation).ConfigureAwait(false);
        return await records.ThroughAsync(step, key, stop => EntriesAsync(step, inputs, stop), cancellation).ConfigureAwait(false);
    }

    // 1
    private async Task<Digest> KeyAsync(CopyStep step, StepInputs inputs, CancellationToken cancellation)
    {
        // A linked copy is the same whatever lies below; only a name would be looked up there.
        var owner = step.Link
            ? await records.FailingAsync(step, () => OwnerAsync(step, inputs.Below, cancellation)).ConfigureAwait(false) : null;
        using var key = records.KeyOf("copy", BelowOf(step, inputs)).Add(step.Destination)
            .Add(owner is var (uid, gid) ? $"{uid}:{gid}" : step.Chown).Add(step.Chmod?.Text).Add(step.Link ? 1 : 0)
            .AddAll(step.InlineFiles.SelectMany(file => new[] { file.Name, file.Content }));
        // Layers are named by their content, so a stage's diff ids and the names say which files; the context's have to be looked at.
        if (FromOf(step, inputs) is { } from)
        {
            // Earlier versions made a file of each hard link, under a key without this.
            key.Add("keeps hard links").AddAll([.. from.Select(layer => layer.DiffId.ToString())]).AddAll(step.Sources)
                .AddAll(step.Exclude).Add(step.Parents ? 1 : 0).Add(step.UnpackArchives ? 1 : 0);
        }
        else
        {
            var chosen = await records.FailingAsync(step, () => files.SelectAsync(step, null, cancellation)).ConfigureAwait(false);
            key.Add(chosen.Digest());
        }
        return key.ToDigest();
    }

    // 2
    private async Task<IReadOnlyCollection<LayerEntry>> EntriesAsync(CopyStep step, StepInputs inputs, CancellationToken cancellation)
    {
        var selection = await files.SelectAsync(step, FromOf(step, inputs), cancellation).ConfigureAwait(false);
        var contents = await tools.Layers.ContentsAsync(BelowOf(step, inputs), cancellation).ConfigureAwait(false);
        var owner = await OwnerAsync(step, inputs.Below, cancellation).ConfigureAwait(false);
        var placement = new Placement(step, contents, owner, tools.FileTime);
        foreach (var source in selection.Sources)
        {
            if (source.Unpack && OpenArchive(step, source, placement, cancellation) is { } archive)
            {
                placement.PlaceArchive(archive);
                continue;
            }
            if (!source.IsFolder)
                RequireRoom(step, placement);
            placement.Place(source);
        }
        foreach (var file in step.InlineFiles)
        {
            RequireRoom(step, placement);
            placement.PlaceInline(file);
        }
        if (placement.LacksContent)
            placement.Fill(await tools.Layers.FilesAsync(inputs.Below, cancellation).ConfigureAwait(false));
        WarnOfLosses(step, placement.Losses);
        return placement.Entries;
    }

    private static ImmutableArray<ChainLayer> BelowOf(CopyStep step, StepInputs inputs) => step.Link ? [] : inputs.Below;

    private static ImmutableArray<ChainLayer>? FromOf(CopyStep step, StepInputs inputs) =>
        step.From is { } source ? inputs.Of(source) : null;

    /// <summary>Several files do not fit into one: BuildKit lets the last one win, which nobody wants.</summary>
    private static void RequireRoom(CopyStep step, Placement placement)
    {
        if (step.Sources.Length + step.Remotes.Length + step.InlineFiles.Length > 1 && !placement.TakesFiles)
            throw new StepFailedException(step,
                $"several sources need a folder as destination, but '{step.Destination}' is not a folder in the image. "
                    + $"Write {step.Destination}/.");
    }

    private IEnumerable<LayerEntry>? OpenArchive(
        CopyStep step, SelectedSource source, Placement placement, CancellationToken cancellation)
    {
        try
        {
            return UnpackedArchive.TryOpen(source, placement.FindAtDestination, () => tools.NewPath("archive-"), cancellation);
        }
        catch (LayerException e)
        {
            throw new StepFailedException(step, e.Message);
        }
    }

    private Task<Owner?> OwnerAsync(CopyStep step, ImmutableArray<ChainLayer> below, CancellationToken cancellation) =>
        new OwnerLookup(tools.Layers, below).FindAsync(step, step.Chown, cancellation);

    /// <summary>What a copy takes away from the image, once for all platforms.</summary>
    private void WarnOfLosses(CopyStep step, IEnumerable<string> losses)
    {
        foreach (var loss in losses.Where(loss => toldLosses.TryAdd((step.Line, loss), true)))
            tools.On(new Warned($"{step.Name} (line {step.Line}): {loss}") { Time = tools.Time.GetUtcNow() });
    }
}
