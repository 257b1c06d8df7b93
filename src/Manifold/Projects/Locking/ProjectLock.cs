using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Projects.Locking;

/// <summary>What a reference of a project stands for, and what each platform's image was there.</summary>
/// <param name="Digest">The index, or the manifest where there is no index.</param>
/// <param name="Platforms">The manifests of the platforms that the project needs.</param>
internal sealed record LockedImage(Digest Digest, ImmutableSortedDictionary<string, Digest> Platforms);

/// <summary>A project's lock file: every outside image by digest, every source by commit.</summary>
/// <remarks>Only what can move is in it: a reference with a digest and a commit's hash pin themselves.</remarks>
internal sealed partial record ProjectLock
{
    public const string FileName = "manifold.lock";

    /// <summary>The file as people should see it.</summary>
    public required string File { get; init; }

    /// <summary>What mends it, to paste.</summary>
    public required string Command { get; init; }

    /// <summary>By the fully qualified reference.</summary>
    public ImmutableSortedDictionary<string, LockedImage> Images { get; init; } =
        ImmutableSortedDictionary.Create<string, LockedImage>(StringComparer.Ordinal);

    /// <summary>Commits, by <see cref="SourceName"/>.</summary>
    public ImmutableSortedDictionary<string, string> Sources { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    public LockedImage? Find(ImageReference reference) => Images.GetValueOrDefault(reference.ToString());

    /// <summary>The same checkout at the commit that its name is pinned to; null where it is not pinned.</summary>
    public SourceCheckout? Pinned(SourceCheckout checkout) =>
        IsMovable(checkout) && Sources.TryGetValue(SourceName(checkout), out var commit) ? checkout with { Commit = commit } : null;

    /// <summary>Whether a checkout may be another commit tomorrow.</summary>
    public static bool IsMovable(SourceCheckout checkout) =>
        checkout.Repository is not null && (checkout.Commit is null || !CommitHash().IsMatch(checkout.Commit));

    /// <summary><c>REPOSITORY#NAME</c>, without credentials; <c>HEAD</c> is the default branch.</summary>
    public static string SourceName(SourceCheckout checkout) =>
        $"{AddressSecrets.Without(checkout.Repository!)}#{checkout.Commit ?? "HEAD"}";

    [GeneratedRegex(@"^(?:[0-9a-f]{40}|[0-9a-f]{64})\z")]
    internal static partial Regex CommitHash();
}
