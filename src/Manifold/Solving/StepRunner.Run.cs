using System.Collections.Immutable;
using System.Diagnostics;
using Manifold.Dockerfile;
using Manifold.Events;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Sandbox;

namespace Manifold.Solving;

/// <content>RUN.</content>
public sealed partial class StepRunner
{
    /// <param name="sources">The chains of the steps that its mounts show.</param>
    public async Task<Digest?> RunAsync(
        RunStep step, ImmutableArray<ChainLayer> below, IReadOnlyDictionary<Digest, ImmutableArray<ChainLayer>> sources, CancellationToken cancellation)
    {
        var key = await KeyAsync(step, below, sources, byContent: false, cancellation).ConfigureAwait(false);
        using var turn = await tools.Gate.TurnAsync(key, cancellation).ConfigureAwait(false);
        // A mount of a part of a stage is looked at only where the stage is another one than before, and after the run where nothing
        // could be found.
        var (record, contentKey) = (FindRecord(step, key), (Digest?)null);
        var hasContentKey = record is null && step.Mounts.Any(ShowsPart);
        if (hasContentKey && !IsDoneAnew(step))
        {
            contentKey = await KeyAsync(step, below, sources, byContent: true, cancellation).ConfigureAwait(false);
            if ((record = FindRecord(step, contentKey.Value)) is not null)
                SaveRecord(key, record);
        }
        tools.On(new StepStarted(step) { Time = tools.Time.GetUtcNow() });
        if (record is not null && (record.DiffId is not { } known || await tools.Layers.HasAsync(known, cancellation).ConfigureAwait(false)))
        {
            tools.On(new StepFinished(step, TimeSpan.FromSeconds(record.Seconds), Cached: true, record.Emulated)
            {
                Time = tools.Time.GetUtcNow(), DiffId = record.DiffId, Key = key, ContentKey = record.ContentKey,
            });
            return record.DiffId;
        }

        var (started, emulated) = (Stopwatch.GetTimestamp(), false);
        try
        {
            await tools.Layers.UnpackAsync(below, cancellation).ConfigureAwait(false);
            // Who waits for a cache keeps nobody else from working.
            using (var resources = await PrepareAsync(step, sources, cancellation).ConfigureAwait(false))
            using (var slot = await tools.Gate.SlotAsync(
                () => tools.On(new StepWaiting(step) { Time = tools.Time.GetUtcNow() }), cancellation).ConfigureAwait(false))
            {
                if (slot.Waited)
                    tools.On(new StepResumed(step) { Time = tools.Time.GetUtcNow() });
                started = Stopwatch.GetTimestamp();
                var request = RequestOf(step, below, resources) with { OnStarted = slot.MeasureWith };
                using var result = await tools.Sandbox.RunAsync(request, cancellation).ConfigureAwait(false);
                emulated = result.Emulated;
                if (result.ExitCode != 0)
                    throw Failure(step, result);
                var diffId = await KeepAsync(result.ChangesFolder, below, cancellation).ConfigureAwait(false);
                record = new StepRecord { DiffId = diffId, Seconds = result.Duration.TotalSeconds, Emulated = result.Emulated };
            }
            if (hasContentKey)
                contentKey ??= await KeyAsync(step, below, sources, byContent: true, cancellation).ConfigureAwait(false);
            record = record with { ContentKey = contentKey };
            SaveRecord(key, record);
            if (contentKey is { } second)
                SaveRecord(second, record);
            tools.On(new StepFinished(step, TimeSpan.FromSeconds(record.Seconds), Cached: false, emulated)
            {
                Time = tools.Time.GetUtcNow(), DiffId = record.DiffId, Key = key, ContentKey = contentKey,
            });
            return record.DiffId;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            tools.On(new StepFailed(step, Stopwatch.GetElapsedTime(started), e.Message) { Time = tools.Time.GetUtcNow(), Emulated = emulated });
            throw;
        }
    }

