using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Verification.Findings;
using Manifold.Verification.Starting;

namespace Manifold.Verification;

/// <summary>Of which layers all files are looked at.</summary>
internal enum SweepScope
{
    /// <summary>Those that whoever asks has made.</summary>
    Own,

    /// <summary>Those that were read for the start.</summary>
    Read,

    /// <summary>All of them; all are read.</summary>
    All,
}

/// <summary>Checks one platform's image.</summary>
/// <remarks>
/// <code>
/// index entry, config     1  do they say the same platform?
/// layers, the top first   2  those that are at hand, then one more at a time, until the start is followed without a fault
/// start                   3  <see cref="StartTrace"/>; of an image without one, <see cref="PathPrograms"/>
/// files                   4  <see cref="Sweep"/>: of the layers that are whoever asks' own, or all that were read
/// findings                5  get their layer, the line that made it, and the likely cause
/// </code>
/// </remarks>
/// <param name="causes">The likely cause of a finding, where it has none of its own.</param>
internal sealed class PlatformGate(
    ILayerShelf shelf, VerificationPolicy policy, SweepScope scope, Func<GateImage, TracedFinding, Cause?> causes)
{
    private const int ListedForeignFiles = 5; // of one layer and machine; more of them are one finding

    public async Task<PlatformReport> CheckAsync(GateImage image, CancellationToken cancellation)
    {
        var findings = new List<TracedFinding>();
        // 1
        if (image.Claimed is { } claimed && claimed != image.Config.Platform)
            findings.Add(new TracedFinding(Mismatch(image, claimed), null));
        if (image.Layers.Length > Limits.DockerLayers)
            findings.Add(new TracedFinding(TooManyLayers(image), null));
        var reading = new Reading(shelf, image.Layers);
        StartReport? start = null;
        Sweep? sweep = null;
        try
        {
            start = await FollowAsync(image, reading, cancellation).ConfigureAwait(false);
            findings.AddRange(start.Findings);
            // 4
            sweep = new Sweep(image.Platform, policy, reading.View, start.Modules);
            findings.AddRange(await SweepAsync(sweep,
                reading, findings.Select(each => each.Finding.Path).OfType<string>().ToHashSet(StringComparer.Ordinal),
                cancellation).ConfigureAwait(false));
        }
        catch (Exception e) when (e is LayerException or ContentMismatchException && reading.Current is { } layer)
        {
            findings.Add(new TracedFinding(new Finding
            {
                Id = FindingId.LayerMismatch,
                Severity = FindingSeverity.Error,
                Message = e.Message.TrimEnd('.'),
                Platform = image.Platform,
            }, layer.Index));
        }
        return new PlatformReport
        {
            Platform = image.Platform,
            Manifest = image.Manifest.Digest,
            Command = start?.Command ?? [],
            Start = start?.Files ?? [],
            Findings = [.. findings.Select(each => Placed(image, each)).OrderByDescending(finding => finding.Severity)],
            LayerCount = image.Layers.Length,
            LayersRead = reading.Count,
            ForeignFilesExpected = sweep?.Expected ?? 0,
        };
    }

    // 2, 3
    private async Task<StartReport> FollowAsync(GateImage image, Reading reading, CancellationToken cancellation)
    {
        if (image.Platform is not { Os: "linux", Architecture: not ("unknown" or "wasm") })
        {
            await reading.DownToAsync(scope == SweepScope.All ? 0 : image.Layers.TakeWhile(layer => !layer.IsOwn).Count(),
                cancellation).ConfigureAwait(false);
            var note = new Finding
            {
                Id = FindingId.UnknownPlatform,
                Severity = FindingSeverity.Note,
                Platform = image.Platform,
                Message = $"manifold cannot check how a {image.Platform} image starts, so only its files were checked",
            };
            return new StartReport([], [], [new TracedFinding(note, null)]);
        }
        var wanted = scope == SweepScope.All ? 0 : image.Layers.Count(layer => !layer.IsOwn);
        while (true)
        {
            await reading.DownToAsync(wanted, cancellation).ConfigureAwait(false);
            await reading.WhileAtHandAsync(cancellation).ConfigureAwait(false);
            var start = new StartTrace(reading.View, image.Config.Config, image.Platform).Run();
            var programs = start.Command.IsEmpty
                ? new PathPrograms(reading.View, image.Config.Config, image.Platform, policy.Allows).Look()
                : null;
            if (reading.IsWhole && programs?.Finding() is { } none)
                return start with { Findings = start.Findings.Add(none) };
            if (reading.IsWhole || (programs?.HasOwn != false && start.Findings.All(each => each.Finding.Severity == FindingSeverity.Note)))
                return start;
            wanted = reading.Lowest - 1;
        }
    }

    private async Task<List<TracedFinding>> SweepAsync(Sweep sweep, Reading reading, HashSet<string> told, CancellationToken cancellation)
    {
        var found = new List<TracedFinding>();
        var layers = new List<(GateLayer Layer, LayerCensus Census)>();
        foreach (var layer in reading.Read.Where(layer => layer.IsOwn || scope != SweepScope.Own))
        {
            reading.Current = layer;
            layers.Add((layer, await shelf.TakeCensusAsync(layer, cancellation).ConfigureAwait(false)));
            sweep.Note(layer.Index, layers[^1].Census);
        }
        foreach (var (layer, census) in layers)
        {
            var foreign = sweep.Over(layer.Index, census).Where(finding => !told.Contains(finding.Path!)).ToList();
            foreach (var group in foreign.GroupBy(finding => (finding.Id, finding.Found, finding.Severity)).Select(group => group.ToList()))
                found.AddRange(group.Count <= ListedForeignFiles ? group.Select(finding => new TracedFinding(finding, layer.Index))
                    : [new TracedFinding(group[0] with { Others = group.Count - 1 }, layer.Index)]);
        }
        return found;
    }

    // 5
    private Finding Placed(GateImage image, TracedFinding traced)
    {
        var finding = traced.Finding;
        if (traced.Layer is { } index)
        {
            var layer = image.Layers[index];
            finding =
                finding with { Layer = new LayerPlace(index + 1, image.Layers.Length, layer.Blob.Digest, layer.Instruction, layer.Line) };
        }
        return finding.Severity == FindingSeverity.Note ? finding : finding with { Cause = finding.Cause ?? causes(image, traced) };
    }

    private static Finding TooManyLayers(GateImage image) => new()
    {
        Id = FindingId.TooManyLayers,
        Severity = FindingSeverity.Warning,
        Platform = image.Platform,
        Message = $"the image has {image.Layers.Length} layers, "
            + $"but Docker's own image store supports at most {Limits.DockerLayers} ('max depth exceeded')",
    };

    // Which variant an index entry names is a hint for clients; another processor or system is a lie.
    private static Finding Mismatch(GateImage image, Platform claimed) => new()
    {
        Id = FindingId.PlatformMismatch,
        Platform = claimed,
        Found = image.Config.Platform.ToString(),
        Wanted = claimed.ToString(),
        Severity = (claimed.Os, claimed.Architecture) == (image.Config.Platform.Os, image.Config.Platform.Architecture)
            ? FindingSeverity.Warning
            : FindingSeverity.Error,
        Message = $"the index says {claimed}, but the image's config says {image.Config.Platform}",
    };

    /// <summary>The layers read so far, from the top down.</summary>
    private sealed class Reading(ILayerShelf shelf, ImmutableArray<GateLayer> layers)
    {
        private readonly LinkedList<LayerFiles> open = new();

        public int Lowest { get; private set; } = layers.Length;
        public bool IsWhole => Lowest == 0;
        public int Count => layers.Length - Lowest;
        public IEnumerable<GateLayer> Read => layers.Skip(Lowest);

        /// <summary>The layer that is looked into now.</summary>
        public GateLayer? Current { get; set; }

        public ImageView View { get; private set; } = new([], layers.Length);

        public async Task DownToAsync(int lowest, CancellationToken cancellation)
        {
            while (Lowest > Math.Max(lowest, 0))
            {
                Current = layers[Lowest - 1];
                open.AddFirst(await shelf.OpenAsync(Current, cancellation).ConfigureAwait(false));
                Lowest--;
            }
            View = new ImageView([.. open], Lowest);
        }

        public async Task WhileAtHandAsync(CancellationToken cancellation)
        {
            var lowest = Lowest;
            while (lowest > 0 && shelf.IsAtHand(layers[lowest - 1]))
                lowest--;
            await DownToAsync(lowest, cancellation).ConfigureAwait(false);
        }
    }
}
