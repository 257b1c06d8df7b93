using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Images.Outputs;

/// <summary>What an output writes.</summary>
internal enum OutputKind
{
    /// <summary>An OCI layout, as a folder or as a tar.</summary>
    Oci,

    /// <summary>An archive for <c>docker load</c>; without a destination it is handed to docker or podman.</summary>
    Docker,

    /// <summary>The image's files, in a folder.</summary>
    Local,

    /// <summary>The image's files, in a tar.</summary>
    Tar,

    /// <summary>The image itself, in the store, and in its registry where it is pushed.</summary>
    Image,

    /// <summary>Nothing but what the cache keeps.</summary>
    CacheOnly,
}

/// <summary>Where a build's image goes: one <c>--output</c>.</summary>
/// <remarks>Source: docker buildx build, "Exporters" (image, registry, local, tar, oci, docker).</remarks>
internal sealed record ImageOutput
{
    /// <summary>The destination that means standard output.</summary>
    public const string StandardOutput = "-";

    /// <summary>As it was written, for messages.</summary>
    public required string Text { get; init; }

    public required OutputKind Kind { get; init; }

    /// <summary>A file or a folder, or <see cref="StandardOutput"/>; null for what goes to a registry, the store or an engine.</summary>
    public string? Destination { get; init; }

    /// <summary>The destination is a folder.</summary>
    public bool IsFolder { get; init; }

    /// <summary>What the image is called there; empty takes the names of <c>--tag</c>.</summary>
    public ImmutableArray<ImageReference> Names { get; init; } = [];

    public bool Push { get; init; }

    /// <summary>Pushed without a tag, for somebody who makes an index of several such pushes.</summary>
    public bool ByDigest { get; init; }

    /// <summary>With the media types of Docker instead of OCI's.</summary>
    public bool DockerFormat { get; init; }

    /// <summary>How its layers are made; null where the output does not say.</summary>
    public LayerPolicy? Layers { get; init; }

    public ImmutableArray<Annotation> Annotations { get; init; } = [];

    /// <summary>
    /// The image's time in seconds since 1970, which wins over the number that the build is given; null where it is not said.
    /// </summary>
    public long? Epoch { get; init; }

    /// <summary>The prefix of the names of attached documents among an image's files.</summary>
    public string AttachmentPrefix { get; init; } = "";

    /// <summary>True if documents about the image can lie beside it there. A Docker archive and an engine cannot hold any.</summary>
    public bool HoldsAttachments => Kind is OutputKind.Oci or OutputKind.Local or OutputKind.Tar;

    /// <summary>A folder for each platform, which several platforms have by themselves.</summary>
    public bool SplitPlatforms { get; init; }

    /// <summary>Keys that are known and change nothing here, with the reason.</summary>
    public ImmutableArray<string> WithoutEffect { get; init; } = [];

    public bool IsStandardOutput => Destination == StandardOutput;

    /// <summary>Handed to the docker or podman of this machine.</summary>
    public bool IsLoad => Kind == OutputKind.Docker && Destination is null;

    /// <param name="flag">What says so, for messages.</param>
    /// <exception cref="UsageException">It is none; the message says what would be right.</exception>
    public static ImageOutput Parse(string text, string flag = "--output") => new OutputReader(FlagFields.Parse(flag, text)).Read();

    /// <summary>What <c>--load</c> asks for.</summary>
    public static ImageOutput Load { get; } = new() { Text = "--load", Kind = OutputKind.Docker };
}
