using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Events;
using Manifold.Fetching;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Copying;

namespace Manifold.Solving;

/// <content>COPY and ADD.</content>
public sealed partial class StepRunner
{
    // Several platforms copy the same files: they are chosen and hashed once.
    private readonly ConcurrentDictionary<Digest, Lazy<Task<Selection>>> selections = new();
    private readonly ConcurrentDictionary<string, Lazy<ISourceTree>> folders = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(int Line, string Loss), bool> toldLosses = new();

    /// <summary>Whether a step's result is the same whatever lies below it. A name in --chown is looked up there, so it has to be known.</summary>
    internal static bool StandsAlone(CopyStep step) => step.Link && (step.Chown is null || OwnerLookup.IsOfNumbers(step.Chown));

    public async Task<Digest?> CopyAsync(CopyStep step, ImmutableArray<ChainLayer> below, ImmutableArray<ChainLayer>? from, CancellationToken cancellation)
    {
        // A linked copy is the same whatever lies below; only a name would be looked up there.
        var owner = step.Link ? await FailingAsync(step, () => OwnerAsync(step, below, cancellation)).ConfigureAwait(false) : null;
        using var builder = KeyOf("copy", step.Link ? [] : below).Add(step.Destination).Add(owner is var (uid, gid) ? $"{uid}:{gid}" : step.Chown).Add(step.Chmod?.Text).Add(step.Link ? 1 : 0)
            .AddAll(step.InlineFiles.SelectMany(file => new[] { file.Name, file.Content }));
        // Layers are named by their content, so a stage's diff ids and the names say which files; the context's have to be looked at.
        if (from is { } chain)
        {
            // Earlier versions made a file of each hard link, under a key without this.
            builder.Add("keeps hard links").AddAll([.. chain.Select(layer => layer.DiffId.ToString())]).AddAll(step.Sources)
                .AddAll(step.Exclude).Add(step.Parents ? 1 : 0).Add(step.UnpackArchives ? 1 : 0);
        }
        else
            builder.Add((await FailingAsync(step, () => SelectAsync(step, null, cancellation)).ConfigureAwait(false)).Digest());
        return await ThroughCache(step, builder.ToDigest(), () => EntriesAsync(step, below, from, cancellation), cancellation).ConfigureAwait(false);
    }

    private async Task<IReadOnlyCollection<LayerEntry>> EntriesAsync(
        CopyStep step, ImmutableArray<ChainLayer> below, ImmutableArray<ChainLayer>? from, CancellationToken cancellation)
    {
        var selection = await SelectAsync(step, from, cancellation).ConfigureAwait(false);
        var contents = await tools.Layers.ContentsAsync(step.Link ? [] : below, cancellation).ConfigureAwait(false);
        var placement = new Placement(step, contents, await OwnerAsync(step, below, cancellation).ConfigureAwait(false), tools.FileTime);
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
            placement.Fill(await tools.Layers.FilesAsync(below, cancellation).ConfigureAwait(false));
        Tell(step, placement.Losses);
        return placement.Entries;
    }

    /// <summary>Several files do not fit into one: BuildKit lets the last one win, which nobody wants.</summary>
    private static void RequireRoom(CopyStep step, Placement placement)
    {
        if (step.Sources.Length + step.Remotes.Length + step.InlineFiles.Length > 1 && !placement.TakesFiles)
            throw new StepFailedException(step,
                $"several sources need a folder as destination, but '{step.Destination}' is not a folder in the image. "
                    + $"Write {step.Destination}/.");
    }

    private IEnumerable<LayerEntry>? OpenArchive(CopyStep step, SelectedSource source, Placement placement, CancellationToken cancellation)
    {
        try
        {
            return UnpackedArchive.TryOpen(source, placement.FindAtDestination, NewTar, cancellation);
        }
        catch (LayerException e)
        {
            throw new StepFailedException(step, e.Message);
        }
    }

