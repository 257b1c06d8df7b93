using System.Collections.Immutable;
using System.Diagnostics;
using Manifold.Dockerfile;
using Manifold.Events;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Sandbox;
using Manifold.Solving.Keeping;

namespace Manifold.Solving.Steps;

/// <summary>RUN: a command in the file system made so far; its changes become a layer.</summary>
/// <remarks>
/// <code>
/// 1  key             what lies below, the command and its surroundings, and what its mounts show
/// 2  second key      where a mount shows a part of a stage: the same, with that part's content instead of the whole stage.
///                    Looked at only where the stage is another one than before
/// 3  a record        its layer, where that is still there
/// 4  layers below    unpacked; mounts made ready; one of the run's slots taken
/// 5  the command     its changes become a layer and a snapshot
/// 6  records         under both keys
/// </code>
/// </remarks>
internal sealed class CommandRunner(StepTools tools, StepRecords records, CommandMounts mounts)
{
    private sealed record Keys(Digest ByStage, bool HasPart)
    {
        public Digest? ByContent { get; init; }
    }

    public async Task<Digest?> RunAsync(RunStep step, StepInputs inputs, CancellationToken cancellation)
    {
        // 1
        var first = await KeyAsync(step, inputs, byContent: false, cancellation).ConfigureAwait(false);
        using var turn = await tools.Gate.TurnAsync(first, cancellation).ConfigureAwait(false);
        // 2
        var (record, keys) = await FindAsync(step, inputs, first, cancellation).ConfigureAwait(false);
        tools.On(new StepStarted(step) { Time = tools.Time.GetUtcNow() });
        // 3
        if (record is not null
            && (record.DiffId is not { } known || await tools.Layers.HasAsync(known, cancellation).ConfigureAwait(false)))
        {
            Finish(step, record, keys with { ByContent = record.ContentKey }, isCached: true);
            return record.DiffId;
        }
        return await ExecuteAsync(step, inputs, keys, cancellation).ConfigureAwait(false);
    }

    private async Task<(StepRecord? Record, Keys Keys)> FindAsync(
        RunStep step, StepInputs inputs, Digest first, CancellationToken cancellation)
    {
        var record = records.Find(step, first);
        var keys = new Keys(first, HasPart: record is null && step.Mounts.Any(CommandMounts.ShowsPart));
        if (!keys.HasPart || records.IsDoneAnew(step))
            return (record, keys);
        var second = await KeyAsync(step, inputs, byContent: true, cancellation).ConfigureAwait(false);
        if ((record = records.Find(step, second)) is not null)
            records.Save(first, record);
        return (record, keys with { ByContent = second });
    }

    private async Task<Digest?> ExecuteAsync(RunStep step, StepInputs inputs, Keys keys, CancellationToken cancellation)
    {
        var attempt = new Attempt { Started = Stopwatch.GetTimestamp() };
        try
        {
            // 4
            await tools.Layers.UnpackAsync(inputs.Below, cancellation).ConfigureAwait(false);
            // 5
            var record = await MakeAsync(step, inputs, attempt, cancellation).ConfigureAwait(false);
            // 6
            if (keys is { HasPart: true, ByContent: null })
                keys = keys with { ByContent = await KeyAsync(step, inputs, byContent: true, cancellation).ConfigureAwait(false) };
            record = record with { ContentKey = keys.ByContent };
            records.Save(keys.ByStage, record);
            if (keys.ByContent is { } second)
                records.Save(second, record);
            Finish(step, record, keys, isCached: false);
            return record.DiffId;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            tools.On(new StepFailed(step, Stopwatch.GetElapsedTime(attempt.Started), e.Message)
            {
                Time = tools.Time.GetUtcNow(),
                Emulated = attempt.Emulated,
            });
            throw;
        }
    }

    /// <summary>What is known of a run that fails later.</summary>
    private sealed class Attempt
    {
        public long Started { get; set; }
        public bool Emulated { get; set; }
    }

