using System.Diagnostics;
using Manifold.Events;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Keeping;

namespace Manifold.Solving.Steps;

/// <summary>The gate that every step goes through: the record of its key, or else the work and a new record.</summary>
/// <remarks>
/// <code>
/// 1  nobody else works on the key meanwhile
/// 2  a record that counts          its layer, and nothing is done
/// 3  else                          the work, then the record
/// 4  where the layer's files are   told to the layers, which may need them again when the layer was pruned
/// </code>
/// Thread-safe.
/// </remarks>
internal sealed class StepRecords(StepTools tools)
{
    // Bumped when the meaning of keys or the bytes of layers change, so that old records are not believed.
    private const string KeyVersion = "2";

    /// <summary>The begin of each key: the kind of step, and what lies below by its content.</summary>
    public KeyBuilder KeyOf(string kind, IEnumerable<ChainLayer> below) => new KeyBuilder().Add(KeyVersion).Add(kind).Add(tools.FileTime)
        .AddAll([.. below.Select(layer => layer.DiffId.ToString())]);

    public StepRecord? Find(Step step, Digest key) => IsDoneAnew(step) && !tools.Gate.IsDone(key) ? null : tools.Cache.FindStep(key);

    /// <summary>Whether records of earlier runs count for nothing.</summary>
    public bool IsDoneAnew(Step step) => tools.NoCache || tools.NoCacheFilter.Contains(step.Stage, StringComparer.OrdinalIgnoreCase);

    public void Save(Digest key, StepRecord record)
    {
        tools.Cache.SaveStep(key, record);
        tools.Gate.NoteDone(key);
    }

    /// <summary>A step whose result is entries: from the cache, or made, hashed and recorded.</summary>
    /// <param name="make">The layer's entries. Called again only if the layer is needed and was pruned, and then with another token:
    /// whoever needs the layer may be at work when this step's image is not.</param>
    public async Task<Digest?> ThroughAsync(
        Step step, Digest key, Func<CancellationToken, Task<IReadOnlyCollection<LayerEntry>>> make, CancellationToken cancellation)
    {
        // 1
        using var turn = await tools.Gate.TurnAsync(key, cancellation).ConfigureAwait(false);
        var started = Stopwatch.GetTimestamp();
        tools.On(new StepStarted(step) { Time = tools.Time.GetUtcNow() });
        // 2
        var record = Find(step, key);
        var diffId = record?.DiffId;
        try
        {
            // 3
            if (record is null)
            {
                var entries = await make(cancellation).ConfigureAwait(false);
                diffId = await tools.Layers.HashAsync(entries, cancellation).ConfigureAwait(false);
                Save(key, new StepRecord { DiffId = diffId, Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds });
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            tools.On(new StepFailed(step, Stopwatch.GetElapsedTime(started), e.Message) { Time = tools.Time.GetUtcNow() });
            throw;
        }
        // 4
        if (diffId is { } made)
            tools.Layers.Know(made, make);
        tools.On(new StepFinished(step, Stopwatch.GetElapsedTime(started), Cached: record is not null, Emulated: false)
        {
            Time = tools.Time.GetUtcNow(),
            DiffId = diffId,
            Key = key,
        });
        return diffId;
    }

    /// <summary>A failure before the step's key is known is the step's failure too.</summary>
    public async Task<T> FailingAsync<T>(Step step, Func<Task<T>> work)
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
