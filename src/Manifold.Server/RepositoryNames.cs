using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Server;

/// <summary>Which of the store's names a repository of this registry means.</summary>
/// <remarks>
/// The store's names are full references; a client asks this registry for a path. <c>acme/app</c> means, best first:
/// <code>
/// 1  localhost:5000/acme/app    this registry's own name, as the client spells its host; every spelling of loopback is the same
/// 2  quay.io/acme/app           where the path itself is a full name: /v2/quay.io/acme/app/…, /v2/debian/… (docker.io/library/debian)
/// 3  ANY/acme/app               the same path under another registry, if the names that match agree on one image
/// </code>
/// Pushes go to 1 only. See docs/decisions/0003.
/// </remarks>
internal sealed class RepositoryNames(Store store, int port)
{
    /// <summary>The name under which a push to this registry is kept.</summary>
    public ImageReference Own(string host, string repository, string tag) =>
        Matches(host, repository).FirstOrDefault(match => match.Rank == 1 && match.Reference.Tag == tag)?.Reference
        ?? ImageReference.Parse($"{(IsLoopback(HostOf(host)) ? host : $"localhost:{port}")}/{repository}:{tag}");

    /// <summary>What a tag means, or null where nothing or no single image has it.</summary>
    public Descriptor? Find(string host, string repository, string tag)
    {
        var found = Matches(host, repository).Where(match => match.Reference.Tag == tag).ToList();
        if (found.Count == 0)
            return null;
        var best = found.Where(match => match.Rank == found[0].Rank).ToList();
        return best.All(match => match.Target.Digest == best[0].Target.Digest) ? best[0].Target : null;
    }

    /// <summary>Every name of the repository, best first.</summary>
    public ImmutableArray<Match> Matches(string host, string repository) =>
    [
        .. store.Tags.List()
            .Select(image => image.Reference is { } reference && Rank(reference, host, repository) is var rank and > 0
                ? new Match(rank, reference, image.Target) : null)
            .OfType<Match>().OrderBy(match => match.Rank),
    ];

    /// <summary>The repositories that the store's names make, as this registry is asked for them.</summary>
    public IEnumerable<string> All(string host) => store.Tags.List().Select(image => image.Reference).OfType<ImageReference>()
        .Select(reference => IsOwn(reference.Registry, host) || !Route.IsName(reference.Name) ? reference.Repository : reference.Name);

    public sealed record Match(int Rank, ImageReference Reference, Descriptor Target);

    private int Rank(ImageReference reference, string host, string repository) =>
        reference.Repository == repository && IsOwn(reference.Registry, host) ? 1
        : ImageReference.TryParse(repository, out var full) && full.Name == reference.Name ? 2
        : reference.Repository == repository ? 3
        : 0;

    private bool IsOwn(string registry, string host) =>
        IsLoopback(HostOf(registry)) && (PortOf(registry) == port || PortOf(registry) == PortOf(host));

    private static bool IsLoopback(string host) => host is "localhost" or "127.0.0.1" or "[::1]";

    private static string HostOf(string authority) => PortOf(authority) < 0 ? authority : authority[..authority.LastIndexOf(':')];

    private static int PortOf(string authority) =>
        authority.LastIndexOf(':') is var colon and >= 0 && int.TryParse(authority.AsSpan(colon + 1), out var port) ? port : -1;
}
