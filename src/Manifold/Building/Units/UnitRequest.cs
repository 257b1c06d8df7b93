using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Building.Units;

/// <summary>
/// A unit as it is written down for whoever runs it: what to build, from which bases, and the plan that the result must fit.
/// </summary>
/// <remarks>Values of secrets are not in it; their names are. Its JSON is a format: members are added, never renamed.</remarks>
internal sealed record UnitRequest
{
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>The image's name in the project; empty for an image without a project.</summary>
    public required string Component { get; init; }

    public required Platform Platform { get; init; }

    /// <summary>Identifies the plan: its steps, its config and the time of its files.</summary>
    public required Digest Plan { get; init; }

    /// <summary>The Dockerfile's path, for messages.</summary>
    public required string Dockerfile { get; init; }

    /// <summary>The Dockerfile's text.</summary>
    public required string DockerfileText { get; init; }

    /// <summary>The context: a folder of the machine that asks.</summary>
    public required string Context { get; init; }
    public string? ContextAddress { get; init; }

    /// <summary>The time of a context from elsewhere, in seconds since 1970; null if it is not known.</summary>
    public long? ContextTime { get; init; }

    /// <summary>The manifest of the packed context; null if the unit runs where its context is, or reads none of it.</summary>
    public Digest? Packed { get; init; }

    /// <summary>The contexts that have names.</summary>
    public ImmutableSortedDictionary<string, UnitContext> Contexts { get; init; } = ImmutableSortedDictionary<string, UnitContext>.Empty;
    public string? Target { get; init; }
    public ImmutableSortedDictionary<string, string> Arguments { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The machine that builds: BUILDPLATFORM.</summary>
    public required Platform BuildPlatform { get; init; }

    /// <summary>The time of files, in seconds since 1970.</summary>
    public required long FileTime { get; init; }

    /// <summary><c>SOURCE_DATE_EPOCH</c>; null if it was not set.</summary>
    public long? SourceDateEpoch { get; init; }

    /// <summary>The image's creation time, in seconds since 1970; null for the time of its files.</summary>
    public long? Created { get; init; }

    /// <summary>The form of new layers, such as <c>gzip</c> or <c>zstd-19</c>.</summary>
    public required string Compression { get; init; }

    /// <summary>Whether layers of bases get this form, too.</summary>
    public bool CompressesBases { get; init; }

    public ImmutableArray<Annotation> Annotations { get; init; } = [];
    public bool NoCache { get; init; }
    public ImmutableArray<string> NoCacheFilter { get; init; } = [];

    /// <summary>The registry caches to read, as <c>--cache-from</c> names them.</summary>
    public ImmutableArray<string> CacheFrom { get; init; } = [];

    /// <summary>Whether the image's config describes its steps, so that it serves as a cache.</summary>
    public bool InlineCache { get; init; }

    /// <summary>The host name that RUNs see; null for the default.</summary>
    public string? RunHostname { get; init; }

    public UnitRunSettings Run { get; init; } = new();

    /// <summary>The base images, each by digest.</summary>
    public ImmutableArray<UnitBase> Bases { get; init; } = [];

    /// <summary>The names of the secrets that RUNs read.</summary>
    public ImmutableArray<string> Secrets { get; init; } = [];

    public static UnitRequest Of(string component, BuildRequest build, ImagePlan image, BuildPlan plan) => new()
    {
        Component = component,
        Platform = image.Platform,
        Plan = PlanOf(image, plan.FileTime, build),
        Dockerfile = plan.Dockerfile,
        DockerfileText = build.InlineDockerfile ?? Encoding.UTF8.GetString(BuildFiles.Dockerfile(build).Content),
        Context = build.ContextFolder,
        ContextAddress = build.ContextAddress is null ? null : build.ContextName,
        ContextTime = build.ContextTime,
        Contexts = build.Contexts.ToImmutableSortedDictionary(
            context => context.Key, context => UnitContext.Of(context.Value), StringComparer.Ordinal),
        Target = build.Target,
        Arguments = build.BuildArguments,
        Labels = build.Labels,
        BuildPlatform = build.BuildPlatform,
        FileTime = plan.FileTime,
        SourceDateEpoch = build.SourceDateEpoch,
        Created = build.Created,
        Compression = build.Layers.Own.Name,
        CompressesBases = build.Layers.BasesToo,
        Annotations = build.Annotations,
        NoCache = build.NoCache,
        NoCacheFilter = build.NoCacheFilter,
        CacheFrom = [.. build.Cache.From.Where(place => place.Reference is not null).Select(place => place.Reference!.ToString())],
        InlineCache = build.Cache.Inline,
        RunHostname = build.RunHostname,
        Run = UnitRunSettings.Of(build.Run),
        Bases = [.. image.Steps.OfType<BaseStep>().Select(step => step.Image).OfType<BaseImage>().Select(UnitBase.Of)
            .DistinctBy(ground => (ground.Image, ground.Platform))],
        Secrets = [.. build.Run.Secrets.Select(secret => secret.Id).Order(StringComparer.Ordinal)],
    };

    public string ToJson() => JsonSerializer.Serialize(this, UnitJson.Default.UnitRequest);

    /// <exception cref="FormatException">The text is not a unit request, or a newer version's.</exception>
    public static UnitRequest Parse(string json) => UnitJson.Read(json, UnitJson.Default.UnitRequest, "unit request", unit => unit.Version);

    private static Digest PlanOf(ImagePlan image, long fileTime, BuildRequest build)
    {
        using var key = new KeyBuilder();
        return key
            .Add("unit")
            .Add(image.Platform.ToString())
            .Add(image.Last.Digest)
            .Add(Encoding.UTF8.GetString(image.Config.ToJson()))
            .AddAll(image.History.Select(entry => entry.CreatedBy))
            .Add(fileTime)
            .Add(build.Layers.Own.Name)
            .ToDigest();
    }
}
