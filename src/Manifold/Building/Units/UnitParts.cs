using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Sandbox;

namespace Manifold.Building.Units;

/// <summary>A base image of a unit.</summary>
/// <param name="Image">The name in the Dockerfile, fully qualified.</param>
/// <param name="Digest">The digest of the platform's manifest.</param>
internal sealed record UnitBase(string Image, Platform Platform, Digest Digest)
{
    public required Descriptor Manifest { get; init; }

    /// <summary>The name under which the image was found; null if that is <see cref="Image"/>.</summary>
    public string? FoundAs { get; init; }

    /// <summary>The repository of each layer, if they are not in the image's own: the image was built in the same run.</summary>
    public ImmutableArray<string> LayerRepositories { get; init; } = [];

    public static UnitBase Of(BaseImage image) => new(image.Reference.ToString(), image.Platform, image.Descriptor.Digest)
    {
        Manifest = image.Descriptor,
        FoundAs = image.FoundAs == image.Reference ? null : image.FoundAs.ToString(),
        LayerRepositories = [.. image.LayerRepositories.Select(repository => repository.ToString())],
    };

    /// <summary>Returns the base for a plan.</summary>
    /// <param name="document">Reads a document by its digest.</param>
    public BaseImage ToImage(Func<Digest, byte[]> document)
    {
        var manifest = Oci.Manifest.Parse(document(Manifest.Digest));
        var image = new BaseImage(
            ImageReference.Parse(Image), Platform, Manifest, manifest, ImageConfig.Parse(document(manifest.Config.Digest)))
        {
            LayerRepositories = [.. LayerRepositories.Select(ImageReference.Parse)],
        };
        return FoundAs is { } name ? image with { FoundAs = ImageReference.Parse(name) } : image;
    }
}

/// <summary>A context that has a name: an image, or a folder.</summary>
internal sealed record UnitContext
{
    /// <summary>The image; null for a folder.</summary>
    public string? Image { get; init; }

    /// <summary>The folder on the machine that asks; null for an image.</summary>
    public string? Folder { get; init; }

    /// <summary>The time of what the folder was fetched from, in seconds since 1970; null if it is not known.</summary>
    public long? Time { get; init; }

    /// <summary>The manifest of the packed folder; null if the unit reads nothing of it, or runs where the folder is.</summary>
    public Digest? Packed { get; init; }

    public static UnitContext Of(NamedContext context) => context switch
    {
        ImageContext image => new UnitContext { Image = image.Reference.ToString() },
        FolderContext folder => new UnitContext { Folder = folder.Folder, Time = folder.Time?.Value },
        _ => throw new InvalidOperationException($"{context.GetType().Name} was to be resolved before planning."),
    };
}

/// <summary>The settings of RUNs that change their results, or what they may do. Without secrets.</summary>
internal sealed record UnitRunSettings
{
    public RunNetwork Network { get; init; }
    public bool AllowHostNetwork { get; init; }
    public bool AllowInsecure { get; init; }
    public ImmutableArray<ExtraHost> Hosts { get; init; } = [];

    /// <summary>Bytes of /dev/shm; null is 64 MiB.</summary>
    public long? SharedMemory { get; init; }

    public ImmutableArray<ResourceLimit> Limits { get; init; } = [];

    public string? TimeZone { get; init; }

    public static UnitRunSettings Of(RunSettings run) => new()
    {
        Network = run.Network,
        AllowHostNetwork = run.AllowHostNetwork,
        AllowInsecure = run.AllowInsecure,
        Hosts = run.Hosts,
        SharedMemory = run.SharedMemory,
        Limits = run.Limits,
        TimeZone = run.TimeZone,
    };

    /// <summary>Returns the settings with what is lent for the time of the unit.</summary>
    public RunSettings With(ImmutableArray<Secret> secrets, ImmutableArray<SshAgent> agents) => new()
    {
        Secrets = secrets,
        Agents = agents,
        Network = Network,
        AllowHostNetwork = AllowHostNetwork,
        AllowInsecure = AllowInsecure,
        Hosts = Hosts,
        SharedMemory = SharedMemory,
        Limits = Limits,
        TimeZone = TimeZone,
    };
}
