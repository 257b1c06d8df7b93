using System.Net.Http.Headers;

namespace Manifold.Registry;

/// <summary>One request as it may be sent several times: again after a failure, with another token, at another address.</summary>
/// <param name="Doing">What people are told that we were doing, e.g. <c>push ghcr.io/acme/app:1.4</c>.</param>
/// <param name="Location">Below the registry's address, or absolute where the registry gave it.</param>
internal sealed record RegistryRequest(string Doing, HttpMethod Method, string Location, string Repository)
{
    /// <summary>What the token must allow, beyond pulling.</summary>
    public bool Push { get; init; }

    /// <summary>Deletes: some token services know this as a right of its own.</summary>
    public bool Delete { get; init; }

    /// <summary>A second repository that the token must allow to pull from.</summary>
    public string? MountFrom { get; init; }

    /// <summary>The registry may work on it for minutes before it answers.</summary>
    public bool IsSlow { get; init; }

    /// <summary>Asks the token service on behalf of what the request is for.</summary>
    public bool IsForToken { get; init; }

    /// <summary>
    /// Feeds another request that holds a place at a host already, perhaps at this one: waiting for a place could wait for itself.
    /// </summary>
    public bool FeedsAnother { get; init; }

    public Action<HttpRequestHeaders>? Headers { get; init; }

    /// <summary>Makes the body anew for each try; its argument is to be called whenever bytes move.</summary>
    public Func<Action, HttpContent>? Content { get; init; }

    /// <summary>Source: distribution token authentication, "Token Scope Documentation". Empty for the login itself.</summary>
    public IEnumerable<string> Scopes
    {
        get
        {
            if (Repository.Length > 0)
                yield return $"repository:{Repository}:{(Delete ? "delete,pull,push" : Push ? "pull,push" : "pull")}";
            if (MountFrom is not null)
                yield return $"repository:{MountFrom}:pull";
        }
    }
}

/// <summary>
/// An answer whose body may still be on the way. Owned by the caller: its place at the host, if it has one, is free when it is disposed.
/// </summary>
internal sealed class RegistryResponse(HttpResponseMessage message, Uri address, SemaphoreSlim? slots) : IDisposable
{
    public HttpResponseMessage Message => message;

    /// <summary>Where the answer came from, after redirects.</summary>
    public Uri Address => address;

    /// <summary>Where the answer sends us, or null where it does not say, or says nonsense.</summary>
    public Uri? Location => Resolve(address, message);

    public static Uri? Resolve(Uri address, HttpResponseMessage message) =>
        message.Headers.Location is { } location && Uri.TryCreate(address, location, out var next) ? next : null;

    public void Dispose()
    {
        message.Dispose();
        slots?.Release();
    }
}
