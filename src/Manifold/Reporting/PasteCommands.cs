using Manifold.Building.Recording;
using Manifold.Oci;

namespace Manifold.Reporting;

/// <summary>A command for readers of a report to paste.</summary>
/// <param name="What">The tool, or the purpose of the command.</param>
internal sealed record PasteCommand(string What, string Text);

/// <summary>The commands that a report offers. Each names the image by digest, so it gets exactly the image of the report.</summary>
/// <remarks>References need no quoting in a shell: they were parsed when the record was made.</remarks>
internal static class PasteCommands
{
    /// <summary>Commands to pull one platform's image. None if the image is not published.</summary>
    public static IEnumerable<PasteCommand> Pulling(RecordedComponent image, RecordedPlatform platform)
    {
        if (image.PullName is not { } name || platform.Manifest is null)
            yield break;
        yield return new PasteCommand("docker", $"docker pull --platform {platform.Platform} {name}");
        yield return new PasteCommand("podman", $"podman pull --platform {platform.Platform} {name}");
        yield return new PasteCommand("skopeo", $"skopeo copy {Overrides(platform.Platform)}"
            + $" docker://{name} docker-archive:{image.ShortName.Replace('/', '-')}-{platform.Platform.Architecture}.tar");
        yield return new PasteCommand("manifold", $"manifold pull --platform {platform.Platform} {name}");
    }

    /// <summary>Commands to check that the image is what the report says.</summary>
    public static IEnumerable<PasteCommand> Checking(RecordedComponent image)
    {
        if (image.Index is null)
            yield break;
        var name = image.PullName ?? (image.Tags.Length > 0 ? "store:" + image.Tags[0] : null);
        if (name is null)
            yield break;
        yield return new PasteCommand("Check the programs, loaders, and libraries of every platform", $"manifold verify {name}");
        yield return new PasteCommand("Show differences between the platforms", $"manifold verify --parity {name}");
        yield return new PasteCommand("Show digests, sizes, layers, and labels", $"manifold inspect {name}");
        if (image.PullName is null)
            yield break;
        yield return new PasteCommand("Show the index with Docker", $"docker buildx imagetools inspect {name}");
        foreach (var platform in image.Platforms.Where(platform => platform.Manifest is not null))
            yield return new PasteCommand($"Start it on {platform.Platform}", $"docker run --rm --platform {platform.Platform} {name}");
    }

    private static string Overrides(Platform platform) =>
        $"--override-os {platform.Os}"
            + $" --override-arch {platform.Architecture}{(platform.Variant is null ? "" : $" --override-variant {platform.Variant}")}";
}
