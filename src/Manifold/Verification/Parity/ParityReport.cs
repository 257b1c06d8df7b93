using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Manifold.Oci;
using Manifold.Verification.Packages;

namespace Manifold.Verification.Parity;

/// <summary>What is compared between platforms.</summary>
internal enum ParityTopic
{
    Package, File, Entrypoint, Command, Environment, User, WorkingDirectory, Port, Volume, StopSignal, Healthcheck, Label, Annotation,
}

/// <summary>One thing that is not the same on all platforms.</summary>
/// <param name="Name">Of the package, variable, label …; empty for what an image has one of.</param>
/// <param name="Values">One for each platform in the report's order; null where it is not there.</param>
internal sealed record ParityDifference(ParityTopic Topic, string Name, ImmutableArray<string?> Values)
{
    /// <summary>True where some platform has none; else there are several values: skew.</summary>
    public bool IsMissingSomewhere => Values.Contains(null);
}

/// <summary>What one platform weighs.</summary>
/// <param name="CompressedBytes">Of the layers' blobs.</param>
/// <param name="UncompressedBytes">Of all files of all layers; what a higher layer replaces is counted too.</param>
internal sealed record PlatformWeight(
    string Platform, Digest Manifest, int Layers, long CompressedBytes, long UncompressedBytes, int Packages, int Files);

/// <summary>How the platforms of one image differ. Names that only say the architecture are the same name.</summary>
/// <param name="Unreadable">Package databases that could not be read, with platform and reason: their packages are not compared.</param>
internal sealed record ParityReport(
    ImmutableArray<PlatformWeight> Platforms, ImmutableArray<ParityDifference> Differences, ImmutableArray<string> Unreadable)
{
    [JsonIgnore] public bool IsSame => Differences.IsEmpty;

    /// <summary>Compares all platforms of an image. Pure; an image of one platform has no differences.</summary>
    public static ParityReport Of(ImageContents image) => new(
        [.. image.Platforms.Select(WeightOf)],
        [.. new ParityComparison(image.Platforms).Differences()],
        [.. image.Platforms.SelectMany(platform => platform.Packages.Unreadable.Select(trouble => $"{platform.Platform}: {trouble}"))]);

    private static PlatformWeight WeightOf(PlatformContents image) => new(
        image.Platform.ToString(), image.Descriptor.Digest, image.Layers.Length, image.Manifest.Layers.Sum(layer => layer.Size),
        image.Layers.Sum(layer => layer.Bytes), image.Packages.Packages.Length, image.Files.Subtree("").Count(ParityComparison.IsFile));
}