    private async Task<StepRecord> MakeAsync(RunStep step, StepInputs inputs, Attempt attempt, CancellationToken cancellation)
    {
        // Who waits for a cache keeps nobody else from working.
        using var resources = await mounts.PrepareAsync(step, inputs, cancellation).ConfigureAwait(false);
        using var slot = await tools.Gate.SlotAsync(
            () => tools.On(new StepWaiting(step) { Time = tools.Time.GetUtcNow() }), cancellation).ConfigureAwait(false);
        if (slot.Waited)
            tools.On(new StepResumed(step) { Time = tools.Time.GetUtcNow() });
        attempt.Started = Stopwatch.GetTimestamp();
        var request = RequestOf(step, inputs.Below, resources) with { OnStarted = slot.MeasureWith };
        using var result = await tools.Sandbox.RunAsync(request, cancellation).ConfigureAwait(false);
        attempt.Emulated = result.Emulated;
        if (result.ExitCode != 0)
            throw Failure(step, result);
        var diffId = await KeepAsync(result.ChangesFolder, inputs.Below, cancellation).ConfigureAwait(false);
        return new StepRecord { DiffId = diffId, Seconds = result.Duration.TotalSeconds, Emulated = result.Emulated };
    }

    private void Finish(RunStep step, StepRecord record, Keys keys, bool isCached) =>
        tools.On(new StepFinished(step, TimeSpan.FromSeconds(record.Seconds), isCached, record.Emulated)
        {
            Time = tools.Time.GetUtcNow(),
            DiffId = record.DiffId,
            Key = keys.ByStage,
            ContentKey = keys.ByContent,
        });

    /// <param name="byContent">
    /// Whether mounts of a part of a stage count by that part's content, or by the whole stage, which is known at once.
    /// </param>
    private async Task<Digest> KeyAsync(RunStep step, StepInputs inputs, bool byContent, CancellationToken cancellation)
    {
        using var key = records.KeyOf("run", inputs.Below).Add(step.Platform.ToString()).AddAll(step.Arguments).AddAll(step.Environment)
            .Add(step.WorkingDirectory).Add(step.User).Add((long)step.Network).Add((long)step.Security).Add(step.Script?.Content);
        await mounts.AddToAsync(key, step, inputs, byContent, cancellation).ConfigureAwait(false);
        if (tools.Hostname is { } hostname)
            key.Add(hostname);
        if (tools.Run.Bounds.Any())
            key.AddAll(tools.Run.Bounds);
        return key.ToDigest();
    }

    /// <summary>Turns the changes into a layer: what is as it was below is left out, then the folder becomes the snapshot.</summary>
    private async Task<Digest?> KeepAsync(string changes, ImmutableArray<ChainLayer> below, CancellationToken cancellation)
    {
        var lower = tools.Layers.OpenUnpacked(below);
        var folder = new FolderReader(changes)
        {
            SameAsLower = entry => lower.Find(entry.Path) is { } before && before.SameAs(entry),
        };
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
        Network = step.Network switch
        {
            RunNetwork.None => NetworkMode.None,
            RunNetwork.Host => NetworkMode.Host,
            _ => NetworkMode.Default,
        },
        Mounts = resources.Mounts.ToImmutable(),
        SecretVariables = resources.Secrets.ToImmutable(),
        Insecure = step.Security == RunSecurity.Insecure,
        Hosts = tools.Run.Hosts,
        SharedMemory = tools.Run.SharedMemory,
        Limits = tools.Run.Limits,
        CgroupParent = tools.Run.CgroupParent,
        OnLine = line => tools.On(new StepPrinted(step, line.Text, line.Stream == LogStream.Error) { Time = line.Time }),
    };

    private IEnumerable<string> TimeZoneOf(RunStep step)
    {
        var isSet = step.Environment.Any(variable => variable.StartsWith("TZ=", StringComparison.Ordinal));
        return tools.Run.TimeZone is { } zone && !isSet ? [$"TZ={zone}"] : [];
    }

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
