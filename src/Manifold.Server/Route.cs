using System.Text.RegularExpressions;

namespace Manifold.Server;

internal enum Endpoint { Base, Catalog, Manifest, Blob, StartUpload, Upload, Tags, Referrers, Unknown, InvalidName }

/// <summary>What a path asks for. Read from its end, since a repository's name has any number of components.</summary>
internal readonly partial record struct Route(Endpoint Endpoint, string Repository = "", string Selector = "")
{
    // The specification's own grammar and bound; its slashes and dots can never name another folder.
    private const int NameCharacters = 255;

    public static Route Parse(string path)
    {
        if (path is "/v2/" or "/v2")
            return new(Endpoint.Base);
        if (path is "/v2/_catalog")
            return new(Endpoint.Catalog);
        if (!path.StartsWith("/v2/", StringComparison.Ordinal))
            return new(Endpoint.Unknown);
        var parts = path["/v2/".Length..].Split('/');
        var route = parts switch
        {
            [.., "blobs", "uploads", ""] when parts.Length > 3 => new Route(Endpoint.StartUpload, Name(parts, 3)),
            [.., "blobs", "uploads"] when parts.Length > 2 => new Route(Endpoint.StartUpload, Name(parts, 2)),
            [.., "blobs", "uploads", var id] when parts.Length > 3 => new Route(Endpoint.Upload, Name(parts, 3), id),
            [.., "blobs", var digest] when parts.Length > 2 => new Route(Endpoint.Blob, Name(parts, 2), digest),
            [.., "manifests", var reference] when parts.Length > 2 => new Route(Endpoint.Manifest, Name(parts, 2), reference),
            [.., "referrers", var digest] when parts.Length > 2 => new Route(Endpoint.Referrers, Name(parts, 2), digest),
            [.., "tags", "list"] when parts.Length > 2 => new Route(Endpoint.Tags, Name(parts, 2)),
            _ => new Route(Endpoint.Unknown),
        };
        return route.Endpoint is Endpoint.Unknown || IsName(route.Repository) ? route : new(Endpoint.InvalidName, route.Repository);
    }

    public static bool IsName(string name) => name.Length <= NameCharacters && NamePattern().IsMatch(name);

    private static string Name(string[] parts, int ending) => string.Join('/', parts[..^ending]);

    [GeneratedRegex(@"\A[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex NamePattern();
}
