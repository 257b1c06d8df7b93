using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Planning;

/// <summary>What somebody asks to be built: one Dockerfile for some platforms.</summary>
public sealed record BuildRequest
{
    /// <summary>The context, an existing folder.</summary>
    public required string ContextFolder { get; init; }

    /// <summary>Where the context came from, if that is not the folder: an address, or <c>-</c> for standard input.</summary>
    public string? ContextAddress { get; init; }

    /// <summary>The context as people named it; without credentials.</summary>
    public string ContextName => ContextAddress is { } address ? AddressSecrets.Without(address) : ContextFolder;

    /// <summary>The contexts as another machine packed them; null if they are where the request says.</summary>
    internal ContextFolders? Unpacked { get; init; }

    /// <summary>When a context that is elsewhere was made, in seconds since 1970; null where nobody knows, and of a folder.</summary>
    public long? ContextTime { get; init; }

    /// <summary>The Dockerfile's path; null means <c>Dockerfile</c>, then <c>Containerfile</c>, in the context.</summary>
    public string? DockerfilePath { get; init; }

    /// <summary>The Dockerfile's text where it is in no file; <see cref="DockerfilePath"/> then is the name that messages use.</summary>
    public string? InlineDockerfile { get; init; }

    /// <summary>Names in FROM and <c>--from</c> that mean something else than they say.</summary>
    internal ImmutableSortedDictionary<string, NamedContext> Contexts { get; init; } =
        ImmutableSortedDictionary<string, NamedContext>.Empty;

    /// <summary>In the order in which the index lists them, without repetition.</summary>
    public required ImmutableArray<Platform> Platforms { get; init; }

    /// <summary>The machine that builds: BUILDPLATFORM.</summary>
    public Platform BuildPlatform { get; init; } = Platform.Host;

    /// <summary>A stage's name or number; null means the last stage.</summary>
    public string? Target { get; init; }

    public ImmutableSortedDictionary<string, string> BuildArguments { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
    public ImmutableArray<Annotation> Annotations { get; init; } = [];
    public ImmutableArray<ImageReference> Tags { get; init; } = [];

    /// <summary>What RUNs find as their machine's name; null is the default.</summary>
    public string? RunHostname { get; init; }

    /// <summary>Caches of other builds, read and written.</summary>
    internal CacheRequest Cache { get; init; } = CacheRequest.None;

    /// <summary>How the layers' blobs are made.</summary>
    internal LayerPolicy Layers { get; init; } = LayerPolicy.Default;

    /// <summary>What RUNs get and may do.</summary>
    internal RunSettings Run { get; init; } = new();

    /// <summary>Runs every step again; its results still enter the cache.</summary>
    public bool NoCache { get; init; }

    /// <summary>The names of stages whose steps are run again, in any case of letters.</summary>
    public ImmutableArray<string> NoCacheFilter { get; init; } = [];

    /// <summary>Asks the registry for each base image and takes no answer from the store.</summary>
    public bool Pull { get; init; }

    /// <summary>The creation time of the image in seconds since 1970; null for the time of its files. Files keep theirs.</summary>
    public long? Created { get; init; }

    /// <summary>One platform's manifest without an index over it: for clients that take no index.</summary>
    public bool WithoutIndex { get; init; }

    /// <summary>The time of everything that is made, in seconds since 1970: <c>SOURCE_DATE_EPOCH</c>. Null where it was not set.</summary>
    public long? SourceDateEpoch { get; init; }
}

/// <summary>The contexts of a request that another machine made.</summary>
/// <param name="Rules">The ignore rules of the build context.</param>
/// <param name="Named">The folders of named contexts, by the folder that the plan names.</param>
internal sealed record ContextFolders(IgnoreRules Rules, ImmutableSortedDictionary<string, ContextFolder> Named);

/// <summary>A named context from another machine: its folder here, and the ignore rules that it had there.</summary>
internal sealed record ContextFolder(string Path, IgnoreRules Rules);

/// <summary>The limits of an image without an index: one platform, and no annotation for an index.</summary>
internal static class WithoutAnIndex
{
    /// <param name="what">What says that there shall be none, for messages.</param>
    /// <exception cref="UsageException">Several platforms need an index, or an annotation is for one.</exception>
    public static void Require(string what, IReadOnlyCollection<Platform> platforms, IEnumerable<Annotation> annotations)
    {
        if (platforms.Count > 1)
            throw new UsageException($"{what}: {platforms.Count} platforms ({string.Join(", ", platforms)}) need an index. "
                + "Build a single platform, or allow the index.");
        if (annotations.FirstOrDefault(each => each.Place is AnnotationPlace.Index or AnnotationPlace.IndexDescriptor) is { } lost)
            throw new UsageException($"{what}: the annotation '{lost.Key}' is for the index, but the image has none. Annotate the "
                + $"manifest instead: manifest:{lost.Key}=…");
    }
}

/// <summary>Where in an image's documents an annotation belongs, as <c>docker buildx build --annotation</c> has it.</summary>
public enum AnnotationPlace
{
    Manifest,
    ManifestDescriptor,
    Index,
    IndexDescriptor,
}

/// <summary>An annotation, for every platform or for one.</summary>
public sealed record Annotation(AnnotationPlace Place, Platform? Platform, string Key, string Value)
{
    /// <summary>Reads <c>[index,manifest[linux/amd64]:]key=value</c>; without a place it goes to the manifests.</summary>
    /// <exception cref="FormatException">The text is not of that form.</exception>
    public static ImmutableArray<Annotation> Parse(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw new FormatException($"'{text}' is not an annotation. Expected [manifest:|index:]key=value.");
        var (key, value) = (text[..equals], text[(equals + 1)..]);
        var colon = key.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            return [new Annotation(AnnotationPlace.Manifest, null, key, value)];
        return [.. key[..colon].Split(',').Select(place => Parse(place, key[(colon + 1)..], value, text))];
    }

    private static Annotation Parse(string place, string key, string value, string text)
    {
        Platform? platform = null;
        if (place.IndexOf('[', StringComparison.Ordinal) is var bracket and > 0 && place.EndsWith(']'))
        {
            platform = Platform.Parse(place[(bracket + 1)..^1]);
            place = place[..bracket];
        }
        return new Annotation(place switch
        {
            "manifest" => AnnotationPlace.Manifest,
            "manifest-descriptor" => AnnotationPlace.ManifestDescriptor,
            "index" => AnnotationPlace.Index,
            "index-descriptor" => AnnotationPlace.IndexDescriptor,
            _ => throw new FormatException($"'{text}': '{place}' is not a place for annotations. Expected manifest, manifest-descriptor, "
                + "index or index-descriptor."),
        }, platform, key, value);
    }
}
