using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Publishing;

/// <summary>What a tag stands for now.</summary>
/// <param name="Platforms">Empty where it is no image: <paramref name="Oddity"/> says what is odd.</param>
internal sealed record TagState(ManifestContent Content, ImmutableArray<Platform> Platforms, string? Oddity = null)
{
    public Digest Digest => Content.Descriptor.Digest;
}

/// <summary>What a repository answered. Null where the registry does not tell before something is pushed.</summary>
internal sealed record RepositoryState
{
    public required string Name { get; init; }
    public bool? Exists { get; init; }
    public bool? AcceptsIndex { get; init; }
    public bool? AcceptsZstd { get; init; }
    public bool? HasReferrersApi { get; init; }

    /// <summary>Why nothing can be pushed there, or null.</summary>
    public ManifoldException? Problem { get; init; }
}

/// <summary>One tag that is to be written: what it has now, and what it would lose.</summary>
/// <param name="Platform">The platform that it is for; null stands for the whole image.</param>
internal sealed record TargetState(ImageReference Tag, Platform? Platform, TagState? Now, ImmutableArray<Platform> Losing)
{
    /// <summary>What stops it, as a sentence; null where nothing does.</summary>
    public string? ProblemUnder(PublicationRequest request) => this switch
    {
        { Now.Oddity: { } oddity } when !request.Force =>
            $"push {Tag}: the tag is not an image: {oddity} Choose another tag, or overwrite it with --force.",
        { Losing.IsEmpty: false } when !request.AllowPlatformRemoval =>
            $"push {Tag}: the tag has {string.Join(", ", Losing)}, but the new image does not. Add "
                + $"{(Losing.Length == 1 ? "it" : "them")} with --platform, or remove {(Losing.Length == 1 ? "it" : "them")} with "
                + "--allow-platform-removal.",
        _ => null,
    };
}

/// <summary>What stands in the way of a publication, found before any work and without a trace.</summary>
/// <param name="Platforms">What the image has or will have.</param>
internal sealed record Preflight(
    PublicationRequest Request,
    ImmutableArray<Platform> Platforms,
    ImmutableArray<RepositoryState> Repositories,
    ImmutableArray<TargetState> Tags)
{
    public ImmutableArray<string> Problems =>
        [.. Repositories.Select(repository => repository.Problem?.Message).OfType<string>(), .. Tags
            .Select(tag => tag.ProblemUnder(Request)).OfType<string>()];

    /// <exception cref="ManifoldException">A registry refuses, or a tag may not be moved; all that is wrong in one message.</exception>
    public Preflight OrThrow()
    {
        if (Problems.IsEmpty)
            return this;
        if (Problems.Length == 1 && Repositories.FirstOrDefault(repository => repository.Problem is not null)?.Problem is { } only)
            throw only;
        var text = string.Join('\n', Problems);
        throw Repositories.FirstOrDefault(repository => repository.Problem is not null)?.Problem is RegistryException refusal
            ? new RegistryException(text, refusal) { Registry = refusal.Registry, Status = refusal.Status, Code = refusal.Code }
            : new PublicationRefusedException(text + "\nNo tag was written.");
    }
}
