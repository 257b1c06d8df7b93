using System.Collections.Immutable;

namespace Manifold.Content;

/// <summary>Removes from the store what nothing needs any more. Tagged images stay, whatever is asked for.</summary>
/// <remarks>
/// <code>
/// 1  alone     waits until nobody adds to the store, and keeps them waiting
/// 2  roots     the entries of index.json, and what clients pushed within the last hour: its name may be on its way
/// 3  mark      from each root through every document (index, manifest, config) to all digests in its text, and to its referrers
/// 4  records   the cache's, and folders that RUNs keep, latest used first, as many as fit; what they name is marked too
/// 5  sweep     folder by folder, as each one's rule says: what no mark protects; fetched sources, where room is asked for
/// </code>
/// A digest anywhere in a document's text is kept, so a prune may keep too much, but never too little. A digest protects both the blob and
/// the snapshot with that DiffId. If something cannot be read or removed, the result says so, and the prune goes on. If it is a document,
/// its needs are unknown, so no blob and no snapshot is removed.
/// </remarks>
internal sealed class Prune(Store store, TimeProvider time)
{
    /// <param name="All">Also every cache record and every snapshot.</param>
    /// <param name="KeepBytes">Cache records go, least recently used first, until the store has at most so many bytes.</param>
    public sealed record Options(bool All = false, long? KeepBytes = null);

    /// <summary>What went and what is left, in bytes and in pieces.</summary>
    public sealed record Result(long FreedBytes, long KeptBytes, int Blobs, int Snapshots, int CacheRecords, int CacheFolders)
    {
        /// <summary>What could not be read or removed, a sentence each.</summary>
        public ImmutableArray<string> Faults { get; init; } = [];
    }

    /// <param name="onWait">Called once where a build, a pull or a push must end first.</param>
    public async Task<Result> RunAsync(Options options, Action? onWait = null, CancellationToken cancellation = default)
    {
        using var alone = await store.LockExclusiveAsync(onWait, cancellation).ConfigureAwait(false);
        _ = store.WorkFolder; // sweeps what killed processes left
        var survey = new PruneSurvey(store, time, mayVanish: false);
        var made = survey.DecideAll(options, cancellation);
        survey.CarryOut(made, cancellation);
        return new Result(made.Freed, made.Kept, made[UsageKind.Unnamed].Removed, made[UsageKind.Unpacked].Removed,
            made[UsageKind.CacheRecords].Removed, made[UsageKind.CacheMounts].Removed)
        {
            Faults = [.. survey.Faults],
        };
    }

    /// <summary>
    /// Measures the store, and the space that <see cref="RunAsync"/> would free with the usual options and with
    /// <see cref="Options.All"/>. Removes nothing.
    /// </summary>
    /// <remarks>
    /// Builds, pulls and pushes go on meanwhile, and the figures are those of the moment. Not measured: records of pushes, and the
    /// temporary files of processes that were killed. A prune that cannot remove a file frees less. Reads every document a few times,
    /// and the size of every file of the unpacked layers and cache mounts.
    /// </remarks>
    /// <param name="onWait">Called once if a prune must end first.</param>
    public async Task<DiskUsage> MeasureAsync(Action? onWait = null, CancellationToken cancellation = default)
    {
        using var shared = await store.LockSharedAsync(onWait, cancellation).ConfigureAwait(false);
        return new PruneSurvey(store, time, mayVanish: true).Measure(cancellation);
    }
}
