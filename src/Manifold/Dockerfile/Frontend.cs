namespace Manifold.Dockerfile;

/// <summary>
/// <c># syntax=</c>: the image that reads the file where BuildKit builds it. Manifold reads Docker's language itself, whatever the version.
/// </summary>
internal static class Frontend
{
    public const string Hint = "Manifold supports only docker/dockerfile. Any version or digest works, including labs.";

    /// <summary>
    /// True for <c>docker/dockerfile</c> and its upstream, from Docker Hub or from a mirror: <c>docker/dockerfile:1.7-labs</c>,
    /// <c>mirror.example.com/docker/dockerfile@sha256:…</c>.
    /// </summary>
    /// <param name="syntax">The directive's value; what follows a blank are the frontend's own arguments.</param>
    public static bool IsKnown(string syntax)
    {
        var image = syntax.Split((char[]?)null, 2)[0];
        var at = image.IndexOf('@', StringComparison.Ordinal);
        var name = at < 0 ? image : image[..at];
        var colon = name.IndexOf(':', name.LastIndexOf('/') + 1);
        var path = colon < 0 ? name : name[..colon];
        return path is "docker/dockerfile" or "docker/dockerfile-upstream"
            || path.EndsWith("/docker/dockerfile", StringComparison.Ordinal)
            || path.EndsWith("/docker/dockerfile-upstream", StringComparison.Ordinal);
    }
}
