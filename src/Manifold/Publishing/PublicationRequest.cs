using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Publishing;

/// <summary>Where an image is to be published, and what it may do to what is there.</summary>
public sealed record PublicationRequest
{
    /// <summary>References with a tag; one with a digest only puts the content there and names nothing.</summary>
    public required ImmutableArray<ImageReference> Targets { get; init; }

    /// <summary>Also <c>TAG-arm64</c>, <c>TAG-arm-v7</c> …, each for one platform's manifest.</summary>
    public bool PlatformTags { get; init; }

    /// <summary>How the tags of some platforms end instead, e.g. <c>arm</c> for linux/arm/v7.</summary>
    public ImmutableDictionary<Platform, string> PlatformTagNames { get; init; } = ImmutableDictionary<Platform, string>.Empty;

    /// <summary>Overwrites a tag that changed since the preflight, or that holds what is no image.</summary>
    public bool Force { get; init; }

    /// <summary>Lets a tag lose platforms that it has.</summary>
    public bool AllowPlatformRemoval { get; init; }

    /// <summary>Puts the content there, and leaves the tags to a later merge.</summary>
    public bool WithoutTags { get; init; }

    /// <summary>Puts the whole image there by its digest, and writes no tag at all.</summary>
    public bool ByDigest { get; init; }

    /// <summary>
    /// Asks for every blob, also where the tag names the image already and every manifest is there;
    /// reads a byte of each.
    /// </summary>
    public bool CheckAll { get; init; }

    /// <summary>Every tag that will be written, and the platform that it is for; null stands for the whole image.</summary>
    /// <exception cref="UsageException">A tag becomes too long with its platform, or would stand for two images.</exception>
    internal ImmutableArray<(ImageReference Tag, Platform? Platform)> TagsFor(ImmutableArray<Platform> platforms)
    {
        var tags = WithoutTags || ByDigest
            ? []
            : Targets.Where(target => target.Tag is not null).Select(target => target.WithTag(target.Tag!)).Distinct().ToList();
        var ofPlatforms = PlatformTags
            ? tags.SelectMany(tag => platforms.Select(platform =>
                ((ImageReference, Platform?))(OfPlatform(tag, platform, PlatformTagNames.GetValueOrDefault(platform)), platform)))
            : [];
        ImmutableArray<(ImageReference Tag, Platform? Platform)> all = [.. tags.Select(tag => (tag, (Platform?)null)), .. ofPlatforms];
        if (all.GroupBy(each => each.Tag).FirstOrDefault(group => group.Count() > 1) is { } both)
            throw new UsageException($"--platform-tags: '{both.Key}' would be the tag of two images: "
                + $"{string.Join(" and ", both.Select(each => each.Platform?.ToString() ?? "all platforms"))}. Choose other tags.");
        return all;
    }

    /// <summary><c>TAG-amd64</c>, <c>TAG-arm-v7</c>; another system than Linux is named too: <c>TAG-windows-amd64</c>.</summary>
    /// <param name="ending">Instead of the platform's own name.</param>
    internal static ImageReference OfPlatform(ImageReference tag, Platform platform, string? ending = null)
    {
        var name = $"{tag.Tag}-{ending ?? (platform.Os == "linux" ? platform.Dashed["linux-".Length..] : platform.Dashed)}";
        if (!ImageReference.TryParse($"{tag.Name}:{name}", out var reference))
            throw new UsageException(
                $"--platform-tags: '{name}' is too long for a tag (128 characters). Choose a shorter tag than '{tag.Tag}'.");
        return reference;
    }
}
