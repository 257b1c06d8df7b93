using Manifold.Dockerfile;

namespace Manifold.Planning.Checks;

/// <summary>
/// TooManyLayers. The base's layers count where it is known; an instruction that changes nothing counts as well, since nobody knows before.
/// </summary>
internal static class LayerCounts
{
    public static void Check(PlanFindings findings)
    {
        var target = findings.Graph.Target;
        var (count, ofBase) = (0, 0);
        for (Stage? stage = target; stage is not null;)
        {
            count += findings.Graph.InstructionsOf(stage).Count(each => each is RunInstruction or FilesInstruction);
            var ground = findings.Graph.GroundOf(stage);
            if (ground is StageGround.Image image && findings.Facts.Bases.GetValueOrDefault((image.Reference, image.Platform)) is { } found)
                ofBase = found.Manifest.Layers.Length;
            stage = ground is StageGround.Earlier earlier ? earlier.Stage : null;
        }
        if (count + ofBase > Limits.DockerLayers)
            findings.Add(Rules.TooManyLayers, target.From,
                $"the image would have {count + ofBase} layers{(ofBase > 0 ? $", {ofBase} of them from its base" : "")}, "
                + $"but Docker's image store supports at most {Limits.DockerLayers}",
                "Combine RUN instructions with && or a here-document, copy several sources with one COPY, "
                + "or copy the result into a new stage with COPY --from.",
                target.From.Image);
    }
}
