using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.ManifoldFile;

/// <summary>What a file says about an image, at one level: the file's defaults, a template, the image, one of its platforms.</summary>
/// <remarks>Null means that nothing is said, so that the level below counts; see <see cref="Over"/>.</remarks>
internal sealed record ImageSettings
{
    public Located? Context { get; init; }
    public Located? Dockerfile { get; init; }
    public Located? InlineDockerfile { get; init; }
    public Located? Target { get; init; }
    public Located? Source { get; init; }
    public ImmutableArray<Setting> Arguments { get; init; } = [];
    public ImmutableArray<Setting> Labels { get; init; } = [];
    public ImmutableArray<Setting> Contexts { get; init; } = [];
    public ImmutableArray<Annotation> Annotations { get; init; } = [];
    public ImmutableArray<Located>? Secrets { get; init; }
    public ImmutableArray<Located>? Ssh { get; init; }
    public ImmutableArray<Located>? CacheFrom { get; init; }
    public ImmutableArray<Located>? CacheTo { get; init; }
    public ImmutableArray<Located>? Tags { get; init; }
    public ImmutableArray<Located>? Aliases { get; init; }
    public ImmutableArray<HookSettings>? Before { get; init; }
    public PlatformChoices? Platforms { get; init; }

    /// <summary>What stands among the platforms of a service and is none: it matters where the service is asked for.</summary>
    public ImmutableArray<Located> WrongPlatforms { get; init; } = [];
    public ComponentVerification? Verification { get; init; }
    public ImmutableArray<Located>? Attest { get; init; }
    public ImmutableArray<Located>? Outputs { get; init; }
    public ImmutableArray<Located>? NoCacheFilter { get; init; }
    public RunTextsOfFile Run { get; init; } = new();
    public bool? NoCache { get; init; }
    public bool? Pull { get; init; }
    public bool? Publish { get; init; }
    public bool? PlatformTags { get; init; }
    public bool? WithoutIndex { get; init; }
    public CreatedTime? Created { get; init; }
    public bool? Optional { get; init; }

    /// <summary>
    /// These settings, with those of a more general level where these say nothing. Named values are joined by name, lists are replaced.
    /// </summary>
    public ImageSettings Over(ImageSettings below) => new()
    {
        Context = Context ?? below.Context,
        Dockerfile = Dockerfile ?? (InlineDockerfile is null ? below.Dockerfile : null),
        InlineDockerfile = InlineDockerfile ?? (Dockerfile is null ? below.InlineDockerfile : null),
        Target = Target ?? below.Target,
        Source = Source ?? below.Source,
        Arguments = Joined(below.Arguments, Arguments, pair => pair.Key),
        Labels = Joined(below.Labels, Labels, pair => pair.Key),
        Contexts = Joined(below.Contexts, Contexts, pair => pair.Key),
        Annotations = Joined(below.Annotations, Annotations, each => (each.Place, each.Platform, each.Key)),
        Secrets = Secrets ?? below.Secrets,
        Ssh = Ssh ?? below.Ssh,
        CacheFrom = CacheFrom ?? below.CacheFrom,
        CacheTo = CacheTo ?? below.CacheTo,
        Tags = Tags ?? below.Tags,
        Aliases = Aliases ?? below.Aliases,
        Before = Before ?? below.Before,
        Platforms = Platforms ?? below.Platforms,
        WrongPlatforms = [.. below.WrongPlatforms, .. WrongPlatforms],
        Verification = Verification ?? below.Verification,
        Attest = Attest ?? below.Attest,
        Outputs = Outputs ?? below.Outputs,
        NoCacheFilter = NoCacheFilter ?? below.NoCacheFilter,
        Run = Run.Over(below.Run),
        NoCache = NoCache ?? below.NoCache,
        Pull = Pull ?? below.Pull,
        Publish = Publish ?? below.Publish,
        PlatformTags = PlatformTags ?? below.PlatformTags,
        WithoutIndex = WithoutIndex ?? below.WithoutIndex,
        Created = Created ?? below.Created,
        Optional = Optional ?? below.Optional,
    };

    private static ImmutableArray<T> Joined<T, TName>(ImmutableArray<T> below, ImmutableArray<T> own, Func<T, TName> name)
    {
        var names = own.Select(name).ToHashSet();
        return [.. below.Where(each => !names.Contains(name(each))), .. own];
    }
}

/// <summary>The platforms of an image.</summary>
/// <param name="IsDefault">Said for all images at once, so that <c>ARCHITECTURES</c> replaces it; it narrows what an image says
/// itself.</param>
internal sealed record PlatformChoices(ImmutableArray<PlatformChoice> Entries, bool IsDefault, Place Place);

/// <summary>A platform, and what is said about it alone.</summary>
internal sealed record PlatformChoice(Platform Platform, ImageSettings Settings, Place Place);

/// <summary>A hook as it is written.</summary>
internal sealed record HookSettings
{
    public required ImmutableArray<string> Command { get; init; }
    public Located? Folder { get; init; }
    public ImmutableArray<string> Inputs { get; init; } = [];
    public ImmutableArray<string> Outputs { get; init; } = [];
    public ImmutableArray<Setting> Environment { get; init; } = [];
    public Platform? Platform { get; init; }

    /// <summary>Run once for each platform that is built, and told which.</summary>
    public bool PerPlatform { get; init; }

    public required Place Place { get; init; }
}
