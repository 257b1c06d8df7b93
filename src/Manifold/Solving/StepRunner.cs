using System.Collections.Immutable;
using System.Diagnostics;
using Manifold.Content;
using Manifold.Events;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Sandbox;
using Manifold.Solving.Copying;

namespace Manifold.Solving;

/// <summary>What steps are done with; made once per build.</summary>
public sealed record StepTools
{
    public required LayerKeeper Layers { get; init; }
    public required StepCache Cache { get; init; }
    public required RunSandbox Sandbox { get; init; }
    public required StepGate Gate { get; init; }
    public required ISourceTree Context { get; init; }

    /// <summary>Opens a named context; called once for each.</summary>
    public required Func<FolderSource, ISourceTree> OpenFolder { get; init; }

    /// <summary>Fetches what ADD takes from elsewhere.</summary>
    public required RemoteFiles Remotes { get; init; }
    /// <summary>What RUNs get besides what the Dockerfile says.</summary>
    public required RunSettings Run { get; init; }

    /// <summary>Those that <see cref="Run"/> names.</summary>
    public required SshAgents Agents { get; init; }

    /// <summary>What RUNs keep from build to build.</summary>
    public required CacheFolders Caches { get; init; }

    /// <summary>A folder on the store's disk for what is in the making; made when it is asked for.</summary>
    public required Func<string> WorkFolder { get; init; }

    public required TimeProvider Time { get; init; }
    public required Action<BuildEvent> On { get; init; }
    public required long FileTime { get; init; }
    public required bool NoCache { get; init; }

    /// <summary>The stages whose steps are done again, where not all are.</summary>
    public ImmutableArray<string> NoCacheFilter { get; init; } = [];

    /// <summary>What RUNs find as their machine's name; null is the default.</summary>
    public string? Hostname { get; init; }
}

/// <summary>Does single steps, each through the same gate: key → record, or else the work → record.</summary>
/// <remarks>
/// A key holds everything that the result depends on, and content instead of names: files by digest, what is below by diff ids.
/// Each method returns the diff id of the layer that the step adds, or null where it changes nothing. Thread-safe.
/// </remarks>
public sealed partial class StepRunner(StepTools tools)
{
    // Bumped when the meaning of keys or the bytes of layers change, so that old records are not believed.
    private const string KeyVersion = "2";

    /// <summary>Makes a working directory where it is missing.</summary>
    public Task<Digest?> MakeFolderAsync(WorkdirStep step, ImmutableArray<ChainLayer> below, CancellationToken cancellation)
    {
        using var builder = KeyOf("workdir", below).Add(step.Path).Add(step.Owner);
        return ThroughCache(step, builder.ToDigest(), async () =>
        {
            var contents = await tools.Layers.ContentsAsync(below, cancellation).ConfigureAwait(false);
            var lookup = new OwnerLookup(tools.Layers, below, unknownIsRoot: true);
            var owner = await lookup.FindAsync(step, step.Owner, cancellation).ConfigureAwait(false);
            return MissingFolders(step, contents, owner ?? default);
        }, cancellation);
    }

    private LayerEntry[] MissingFolders(WorkdirStep step, Chain contents, Owner owner)
    {
        var resolved = contents.Resolve(step.Path);
        if (resolved.Entry is { Kind: not EntryKind.Folder })
            throw new StepFailedException(step, $"'{step.Path}' is not a folder in the image.");
        var missing = new List<LayerEntry>();
        for (var path = resolved.Path; path.Length > 0 && contents.Find(path) is null; path = EntryPath.Parent(path))
            missing.Add(new LayerEntry { Path = path, Kind = EntryKind.Folder, Mode = 0x1ED, Uid = owner.Uid, Gid = owner.Gid, Modified = new FileTime(tools.FileTime) }); // 0755
        return [.. missing];
    }

    private StepRecord? FindRecord(Step step, Digest key) =>
        IsDoneAnew(step) && !tools.Gate.IsDone(key) ? null : tools.Cache.FindStep(key);

    /// <summary>Whether records of earlier runs count for nothing.</summary>
    private bool IsDoneAnew(Step step) => tools.NoCache || tools.NoCacheFilter.Contains(step.Stage, StringComparer.OrdinalIgnoreCase);

    private void SaveRecord(Digest key, StepRecord record)
    {
        tools.Cache.SaveStep(key, record);
        tools.Gate.NoteDone(key);
    }

    private KeyBuilder KeyOf(string kind, IEnumerable<ChainLayer> below) => new KeyBuilder().Add(KeyVersion).Add(kind).Add(tools.FileTime)
        .AddAll([.. below.Select(layer => layer.DiffId.ToString())]);

    /// <summary>A step whose result is entries: from the cache, or made, hashed and recorded.</summary>
    /// <param name="make">The layer's entries. Called again only if the layer is needed and was pruned.</param>
    private async Task<Digest?> ThroughCache(Step step, Digest key, Func<Task<IReadOnlyCollection<LayerEntry>>> make, CancellationToken cancellation)
    {
        using var turn = await tools.Gate.TurnAsync(key, cancellation).ConfigureAwait(false);
        var started = Stopwatch.GetTimestamp();
        tools.On(new StepStarted(step) { Time = tools.Time.GetUtcNow() });
        var record = FindRecord(step, key);
        var diffId = record?.DiffId;
        try
        {
            if (record is null)
            {
                diffId = await tools.Layers.HashAsync(await make().ConfigureAwait(false), cancellation).ConfigureAwait(false);
                SaveRecord(key, new StepRecord { DiffId = diffId, Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds });
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            tools.On(new StepFailed(step, Stopwatch.GetElapsedTime(started), e.Message) { Time = tools.Time.GetUtcNow() });
            throw;
        }
        if (diffId is { } made)
            tools.Layers.Know(made, _ => make());
        tools.On(new StepFinished(step, Stopwatch.GetElapsedTime(started), Cached: record is not null, Emulated: false) { Time = tools.Time.GetUtcNow(), DiffId = diffId, Key = key });
        return diffId;
    }
}
