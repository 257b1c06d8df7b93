using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Images;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Publishing.Referrers;
using Manifold.Verification;

namespace Manifold.Projects;

/// <summary>One image of a project: for each platform where it comes from, and what becomes of the whole.</summary>
internal sealed record Component
{
    public required string Name { get; init; }

    internal RequestOrigin Origin => new(Name);

    /// <summary>Where the component stands in its file.</summary>
    public required Place Place { get; init; }

    /// <summary>In the order in which the index lists them, without repetition.</summary>
    public required ImmutableArray<ComponentPlatform> Platforms { get; init; }

    /// <summary>Nobody says which platforms: it is built for the machine that builds it.</summary>
    public bool IsForThisMachine { get; init; }

    /// <summary>The names that it gets in the store, and is published under.</summary>
    public ImmutableArray<ImageReference> Tags { get; init; } = [];

    /// <summary>
    /// Names of the file that are no references, because a variable in them has no value: for printing. Such a component cannot be built.
    /// </summary>
    public ImmutableArray<string> UnreadableTags { get; init; } = [];

    /// <summary>Short names by which a sibling's FROM may mean this component, beside its published names.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>For built platforms; an image that is taken as it is keeps its own.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public ImmutableArray<Annotation> Annotations { get; init; } = [];

    /// <summary>
    /// The source that hooks and build find beside the Dockerfile; brought there before the hooks run, null where there is none.
    /// </summary>
    public SourceCheckout? Checkout { get; init; }

    /// <summary>Run before the component is built, in order, each only if what it reads has changed.</summary>
    public ImmutableArray<Hook> Before { get; init; } = [];

    public ComponentVerification Verification { get; init; } = new();

    /// <summary>False for an image that siblings stand on and nobody else gets.</summary>
    public bool Publish { get; init; } = true;

    /// <summary>Also <c>TAG-arm64</c>, <c>TAG-arm-v7</c> …</summary>
    public bool PlatformTags { get; init; }

    /// <summary>One platform alone is published without an index over it.</summary>
    public bool WithoutIndex { get; init; }

    /// <summary>True if the image is published without an index. Several platforms always have one.</summary>
    public bool HasNoIndex => WithoutIndex && Platforms.Length == 1;

    /// <summary>The creation time that the image states; null for the time of its files.</summary>
    public CreatedTime? Created { get; init; }

    /// <summary>How the tags of some platforms end instead: system 3 writes <c>TAG-arm</c> for linux/arm/v7.</summary>
    public ImmutableDictionary<Platform, string> PlatformTagNames { get; init; } = ImmutableDictionary<Platform, string>.Empty;

    /// <summary>
    /// What is attached to the image where it is published: a list of each platform's packages, and where each came from.
    /// </summary>
    public bool Sbom { get; init; }
    public bool Provenance { get; init; }

    /// <summary>The provenance is without the values of build arguments: <c>type=provenance,mode=min</c>.</summary>
    public bool ProvenanceIsMinimal => AttestTexts.LastOrDefault(text => Attestation.IsOf(text, Attestation.Provenance)) is { } text
        && Attestation.Read(FlagFields.Parse("attest", text)).IsMinimal is true;

    /// <summary>
    /// What the file says of the attestations, where it is more than their types:
    /// <c>type=provenance,mode=max</c>.
    /// </summary>
    public ImmutableArray<string> AttestTexts { get; init; } = [];

    /// <summary>The attestations as a file has them: what it says of one, else its type.</summary>
    public IEnumerable<string> Attested => new[] { (Sbom, Attestation.Sbom), (Provenance, Attestation.Provenance) }
        .Select(each => AttestTexts.LastOrDefault(text => Attestation.IsOf(text, each.Item2)) ?? (each.Item1 ? each.Item2 : null))
            .OfType<string>();

    /// <summary>The components that its contexts name.</summary>
    internal IEnumerable<string> Siblings => Platforms.Select(platform => platform.Source).OfType<BuildSource>()
        .SelectMany(build => build.Contexts.Values).OfType<SiblingContext>().Select(context => context.Name).Distinct();

    /// <summary>
    /// Where the image goes, as <c>-o</c> has it: <c>type=oci,dest=…</c>, <c>type=registry</c>. <see cref="ComponentOutputs"/>
    /// says what follows from them.
    /// </summary>
    public ImmutableArray<string> Outputs { get; init; } = [];

    /// <summary>Its outputs say that it is published.</summary>
    public bool IsPushed { get; init; }

    /// <summary>Its file wants the build checks of it, and no build: <c>call = "check"</c>.</summary>
    public bool IsChecked { get; init; }

    /// <summary>The command line wants it in docker or podman.</summary>
    public bool Load { get; init; }

    /// <summary>How the blobs of its layers are made; null is the default.</summary>
    public LayerPolicy? Layers { get; init; }

    /// <summary>Published in Docker's media types.</summary>
    public bool DockerFormat { get; init; }
}

/// <summary>One platform of a component.</summary>
internal sealed record ComponentPlatform(Platform Platform, ComponentSource Source)
{
    /// <summary>It may fail without failing the image, which then lacks it.</summary>
    public bool Optional { get; init; }
}

/// <summary>Where a platform's image comes from. A closed family: <see cref="BuildSource"/>, <see cref="ImageSource"/>.</summary>
internal abstract record ComponentSource
{
    /// <summary>What says so, for messages.</summary>
    public required Place Place { get; init; }
}

