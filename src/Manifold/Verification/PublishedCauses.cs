using System.Collections.Immutable;
using Manifold.Verification.Binaries;
using Manifold.Verification.Findings;

namespace Manifold.Verification;

/// <summary>
/// Why a published image's file is probably for the wrong machine:
/// there is no Dockerfile to look at, but there are the image's other platforms.
/// </summary>
internal sealed class PublishedCauses(ImmutableArray<GateImage> images)
{
    public Cause? Of(GateImage image, TracedFinding traced)
    {
        var found = traced.Finding.Found;
        if (traced.Finding.Id is not (FindingId.WrongMachine or FindingId.WrongAbi or FindingId.WrongVariant or FindingId.ForeignFile
            or FindingId.PlatformMismatch) || found is null)
            return null;
        if (image.Claimed is { } claimed && claimed.Architecture != image.Config.Architecture && (traced.Layer is null
            || found == Machine.Of(image.Config.Platform).ToString()))
            return new Cause(CauseId.IndexEntry, $"the image is for {image.Config.Platform}, but the index lists it as {claimed}",
                "create the index again, with the platform of the image");
        if (traced.Layer is not { } layer)
            return null;
        var digest = image.Layers[layer].DiffId;
        var sharing = images.FirstOrDefault(
            other => other.Platform != image.Platform && other.Layers.Any(each => each.DiffId == digest));
        if (sharing is not null)
            return new Cause(CauseId.SharedLayer,
                $"the image for {sharing.Platform} has the same layer, so the build of the layer ignores the platform",
                "look for a COPY of a file for only one platform, or for a stage without ARG TARGETARCH");
        return layer == 0 ? new Cause(CauseId.BasePlatform,
            "the lowest layer is for that machine: the base image, or FROM --platform in the last stage, is for another platform",
            "remove --platform from the last FROM, or choose a base image that supports the platform") : null;
    }
}
