using Manifold.Concurrency;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Keeping;

namespace Manifold.Verification;

/// <summary>The gate between a build and its publication: checks what the build has just made, from what is on disk anyway.</summary>
/// <remarks>An image that passed before without a finding is not looked at again: its key holds all that the verdict depends on.</remarks>
internal sealed class BuildGate(LayerKeeper keeper, CensusCache cache, VerificationPolicy policy)
{
    /// <summary>Checks every platform in parallel. What is found is the report's; refusing is the caller's.</summary>
    public async Task<GateReport> CheckAsync(
        BuildPlan plan, IReadOnlyList<BuiltImage> images, Descriptor index, CancellationToken cancellation) =>
        new()
        {
            Digest = index.Digest,
            Platforms = [.. await FirstFailure.WhenAllAsync(images.Zip(plan.Images),
                (pair, token) => CheckAsync(pair.Second, pair.First, token), cancellation).ConfigureAwait(false)],
        };

    private async Task<PlatformReport> CheckAsync(ImagePlan plan, BuiltImage built, CancellationToken cancellation)
    {
        var key = KeyOf(built);
        if (cache.FindPass(key) is { } pass)
        {
            return new PlatformReport
            {
                Platform = built.Platform,
                Manifest = built.Manifest.Digest,
                Command = pass.Command,
                Start = pass.Start,
                LayerCount = built.Layers.Length,
                LayersRead = pass.LayersRead,
                ForeignFilesExpected = pass.ForeignFilesExpected,
            };
        }
        var causes = new BuildCauses(plan, [.. built.Layers.Select(layer => layer.Step)]);
        var gate = new PlatformGate(new BuiltLayers(keeper, cache, built.Layers),
            policy, SweepScope.Own, (_, finding) => causes.Of(finding));
        var report = await gate.CheckAsync(ImageOf(built), cancellation).ConfigureAwait(false);
        if (report.Findings.IsEmpty)
            cache.SavePass(key, new PassRecord(report.Command, report.Start, report.LayersRead, report.ForeignFilesExpected));
        return report;
    }

    private Digest KeyOf(BuiltImage built)
    {
        using var key = new KeyBuilder();
        return key.Add(built.Platform.ToString()).Add(Digest.Of(built.Config.ToJson()).ToString()).AddAll(policy.Allow)
            .Add(built.Layers.Count(layer => layer.IsOwn)).ToDigest();
    }

    private static GateImage ImageOf(BuiltImage built) => new()
    {
        Claimed = built.Platform,
        Manifest = built.Manifest,
        Config = built.Config,
        Layers = [.. built.Layers.Select((layer, i) =>
            new GateLayer(i, layer.DiffId, layer.Blob, layer.IsOwn, InstructionOf(layer.Step), BuildCauses.At(layer.Step.Place)))],
    };

    private static string InstructionOf(Step step) => step is BaseStep { Image: { } image }
        ? $"FROM {image.Reference}"
        : step.Name[(step.Name.IndexOf(']', StringComparison.Ordinal) + 1)..].Trim();
}
