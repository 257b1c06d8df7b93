using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Events;
using Manifold.Fetching;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Copying;
using Manifold.Solving.Keeping;

namespace Manifold.Solving.Steps;

/// <summary>The files that steps copy and mounts show: chosen, hashed and, where that is needed, copied once for all that ask.</summary>
/// <remarks>
/// <code>
///             the context, a named folder      a stage or an image
/// COPY, ADD   <see cref="SelectAsync"/>                      <see cref="SelectAsync"/>
/// --mount     <see cref="ShownAsync"/>, <see cref="ViewAsync"/>            <see cref="PartAsync"/>
/// </code>
/// Several platforms copy the same files, and several RUNs see them. Thread-safe.
/// </remarks>
internal sealed class StepFiles(StepTools tools)
{
    private readonly SharedWork<Digest, Selection> selections = new();
    private readonly SharedWork<Digest, Selection> parts = new();
    private readonly SharedWork<(string? Folder, string Source), Selection> shown = new();
    private readonly SharedWork<(string? Folder, string Source), string> views = new();
    private readonly ConcurrentDictionary<string, Lazy<ISourceTree>> folders = new(StringComparer.Ordinal);

    /// <summary>The sources of a COPY or ADD.</summary>
    /// <param name="from">The chain of the stage or image that is copied from; null where it is a folder of this machine.</param>
    public Task<Selection> SelectAsync(CopyStep step, ImmutableArray<ChainLayer>? from, CancellationToken cancellation)
    {
        using var key = new KeyBuilder().Add(step.Folder?.Path).AddAll(step.Sources).AddAll(step.Exclude)
            .Add(step.Parents ? 1 : 0).Add(step.UnpackArchives ? 1 : 0).AddAll(step.Remotes.Select(remote => remote.Key))
            .AddAll([.. (from ?? []).Select(layer => layer.DiffId.ToString())]).Add(from is null ? 0 : 1);
        return selections.GetAsync(key.ToDigest(),
            stop => from is { } chain ? OfStageAsync(step, chain, stop) : OfFolderAsync(step, stop), cancellation);
    }

    /// <summary>The part of a stage that a mount shows.</summary>
    /// <exception cref="StepFailedException">It is not there.</exception>
    public Task<Selection> PartAsync(RunStep step, StepMount mount, ImmutableArray<ChainLayer> from, CancellationToken cancellation)
    {
        using var key = new KeyBuilder().Add(mount.Source).AddAll([.. from.Select(layer => layer.DiffId.ToString())]);
        return parts.GetAsync(key.ToDigest(), async stop =>
        {
            var files = await tools.Layers.FilesAsync(from, stop).ConfigureAwait(false);
            RequireSource(step, mount, files);
            return await Task.Run(() => Selection.OfPath(step, new StageTree(files, mount.From!.Name), mount.Source), stop)
                .ConfigureAwait(false);
        }, cancellation);
    }

    /// <summary>The files of a folder of this machine that a mount shows.</summary>
    public Task<Selection> ShownAsync(RunStep step, StepMount mount, CancellationToken cancellation) =>
        shown.GetAsync((mount.Folder?.Path, mount.Source),
            stop => Task.Run(() => Selection.OfPath(step, TreeOf(mount.Folder), mount.Source), stop), cancellation);

    /// <summary>
    /// A folder with what the ignore file lets through, as root's:
    /// the very folder where that is so already, else a copy.
    /// </summary>
    public Task<string> ViewAsync(RunStep step, StepMount mount, CancellationToken cancellation) =>
        views.GetAsync((mount.Folder?.Path, mount.Source), stop => MakeViewAsync(step, mount, stop), cancellation);

    /// <exception cref="StepFailedException">The mount's source is not among the files.</exception>
    public static void RequireSource(RunStep step, StepMount mount, Chain files)
    {
        if (!files.Resolve(mount.Source).Exists)
            throw new StepFailedException(step,
                $"--mount={mount.Definition.Text}: '{mount.Definition.Source}' is not in {mount.From!.Name}.");
    }

    private async Task<Selection> OfFolderAsync(CopyStep step, CancellationToken cancellation)
    {
        var remotes = await FirstFailure.WhenAllAsync(step.Remotes, (remote, stop) => RemoteAsync(step, remote, stop), cancellation)
            .ConfigureAwait(false);
        var local = await Task.Run(() => Selection.Of(step, TreeOf(step.Folder)), cancellation).ConfigureAwait(false);
        WarnOfTaken(step, local);
        return new Selection([.. local.Sources, .. remotes]);
    }

    private async Task<Selection> OfStageAsync(CopyStep step, ImmutableArray<ChainLayer> from, CancellationToken cancellation)
    {
        var files = await tools.Layers.FilesAsync(from, cancellation).ConfigureAwait(false);
        var chosen = await Task.Run(() => Selection.Of(step, new StageTree(files, step.From!.Name)), cancellation).ConfigureAwait(false);
        WarnOfTaken(step, chosen);
        return chosen;
    }

    /// <summary>The reference's own example of --exclude copies what it excludes (BuildKit's behavior): that is told.</summary>
    private void WarnOfTaken(CopyStep step, Selection chosen)
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

    private async Task<string> MakeViewAsync(RunStep step, StepMount mount, CancellationToken cancellation)
    {
        var selection = (await ShownAsync(step, mount, cancellation).ConfigureAwait(false)).Sources[0];
        if (TreeOf(mount.Folder).PathAsItIs(selection) is { } path)
            return path;
        var copy = tools.NewFolder("view-");
        var name = selection.IsFolder ? "" : "file";
        var files = FileIdentity.KeepLinks(
            selection.Files.Select(file => file.Entry with { Path = selection.IsFolder ? file.Path : name }));
        await Task.Run(() => new FolderWriter(copy, FolderFormat.Plain).Write(files, cancellation), cancellation).ConfigureAwait(false);
        return Path.Combine(copy, name);
    }

    private ISourceTree TreeOf(FolderSource? source) => source is not { } folder ? tools.Context
        : folders.GetOrAdd(folder.Path, _ => new Lazy<ISourceTree>(() => tools.OpenFolder(folder))).Value;
}
