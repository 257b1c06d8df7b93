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

    /// <summary>The context: a folder of this machine.</summary>
    public required string Context { get; init; }
    public string? ContextAddress { get; init; }
    public string? Target { get; init; }
    public ImmutableSortedDictionary<string, string> Arguments { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The machine that builds: BUILDPLATFORM.</summary>
    public required Platform BuildPlatform { get; init; }

    /// <summary>The time of files, in seconds since 1970.</summary>
    public required long FileTime { get; init; }

    /// <summary>The form of new layers, such as <c>gzip</c> or <c>zstd-19</c>.</summary>
    public required string Compression { get; init; }

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
        Target = build.Target,
        Arguments = build.BuildArguments,
        Labels = build.Labels,
        BuildPlatform = build.BuildPlatform,
        FileTime = plan.FileTime,
        Compression = build.Layers.Own.Name,
        Bases = [.. image.Steps.OfType<BaseStep>().Select(step => step.Image).OfType<BaseImage>()
            .Select(ground => new UnitBase(ground.FoundAs.ToString(), ground.Platform, ground.Descriptor.Digest)).Distinct()],
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

/// <summary>A base image of a unit.</summary>
internal sealed record UnitBase(string Image, Platform Platform, Digest Digest);
