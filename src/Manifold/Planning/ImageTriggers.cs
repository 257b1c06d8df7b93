using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;
using Manifold.Oci;

namespace Manifold.Planning;

/// <summary>The ONBUILD triggers that images bring along: instructions that are done first in every stage that stands on one.</summary>
/// <remarks>They stand in the images' configs, so they are known once the images are.</remarks>
internal sealed class ImageTriggers
{
    private readonly Dictionary<(ImageReference, Platform), ImmutableArray<string>> known = [];

    public void Learn(IEnumerable<BaseImage> images)
    {
        foreach (var image in images)
            if (image.Config.Config?.OnBuild is { IsDefaultOrEmpty: false } triggers)
                known[(image.Reference, image.Platform)] = triggers;
    }

    /// <summary>The triggers, each at the place of the FROM that brings it. Those that cannot be read are noted as wrong.</summary>
    public IEnumerable<Instruction> Of(StageGround.Image image, FromInstruction from, Diagnosing diagnosing)
    {
        foreach (var text in known.GetValueOrDefault((image.Reference, image.Platform), []))
        {
            var parsed = DockerfileParser.Parse($"ONBUILD of {image.Reference}", "FROM scratch\n" + text);
            if (parsed.Diagnostics.FirstOrDefault(diagnostic => diagnostic.Severity == Severity.Error) is { } error)
                diagnosing.Add(from, $"'{image.Reference}' has the trigger 'ONBUILD {text}', which is not valid: {error.Message}.",
                    error.Hint);
            else if (parsed.Tree.Stages is [{ Instructions: [not OnbuildInstruction and var trigger] }])
                yield return trigger with
                {
                    Source = trigger.Source with { Place = from.Source.Place, Lines = from.Source.Lines, File = from.Source.File },
                };
            else
                diagnosing.Add(from, $"'{image.Reference}' has the trigger 'ONBUILD {text}', which is not valid.");
        }
    }
}
