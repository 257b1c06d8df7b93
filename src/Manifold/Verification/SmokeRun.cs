using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Images;
using Manifold.Layers;
using Manifold.Sandbox;
using Manifold.Snapshots;
using Manifold.Verification.Findings;

namespace Manifold.Verification;

/// <summary>How each platform of an image is started to see whether it does.</summary>
internal sealed record RunOptions
{
    /// <summary>What is handed to the entrypoint in place of CMD.</summary>
    public required ImmutableArray<string> Arguments { get; init; }
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A platform that this machine cannot run fails, instead of being told only.</summary>
    public bool RequireAll { get; init; }
}

/// <summary>What came of starting one platform.</summary>
/// <param name="ExitCode">Null where it did not end in time, or did not begin.</param>
/// <param name="Lines">The first lines that it printed.</param>
internal sealed record RunReport(
    ImmutableArray<string> Command, int? ExitCode, bool Emulated, double Seconds, ImmutableArray<string> Lines);

/// <summary>
/// Starts an image's entrypoint on each platform, natively or emulated, without a network and on files that are thrown away.
/// </summary>
/// <remarks>
/// The platform's layers are fetched and unpacked whole, once for all that share them; they stay as snapshots until a prune.
/// </remarks>
internal sealed class SmokeRun(SnapshotStore snapshots, RunSandbox sandbox, Emulators emulators)
{
    private const int ShownLines = 10;

    /// <summary>
    /// The report with a run, and a finding where it was no success. Platforms run one after the other: their times are comparable.
    /// </summary>
    public async Task<GateReport> RunAsync(IImageSource source, GateReport report, RunOptions options, CancellationToken cancellation)
    {
        var top = await source.ResolveAsync(cancellation).ConfigureAwait(false);
        var images = (await ImageReader.ReadAsync(source, top.Descriptor, cancellation).ConfigureAwait(false))
            .ToDictionary(image => image.Manifest.Digest);
        var platforms = ImmutableArray.CreateBuilder<PlatformReport>();
        foreach (var platform in report.Platforms)
            platforms.Add(await RunAsync(source, images[platform.Manifest], platform, options, cancellation).ConfigureAwait(false));
        return report with { Platforms = platforms.ToImmutable() };
    }

    private async Task<PlatformReport> RunAsync(
        IImageSource source, GateImage image, PlatformReport report, RunOptions options, CancellationToken cancellation)
    {
        var emulation = await emulators.ForAsync(image.Platform).ConfigureAwait(false);
        if (emulation.Kind == EmulationKind.Missing)
        {
            var remedy = emulation.Remedy is null ? "" : $"; run: {emulation.Remedy}";
            return With(report, null, FindingId.NotRun, options.RequireAll ? FindingSeverity.Error : FindingSeverity.Note,
                $"this machine cannot run {image.Platform} ({emulation.Problem?.TrimEnd('.')}){remedy}");
        }
        ImmutableArray<string> command =
            [.. image.Config.Config?.Entrypoint ?? [.. (image.Config.Config?.Cmd ?? []).Take(1)], .. options.Arguments];
        await FirstFailure.WhenAllAsync(image.Layers, async (layer, token) =>
        {
            await snapshots.GetOrAddAsync(
                layer.DiffId, (folder, each) => UnpackAsync(source, layer, folder, each), token).ConfigureAwait(false);
            return layer;
        }, cancellation).ConfigureAwait(false);
        return await StartAsync(image, report, command, options.Timeout, cancellation).ConfigureAwait(false);
    }

    private static async Task<FolderSet> UnpackAsync(IImageSource source, GateLayer layer, string folder, CancellationToken cancellation)
    {
        var blob = await source.OpenBlobAsync(layer.Blob, cancellation).ConfigureAwait(false);
        return await Task.Run(
            () => LayerReader.Read(blob, layer.Blob, layer.DiffId,
                entries => new FolderWriter(folder, SnapshotStore.Format).Write(entries, cancellation), cancellation).ImpliedFolders,
            cancellation).ConfigureAwait(false);
    }

    private async Task<PlatformReport> StartAsync(
        GateImage image, PlatformReport report, ImmutableArray<string> command, TimeSpan timeout, CancellationToken cancellation)
    {
        var lines = new List<string>();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        RunReport Told(int? exitCode, bool emulated, TimeSpan duration) =>
            new(command, exitCode, emulated, Math.Round(duration.TotalSeconds, 3), [.. lines]);
        try
        {
            using var result = await sandbox.RunAsync(RequestOf(image, command, line =>
            {
                if (lines.Count < ShownLines)
                    lines.Add(line.Text);
            }), limit.Token).ConfigureAwait(false);
            var run = Told(result.ExitCode, result.Emulated, result.Duration);
            return result.ExitCode == 0 ? report with { Run = run }
                : With(report, run, FindingId.RunFailed, FindingSeverity.Error,
                    $"'{string.Join(' ', command)}' exited with code {result.ExitCode}"
                        + ((result.EmulatorCrash ?? result.RuntimeFailure ?? lines.LastOrDefault()) is { } why ? $": {why}" : ""));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return With(report, Told(null, false, timeout), FindingId.RunFailed, FindingSeverity.Error,
                $"'{string.Join(' ', command)}' did not exit within {timeout.TotalSeconds:0.#} s");
        }
    }

    private static RunRequest RequestOf(GateImage image, ImmutableArray<string> command, Action<LogLine> onLine) => new()
    {
        Chain = [.. image.Layers.Select(layer => layer.DiffId)],
        Arguments = command,
        Platform = image.Platform,
        Environment = [.. image.Config.Config?.Env ?? []],
        User = image.Config.Config?.User ?? "",
        Network = NetworkMode.None,
        WorkingDirectory = image.Config.Config?.WorkingDir is { Length: > 0 } folder ? folder : "/",
        OnLine = onLine,
    };

    private static PlatformReport With(PlatformReport report, RunReport? run, string id, FindingSeverity severity, string message) =>
        report with
        {
            Run = run,
            Findings = report.Findings.Add(new Finding
            {
                Id = id,
                Severity = severity,
                Message = message,
                Platform = report.Platform,
            }),
        };
}
