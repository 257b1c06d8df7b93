using Manifold.Dockerfile;

namespace Manifold.Planning.Checks;

/// <summary>BaseMissingPlatform, InvalidBaseImagePlatform, PlatformSpecificDigest.</summary>
internal static class BasePlatforms
{
    public static void Check(PlanFindings findings)
    {
        foreach (var stage in findings.Stages)
            if (findings.Graph.GroundOf(stage) is StageGround.Image image)
                Check(findings, stage.From, image);
    }

    private static void Check(PlanFindings findings, FromInstruction from, StageGround.Image image)
    {
        var lacking =
            findings.Facts.Lacking.FirstOrDefault(each => each.Need.Reference == image.Reference && each.Need.Platform == image.Platform);
        var found = findings.Facts.Bases.GetValueOrDefault((image.Reference, image.Platform));
        if (image.Reference.Digest is not null
            && (found is not null ? found.Top == found.Descriptor.Digest : lacking is { IsIndex: false }))
            findings.Add(Rules.PlatformSpecificDigest, from, $"the digest of '{from.Image}' pins an image for only one "
                + $"platform{(lacking?.Has is [var only] ? $", {only}" : "")}",
                "Pin the index, which has all platforms. To see its digest, run: manifold inspect", from.Image);
        if (lacking is { IsIndex: true })
            findings.Add(Rules.BaseMissingPlatform,
                from, $"'{image.Reference}' has no image for {image.Platform}", $"It has: {string.Join(", ", lacking.Has)}.", from.Image);
        else if (lacking is { Has: [var other, ..] })
            Mismatch(other.ToString());
        else if (found is not null
            && found.Config.Platform is var actual
            && (actual.Os, actual.Architecture) != (image.Platform.Os, image.Platform.Architecture))
            Mismatch(actual.ToString());

        void Mismatch(string actual) => findings.Add(Rules.InvalidBaseImagePlatform, from,
            $"'{image.Reference}' is for {actual}, but the build is for {image.Platform}",
            "Use a base with this platform, or set --platform to the platform of the base.", from.Image);
    }
}
