using System.Collections.Immutable;
using Manifold.Verification.Binaries;

namespace Manifold.Verification;

/// <summary>Why a published image's file is probably for the wrong machine: there is no Dockerfile to look at, but there are the image's other platforms.</summary>
internal sealed class PublishedCauses(ImmutableArray<GateImage> images)
{
    public Cause? Of(GateImage image, TracedFinding traced)
    {
        var found = traced.Finding.Found;
        if (traced.Finding.Id is not (FindingId.WrongMachine or FindingId.WrongAbi or FindingId.WrongVariant or FindingId.ForeignFile
            or FindingId.PlatformMismatch) || found is null)
            return null;
        if (image.Claimed is { } claimed && claimed.Architecture != image.Config.Architecture && (traced.Layer is null || found == Machine.Of(image.Config.Platform).ToString()))
            return new Cause(CauseId.IndexEntry, $"the image is one for {image.Config.Platform}, and the index lists it as {claimed}", "put the index together anew, with the platform that the image has");
        if (traced.Layer is not { } layer)
            return null;
        var digest = image.Layers[layer].DiffId;
        if (images.FirstOrDefault(other => other.Platform != image.Platform && other.Layers.Any(each => each.DiffId == digest)) is { } sharing)
            return new Cause(CauseId.SharedLayer, $"the image for {sharing.Platform} has the very same layer, so it was made without regard to the platform",
                "look for COPY of one platform's file, or for a stage that is not told its target (ARG TARGETARCH)");
        return layer == 0 ? new Cause(CauseId.BasePlatform, "the lowest layer is of that machine: the base image, or the last stage's FROM --platform, is another platform's",
            "take --platform away from the last FROM, or choose a base that has the platform") : null;
    }
}
