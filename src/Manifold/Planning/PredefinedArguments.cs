namespace Manifold.Planning;

/// <summary>Arguments that are usable without ARG (Dockerfile reference, "Predefined ARGs").</summary>
internal static class PredefinedArguments
{
    /// <summary>HTTP_PROXY and its kin, in either case.</summary>
    public static bool IsProxy(string name) =>
        name.ToUpperInvariant() is "HTTP_PROXY" or "HTTPS_PROXY" or "FTP_PROXY" or "NO_PROXY" or "ALL_PROXY";
}
