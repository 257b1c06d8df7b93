using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Manifold.Oci;

namespace Manifold.Building.Recording;

/// <summary>One image: what it is now, and what it was made from.</summary>
internal sealed record RecordedComponent
{
    /// <summary>The component of a project; empty where one image is built.</summary>
    public required string Name { get; init; }

    public ImmutableArray<string> Tags { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Null where it was not made.</summary>
    public Descriptor? Index { get; init; }

    /// <summary>Whether its tags name it in their registries.</summary>
    public bool Published { get; init; }

    /// <summary>Why it is not there.</summary>
    public string? Failure { get; init; }

    /// <summary>The Dockerfile, or where the image was taken from.</summary>
    public string? Dockerfile { get; init; }

    public ImmutableArray<RecordedPlatform> Platforms { get; init => field = value.IsDefault ? [] : value; } = [];
    public ImmutableSortedDictionary<string, string> Labels { get; init => field = value ?? Nothing; } = Nothing;

    /// <summary>Build arguments; what looks like a secret is masked.</summary>
    public ImmutableSortedDictionary<string, string> Arguments { get; init => field = value ?? Nothing; } = Nothing;

    /// <summary>What its first tag stood for before; null where that is not known or was nothing.</summary>
    public RecordedPredecessor? Before { get; init; }

    /// <summary>How far the platforms are the same; null until a report asks for it.</summary>
    public RecordedParity? Parity { get; init; }

    private static ImmutableSortedDictionary<string, string> Nothing =>
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    [JsonIgnore] public string Title => Tags.Length > 0 ? Tags[0] : Name.Length > 0 ? Name : Index?.Digest.Short ?? "image";

    /// <summary>The name for lists: the component's, else the repository's last part.</summary>
    [JsonIgnore]
    public string ShortName =>
        Name.Length > 0 ? Name : ImageReference.TryParse(Tags.FirstOrDefault(), out var tag) ? tag.Repository.Split('/')[^1] : Title;

    /// <summary>A name by which the image can be had from anywhere, with its digest; null where it is not published.</summary>
    [JsonIgnore]
    public string? PullName => Published && Index is { } index && ImageReference.TryParse(Tags.FirstOrDefault(), out var tag)
        ? $"{tag.Name}@{index.Digest}"
        : null;

    /// <summary>Whether a platform has a node: then each that was started has one.</summary>
    [JsonIgnore] public bool UsesNodes => Platforms.Any(platform => platform.Node is not null);

    [JsonIgnore] public IEnumerable<RecordedFinding> Findings => Platforms.SelectMany(platform => platform.Findings);
}

/// <summary>The image that a tag stood for before the build.</summary>
internal sealed record RecordedPredecessor(string Tag, Digest Digest)
{
    public ImmutableArray<RecordedPredecessorPlatform> Platforms { get; init => field = value.IsDefault ? [] : value; } = [];

    public RecordedPredecessorPlatform? Find(Platform platform) => Platforms.FirstOrDefault(each => each.Platform == platform);
}

/// <summary>One platform of it. The layers are there to see which stayed.</summary>
internal sealed record RecordedPredecessorPlatform(Platform Platform, Digest Manifest, long CompressedBytes)
{
    public ImmutableArray<Digest> Layers { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>Parity in short.</summary>
/// <param name="Count">How many differences there are; the first of them are listed.</param>
internal sealed record RecordedParity(int Count)
{
    public ImmutableArray<string> Platforms { get; init => field = value.IsDefault ? [] : value; } = [];
    public ImmutableArray<RecordedDifference> Differences { get; init => field = value.IsDefault ? [] : value; } = [];
    public ImmutableArray<string> Unreadable { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>One thing that is not the same on all platforms.</summary>
internal sealed record RecordedDifference(string Topic, string Name)
{
    /// <summary>In the order of <see cref="RecordedParity.Platforms"/>; null where it is not there.</summary>
    public ImmutableArray<string?> Values { get; init => field = value.IsDefault ? [] : value; } = [];
}