    /// <param name="byContent">
    /// Whether mounts of a part of a stage count by that part's content, or by the whole stage, which is known at once.
    /// </param>
    private async Task<Digest> KeyAsync(RunStep step, ImmutableArray<ChainLayer> below,
        IReadOnlyDictionary<Digest, ImmutableArray<ChainLayer>> sources, bool byContent, CancellationToken cancellation)
    {
        using var builder = KeyOf("run", below).Add(step.Platform.ToString()).AddAll(step.Arguments).AddAll(step.Environment)
            .Add(step.WorkingDirectory).Add(step.User).Add((long)step.Network).Add((long)step.Security).Add(step.Script?.Content);
        await AddMountsAsync(builder, step, sources, byContent, cancellation).ConfigureAwait(false);
        if (tools.Hostname is { } hostname)
            builder.Add(hostname);
        if (tools.Run.Bounds.Any())
            builder.AddAll(tools.Run.Bounds);
        return builder.ToDigest();
    }

    /// <summary>Turns the changes into a layer: what is as it was below is left out, then the folder becomes the snapshot.</summary>
    private async Task<Digest?> KeepAsync(string changes, ImmutableArray<ChainLayer> below, CancellationToken cancellation)
    {
        var lower = tools.Layers.OpenUnpacked(below);
        var folder = new FolderReader(changes) { SameAsLower = entry => lower.Find(entry.Path) is { } before && before.SameAs(entry) };
        var entries = folder.Entries().Until(cancellation).Where(entry => !entry.Implied).ToList();
        var diffId = await tools.Layers.HashAsync(entries, cancellation).ConfigureAwait(false);
        if (diffId is { } made)
            await tools.Layers.AdoptAsync(made, changes, cancellation).ConfigureAwait(false);
        return diffId;
    }

    private RunRequest RequestOf(RunStep step, ImmutableArray<ChainLayer> below, RunResources resources) => new()
    {
        Chain = [.. below.Select(layer => layer.DiffId)],
        Arguments = step.Arguments,
        Platform = step.Platform,
        Environment = [.. step.Environment, .. step.ProxyEnvironment, .. resources.Environment, .. TimeZoneOf(step)],
        WorkingDirectory = step.WorkingDirectory,
        User = step.User,
        Hostname = tools.Hostname ?? RunRequest.DefaultHostname,
        Network = step.Network switch { RunNetwork.None => NetworkMode.None, RunNetwork.Host => NetworkMode.Host, _ => NetworkMode.Default },
        Mounts = resources.Mounts.ToImmutable(),
        SecretVariables = resources.Secrets.ToImmutable(),
        Insecure = step.Security == RunSecurity.Insecure,
        Hosts = tools.Run.Hosts, SharedMemory = tools.Run.SharedMemory, Limits = tools.Run.Limits, CgroupParent = tools.Run.CgroupParent,
        OnLine = line => tools.On(new StepPrinted(step, line.Text, line.Stream == LogStream.Error) { Time = line.Time }),
    };

    private IEnumerable<string> TimeZoneOf(RunStep step) =>
        tools.Run.TimeZone is { } zone && !step.Environment.Any(variable => variable.StartsWith("TZ=", StringComparison.Ordinal)) ? [$"TZ={zone}"] : [];

    private StepFailedException Failure(RunStep step, RunResult result)
    {
        var full = IsDiskFull(result) ? " " + DiskTrouble.DescribeFull(tools.Layers.StoreRoot) : "";
        var reason = result switch
        {
            { RuntimeFailure: { } failure } => failure.TrimEnd('.') + ".",
            { EmulatorCrash: { } crash } => $"the emulator crashed ({crash}); your program may be fine. "
                + $"Run this step natively, or in a stage with FROM --platform=$BUILDPLATFORM. Exit code {result.ExitCode}.",
            _ => $"exit code {result.ExitCode}.",
        };
        return new StepFailedException(step, reason + full, result.ExitCode, result.Tail) { IsHostsFault = full.Length > 0 };
    }

    // A program that cleaned up after itself made some room again.
    private bool IsDiskFull(RunResult result)
    {
        const long little = 100_000_000;
        var place = tools.WorkFolder();
        return DiskTrouble.IsFull(place)
            || (DiskSpace.Of(place) is { Free: < little }
                && result.Tail.Any(line => line.Contains("No space left on device", StringComparison.Ordinal)));
    }
}