/// <summary>Built from a Dockerfile.</summary>
internal sealed record BuildSource : ComponentSource
{
    /// <summary>The context; absolute. The root folder stands for one that is elsewhere and was not fetched yet.</summary>
    public required string ContextFolder { get; init; }

    /// <summary>Where the context is, if it is no folder: a git or http(s) address.</summary>
    public string? ContextAddress { get; init; }

    /// <summary>When what was fetched from there was made, in seconds since 1970; null where nobody knows.</summary>
    public long? ContextTime { get; init; }

    /// <summary>The Dockerfile's path as the user should see it, resolved from the working directory; null means the context's.</summary>
    public string? DockerfilePath { get; init; }

    /// <summary>The Dockerfile's text where it stands in the project file itself.</summary>
    public string? InlineDockerfile { get; init; }

    /// <summary>
    /// The whole request where the image is not from a project's file; the other members then only name its folder.
    /// Each platform is built with it.
    /// </summary>
    public BuildRequest? Request { get; init; }

    /// <summary>The build arguments, wherever they were given.</summary>
    public ImmutableSortedDictionary<string, string> GivenArguments => Request?.BuildArguments ?? Arguments;

    public string? Target { get; init; }
    public ImmutableSortedDictionary<string, string> Arguments { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Names in FROM and <c>--from</c> that mean something else than they say.</summary>
    public ImmutableSortedDictionary<string, NamedContext> Contexts { get; init; } = ImmutableSortedDictionary<string, NamedContext>.Empty;

    /// <summary>As <c>--secret</c> has them: <c>id=…[,src=…|,env=…]</c>.</summary>
    public ImmutableArray<string> Secrets { get; init; } = [];

    /// <summary>As <c>--ssh</c> has them: <c>default</c>, <c>ID=SOCKET</c>.</summary>
    public ImmutableArray<string> Ssh { get; init; } = [];

    /// <summary>As <c>--cache-from</c> and <c>--cache-to</c> have them.</summary>
    public ImmutableArray<string> CacheFrom { get; init; } = [];
    public ImmutableArray<string> CacheTo { get; init; } = [];

    public bool NoCache { get; init; }
    public bool Pull { get; init; }

    /// <summary>The stages that are built anew, where not all are.</summary>
    public ImmutableArray<string> NoCacheFilter { get; init; } = [];

    /// <summary>The creation time of the image in seconds since 1970, once it is known; null if none is given.</summary>
    public long? Created { get; init; }

    /// <summary>What its RUNs get; secrets, agents and what is allowed are the caller's.</summary>
    public RunSettings Run { get; init; } = new();

    /// <summary>
    /// What its RUNs need to be allowed, and where the file says so: the file asks, and whoever bakes allows it with <c>--allow</c>.
    /// </summary>
    public ImmutableArray<Entitlement> Entitlements { get; init; } = [];
}

/// <summary>Something that RUNs do not have unless it is allowed.</summary>
/// <param name="Name"><see cref="RunSettings.HostNetwork"/> or <see cref="RunSettings.Insecure"/>.</param>
internal sealed record Entitlement(string Name, Place Place);

/// <summary>Taken as it is from a registry, the store, an OCI layout or an archive.</summary>
/// <param name="Location">As <see cref="Images.ImageLocation"/> reads it; paths are absolute.</param>
internal sealed record ImageSource(string Location) : ComponentSource
{
    /// <summary>Its name where it comes from a registry, and so may be another tomorrow; null for what lies on this machine.</summary>
    public ImageReference? Reference =>
        ImageLocation.TryParse(Location, out var location) && location.Transport == Transport.Registry ? location.Reference : null;
}

/// <summary>A command that makes files which a build copies.</summary>
/// <remarks>Run again only if an input, the command or its environment changed, or an output is missing.</remarks>
internal sealed record Hook
{
    /// <summary>A program and its arguments; a command line is <c>sh -c</c>.</summary>
    public required ImmutableArray<string> Command { get; init; }

    /// <summary>Where it runs, and what patterns start from; absolute.</summary>
    public required string Folder { get; init; }

    /// <summary>Patterns as in a .dockerignore of what it reads; empty means everything in the folder but the outputs.</summary>
    public ImmutableArray<string> Inputs { get; init; } = [];

    /// <summary>Patterns of what it makes; each must match a file afterwards.</summary>
    public ImmutableArray<string> Outputs { get; init; } = [];

    /// <summary>Variables beside those of the environment.</summary>
    public ImmutableSortedDictionary<string, string> Environment { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The platform that it works for; null where it works for all at once.</summary>
    public Platform? Platform { get; init; }

    public required Place Place { get; init; }
}

/// <summary>What is looked at before a component is published.</summary>
internal sealed record ComponentVerification
{
    public VerificationPolicy Policy { get; init; } = VerificationPolicy.Default;

    /// <summary>What each platform's entrypoint is started with; null where it is not started.</summary>
    public ImmutableArray<string>? Run { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>By what an image is refused: who wants it started wants it to start, also where nothing else is looked at.</summary>
    public VerificationPolicy Refusing => Policy.Mode == GateMode.Off && Run is not null ? Policy with { Mode = GateMode.On } : Policy;
}
