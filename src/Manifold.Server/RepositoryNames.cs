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
    private volatile Listed? all; // of the store's last state that was asked for

    /// <summary>The name under which a push to this registry is kept.</summary>
    public ImageReference Own(string host, string repository, string tag) =>
        Groups(host, repository).Where(group => group.Rank == 1).SelectMany(group => group.Tags.WithTag(tag)).FirstOrDefault()?.Reference
        ?? ImageReference.Parse($"{(IsLoopback(HostOf(host)) ? host : $"localhost:{port}")}/{repository}:{tag}");

    /// <summary>
    /// The image that a tag names, or null if there is none or more than one.
    /// The cost does not depend on the number of tags.
    /// </summary>
    public Descriptor? Find(string host, string repository, string tag)
    {
        var found = Groups(host, repository)
            .SelectMany(group => group.Tags.WithTag(tag), (group, image) => (group.Rank, image.Target)).ToList();
        if (found.Count == 0)
            return null;
        var best = found.Where(match => match.Rank == found[0].Rank).ToList();
        return best.All(match => match.Target.Digest == best[0].Target.Digest) ? best[0].Target : null;
    }

    /// <summary>Every name of the repository, by registry, best first.</summary>
    public IEnumerable<RepositoryTags> Tags(string host, string repository) => Groups(host, repository).Select(group => group.Tags);

    /// <summary>The tags of the repository after <paramref name="last"/>, each once, in ordinal order. Lazy.</summary>
    public IEnumerable<string> TagsAfter(string host, string repository, string? last) =>
        Sorted.Union(Tags(host, repository).Select(tags => tags.TagsAfter(last)));

    /// <summary>True where the repository has a name with a tag, or with a digest alone.</summary>
    public bool Exists(string host, string repository) => Groups(host, repository).Count > 0;

    /// <summary>The repositories that the store's names make, as this registry is asked for them, in ordinal order.</summary>
    public ImmutableArray<string> All(string host)
    {
        var (index, hostPort) = (store.Tags.Read(), PortOf(host));
        if (all is { } known && known.Index == index && known.HostPort == hostPort)
            return known.Names;
        var names = index.Repositories.SelectMany(path => index.Of(path).Select(tags => NameOf(tags.Registry, path, host)));
        all = new Listed(index, hostPort, [.. names.Distinct().Order(StringComparer.Ordinal)]);
        return all.Names;
    }

    private string NameOf(string registry, string path, string host) =>
        $"{registry}/{path}" is var full && (IsOwn(registry, host) || !Route.IsName(full)) ? path : full;

    private sealed record Listed(TagIndex Index, int HostPort, ImmutableArray<string> Names);

    private List<(int Rank, RepositoryTags Tags)> Groups(string host, string repository)
    {
        var index = store.Tags.Read();
        var groups = index.Of(repository).Select(tags => (Rank: IsOwn(tags.Registry, host) ? 1 : 3, Tags: tags)).ToList();
        if (ImageReference.TryParse(repository, out var full)
            && index.Of(full.Repository).FirstOrDefault(tags => tags.Registry == full.Registry) is { } named)
        {
            groups.RemoveAll(group => group.Tags == named && group.Rank == 3);
            if (!groups.Exists(group => group.Tags == named))
                groups.Add((2, named));
        }
        return [.. groups.OrderBy(group => group.Rank)];
    }

    private bool IsOwn(string registry, string host) =>
        IsLoopback(HostOf(registry)) && (PortOf(registry) == port || PortOf(registry) == PortOf(host));

    private static bool IsLoopback(string host) => host is "localhost" or "127.0.0.1" or "[::1]";

    private static string HostOf(string authority) => PortOf(authority) < 0 ? authority : authority[..authority.LastIndexOf(':')];

    private static int PortOf(string authority) =>
        authority.LastIndexOf(':') is var colon and >= 0 && int.TryParse(authority.AsSpan(colon + 1), out var port) ? port : -1;
}
