using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Verification;
using Manifold.Verification.Findings;

namespace Manifold.Building.Recording;

/// <summary>Turns a component's outcome into what a record keeps of it.</summary>
internal sealed partial class ComponentRecording(LayerWeights weights, Confidential confidential, ImmutableArray<RecordedStep> steps)
{
    private const int LongestInstruction = 400;

    /// <summary>Finds the node that built a platform of a component.</summary>
    public Func<string, Platform, RecordedNode?> NodeOf { get; init; } = (_, _) => null;

    public RecordedComponent Of(ComponentOutcome outcome, BuildPlan? planned)
    {
        var plan = outcome.Result?.Plan ?? planned;
        var gate = outcome.Gate ?? outcome.Result?.Gate ?? (outcome.Failure as GateRefusedException)?.Report;
        var images = outcome.Result?.Images ?? [];
        var platforms = images
            .Select(image => Built(outcome, image, plan?.Images.FirstOrDefault(each => each.Platform == image.Platform), images, gate))
            .ToList();
        platforms.AddRange(Missing(outcome, plan, images));
        return new RecordedComponent
        {
            Name = outcome.Name ?? "",
            Tags = [.. outcome.Tags.Select(tag => tag.ToString())],
            Index = outcome.Result?.Index,
            Published = outcome.Published is { Tags.IsEmpty: false },
            Failure = outcome.Failure is { } failure ? confidential.Text(BuildRecorder.Told(failure)) : null,
            Dockerfile = outcome.Source ?? plan?.Dockerfile,
            Platforms = [.. platforms.Select(platform => platform with
            {
                Optional = outcome.OptionalPlatforms.Contains(platform.Platform),
                Findings =
                    [.. (gate?.Platforms.FirstOrDefault(each => each.Platform == platform.Platform)?.Findings ?? []).Select(Recorded)],
            })],
            Labels = Labels(images),
        };
    }

    private RecordedPlatform Built(
        ComponentOutcome outcome, BuiltImage image, ImagePlan? plan, ImmutableArray<BuiltImage> all, GateReport? gate)
    {
        var weight = weights.Of([.. image.Layers.Select(layer => layer.DiffId)]);
        var report = gate?.Platforms.FirstOrDefault(each => each.Platform == image.Platform);
        var imported = plan?.Last is BaseStep;
        return Worked(outcome, image.Platform) with
        {
            Manifest = image.Manifest.Digest,
            CompressedBytes = image.CompressedBytes,
            UncompressedBytes = weight?.Layers.Sum(),
            WastedBytes = weight?.WastedBytes,
            Waste = weight?.Waste ?? [],
            Way = imported ? BuildWay.Imported : WayOf(outcome.Name ?? "", image.Platform),
            Verified = report is not null,
            Run = report?.Run is { } run ? new RecordedRun(string.Join(' ', run.Command), run.ExitCode, run.Emulated, run.Seconds)
            {
                Lines = [.. run.Lines.Select(confidential.Text)],
            } : null,
            Layers = [.. image.Layers.Select((layer, i) => new RecordedLayer
            {
                Digest = layer.Blob.Digest,
                DiffId = layer.DiffId,
                Bytes = layer.Blob.Size,
                UncompressedBytes = weight?.Layers[i],
                Origin = layer.IsOwn ? LayerOrigin.Own : imported ? LayerOrigin.Imported : LayerOrigin.Base,
                Instruction = InstructionOf(image, i),
                SharedWith = [.. all.Where(other => other != image && other.Layers.Any(each => each.Blob.Digest == layer.Blob.Digest))
                    .Select(other => other.Platform)],
            })],
        };
    }

    /// <summary>Platforms that were asked for and have no image.</summary>
    private IEnumerable<RecordedPlatform> Missing(ComponentOutcome outcome, BuildPlan? plan, ImmutableArray<BuiltImage> made)
    {
        var failed = outcome.FailedPlatforms.ToDictionary(each => each.Platform, each => each.Reason);
        if (outcome.Failure is StepFailedException step)
            failed.TryAdd(step.Step.Platform, step.Message);
        return (plan?.Images.Select(image => image.Platform) ?? []).Concat(failed.Keys).Distinct()
            .Where(platform => made.All(image => image.Platform != platform))
            .Select(platform => Worked(outcome, platform) with
            {
                Way = WayOf(outcome.Name ?? "", platform),
                Failure = failed.GetValueOrDefault(platform) is { } message ? confidential.Text(message) : null,
            });
    }

