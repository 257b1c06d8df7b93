using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Tests.Dockerfile.Checks;

/// <summary>Bases as a registry would have them.</summary>
internal static class RuleFacts
{
    private static readonly Descriptor Nothing = new() { MediaType = MediaType.Manifest, Digest = Digest.Of("a manifest"), Size = 10 };

    /// <summary>An image with a PATH, as nearly every one has.</summary>
    public static BaseImage Base(string reference, Platform platform, int layers = 0) => new(
        ImageReference.Parse(reference),
        platform, Nothing, new Manifest { Config = Nothing, Layers = [.. Enumerable.Repeat(Nothing, layers)] },
        new ImageConfig
        {
            Os = platform.Os,
            Architecture = platform.Architecture,
            Variant = platform.Variant,
            Config = new ContainerConfig { Env = ["PATH=/usr/bin:/bin"] },
        })
    {
        Top = Digest.Of("an index"),
    };
}
