using Manifold.Oci;
using Manifold.Reporting.Records;

namespace Manifold.Reporting;

/// <summary>A command that readers of a report may paste.</summary>
/// <param name="What">The tool, or what the command does.</param>
public sealed record PasteCommand(string What, string Text);

/// <summary>The commands that a report offers, each naming the image by digest: what was looked at is what is got.</summary>
/// <remarks>References are made of characters that no shell minds; they were parsed when the record was made.</remarks>
public static class PasteCommands
{
    /// <summary>How to get one platform's image. None where the image is not published.</summary>
    public static IEnumerable<PasteCommand> Pulling(RecordedComponent image, RecordedPlatform platform)
    {
        if (image.PullName is not { } name || platform.Manifest is null)
            yield break;
        yield return new PasteCommand("docker", $"docker pull --platform {platform.Platform} {name}");
        yield return new PasteCommand("podman", $"podman pull --platform {platform.Platform} {name}");
        yield return new PasteCommand("skopeo", $"skopeo copy {Overrides(platform.Platform)} docker://{name} docker-archive:{image.ShortName.Replace('/', '-')}-{platform.Platform.Architecture}.tar");
        yield return new PasteCommand("manifold", $"manifold pull --platform {platform.Platform} {name}");
    }

    /// <summary>How to see for oneself that the image is what the report says.</summary>
    public static IEnumerable<PasteCommand> Checking(RecordedComponent image)
    {
        if (image.Index is null)
            yield break;
        var name = image.PullName ?? (image.Tags.Length > 0 ? "store:" + image.Tags[0] : null);
        if (name is null)
            yield break;
        yield return new PasteCommand("every platform's programs, loaders, libraries", $"manifold verify {name}");
        yield return new PasteCommand("what the platforms do not have in common", $"manifold verify --parity {name}");
        yield return new PasteCommand("digests, sizes, layers, labels", $"manifold inspect {name}");
        if (image.PullName is null)
            yield break;
        yield return new PasteCommand("the index as others see it", $"docker buildx imagetools inspect {name}");
        foreach (var platform in image.Platforms.Where(platform => platform.Manifest is not null))
            yield return new PasteCommand($"starts on {platform.Platform}", $"docker run --rm --platform {platform.Platform} {name}");
    }

    private static string Overrides(Platform platform) =>
        $"--override-os {platform.Os} --override-arch {platform.Architecture}{(platform.Variant is null ? "" : $" --override-variant {platform.Variant}")}";
}