    private RecordedPlatform Worked(ComponentOutcome outcome, Platform platform)
    {
        var mine = StepsFor(outcome.Name ?? "", platform).ToList();
        return new RecordedPlatform
        {
            Platform = platform,
            Node = NodeOf(outcome.Name ?? "", platform) is { } node ? Recorded(node) : null,
            Steps = mine.Count,
            CachedSteps = mine.Count(step => step.State == StepState.Cached),
            Seconds = Math.Round(Busy(mine.Where(step => step.State is not StepState.Cached && step.Begin is not null)), 3),
            EmulatedSeconds =
                Math.Round(mine.Where(step => step is { Emulated: true, State: not StepState.Cached }).Sum(step => step.Seconds), 3),
        };
    }

    private IEnumerable<RecordedStep> StepsFor(string component, Platform platform) =>
        steps.Where(step => step.Component == component && step.For.Contains(platform));

    /// <summary>How long at least one of the steps was under way.</summary>
    private static double Busy(IEnumerable<RecordedStep> steps)
    {
        double busy = 0, until = 0;
        foreach (var step in steps.OrderBy(step => step.Begin))
        {
            busy += Math.Max(0, step.End!.Value - Math.Max(until, step.Begin!.Value));
            until = Math.Max(until, step.End.Value);
        }
        return busy;
    }

    private BuildWay WayOf(string component, Platform platform)
    {
        var runs = StepsFor(component, platform).Where(step => step.Kind == "run").ToList();
        return runs.Any(step => step.Emulated) ? BuildWay.Emulated
            : runs.Any(step => step.Platform != platform) ? BuildWay.Cross
            : runs.Count > 0 ? BuildWay.Native
            : BuildWay.Copy;
    }

    private string InstructionOf(BuiltImage image, int index)
    {
        var layer = image.Layers[index];
        if (layer.IsOwn)
            return Short(WithoutNumber(layer.Step.Name));
        var history = (image.Config.History ?? []).Where(entry => entry.EmptyLayer is not true).ToList();
        return history.Count == image.Layers.Length && history[index].CreatedBy is { Length: > 0 } text
            ? Short(BuilderPrefix().Replace(text, "$1"))
            : layer.Step is BaseStep { Image: { } from } ? $"FROM {from.Reference}" : "";
    }

    internal static string WithoutNumber(string name) =>
        name.StartsWith('[') ? name[(name.IndexOf(']', StringComparison.Ordinal) + 1)..].Trim() : name;

    private string Short(string text) =>
        confidential.Text(text) is { Length: > LongestInstruction } longer ? longer[..LongestInstruction] + "…" : confidential.Text(text);

    private ImmutableSortedDictionary<string, string> Labels(ImmutableArray<BuiltImage> images) =>
        (images.FirstOrDefault()?.Config.Config?.Labels ?? ImmutableSortedDictionary<string, string>.Empty)
            .ToImmutableSortedDictionary(pair => pair.Key, pair => confidential.Text(pair.Value), StringComparer.Ordinal);

    private RecordedNode Recorded(RecordedNode node) =>
        node with { Lost = [.. node.Lost.Select(loss => loss with { Reason = confidential.Text(loss.Reason) })] };

    private RecordedFinding Recorded(Finding finding) =>
        new(finding.Id, finding.Severity.ToString().ToLowerInvariant(), confidential.Text(finding.Message))
        {
            Place = finding.Layer is { } layer ? layer.Line ?? $"layer {layer.Number} of {layer.Count}" : finding.Path,
            Cause = finding.Cause?.Text,
            Mend = finding.Cause?.Advice,
        };

    // What other builders write before an instruction: a shell that did nothing, and arguments with their values.
    [GeneratedRegex(@"^(?:/bin/sh -c #\(nop\) +|(RUN )\|\d+ (?:\w+=\S* )+)")]
    private static partial Regex BuilderPrefix();
}