    private Task<Owner?> OwnerAsync(CopyStep step, ImmutableArray<ChainLayer> below, CancellationToken cancellation) =>
        new OwnerLookup(tools.Layers, below).FindAsync(step, step.Chown, cancellation);

    private string NewTar() => Path.Combine(tools.WorkFolder(), "archive-" + Guid.NewGuid().ToString("N"));

    private string NewFolder(string kind) => Directory.CreateDirectory(Path.Combine(tools.WorkFolder(), kind + Guid.NewGuid().ToString("N"))).FullName;

    private Task<Selection> SelectAsync(CopyStep step, ImmutableArray<ChainLayer>? from, CancellationToken cancellation)
    {
        using var key = new KeyBuilder().Add(step.Folder?.Path).AddAll(step.Sources).AddAll(step.Exclude).Add(step.Parents ? 1 : 0).Add(step.UnpackArchives ? 1 : 0)
            .AddAll(step.Remotes.Select(remote => remote.Key)).AddAll([.. (from ?? []).Select(layer => layer.DiffId.ToString())]).Add(from is null ? 0 : 1);
        return selections.GetOrAdd(key.ToDigest(), _ => new Lazy<Task<Selection>>(async () =>
        {
            if (from is not { } chain)
            {
                var remotes = await Task.WhenAll(step.Remotes.Select(remote => RemoteAsync(step, remote, cancellation))).ConfigureAwait(false);
                var local = await Task.Run(() => Selection.Of(step, TreeOf(step.Folder)), cancellation).ConfigureAwait(false);
                Tell(step, local);
                return new Selection([.. local.Sources, .. remotes]);
            }
            var files = await tools.Layers.FilesAsync(chain, cancellation).ConfigureAwait(false);
            var chosen = await Task.Run(() => Selection.Of(step, new StageTree(files, step.From!.Name)), cancellation)
                .ConfigureAwait(false);
            Tell(step, chosen);
            return chosen;
        })).Value;
    }

    /// <summary>The reference's own example of --exclude copies what it excludes (BuildKit's behavior): that is told.</summary>
    private void Tell(CopyStep step, Selection chosen)
    {
        if (chosen.TakenAnyway is not [var first, ..] all)
            return;
        var more = all.Length > 1 ? $" and {all.Length - 1} more are" : " is";
        tools.On(new Warned($"{step.Name} (line {step.Line}): '{first}'{more} copied despite --exclude, "
            + "which only applies to files inside a copied folder. Copy the folder, or list fewer files.")
        {
            Time = tools.Time.GetUtcNow(),
        });
    }

    /// <summary>What a copy takes away from the image, once for all platforms.</summary>
    private void Tell(CopyStep step, IEnumerable<string> losses)
    {
        foreach (var loss in losses.Where(loss => toldLosses.TryAdd((step.Line, loss), true)))
            tools.On(new Warned($"{step.Name} (line {step.Line}): {loss}") { Time = tools.Time.GetUtcNow() });
    }

    private async Task<SelectedSource> RemoteAsync(CopyStep step, RemoteSource remote, CancellationToken cancellation)
    {
        try
        {
            return await tools.Remotes.OpenAsync(remote, cancellation).ConfigureAwait(false);
        }
        catch (FetchException e)
        {
            throw new StepFailedException(step, e.Message);
        }
    }

    private ISourceTree TreeOf(FolderSource? source) => source is not { } folder ? tools.Context
        : folders.GetOrAdd(folder.Path, _ => new Lazy<ISourceTree>(() => tools.OpenFolder(folder))).Value;

    /// <summary>A failure before the step's key is known is the step's failure too.</summary>
    private async Task<T> FailingAsync<T>(Step step, Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (StepFailedException e)
        {
            tools.On(new StepStarted(step) { Time = tools.Time.GetUtcNow() });
            tools.On(new StepFailed(step, TimeSpan.Zero, e.Message) { Time = tools.Time.GetUtcNow() });
            // Another platform's step may have met it first; the message names the one that asks.
            throw e.Step == step ? e : e.At(step);
        }
    }
}
