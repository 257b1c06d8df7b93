using System.Collections.Concurrent;

namespace Manifold.Registry;

/// <summary>Speaks the distribution protocol with any number of registries.</summary>
/// <remarks>
/// <code>
/// RegistryClient      1  what the protocol can do: manifests, blobs, uploads (one file each)
///   RegistryHost      2  one registry: connections, retries, redirects, trouble as messages
///     Authenticator   3  its tokens
///       Credentials   4  who we are, from files and helpers
/// </code>
/// Thread-safe; one per process. Nothing is read whole but documents, up to <see cref="Limits.DocumentBytes"/>.
/// What registries refuse, break or fail to send is a <see cref="RegistryException"/>; "absent" is a return value.
/// Source: OCI distribution specification 1.1.
/// </remarks>
public sealed partial class RegistryClient(RegistryOptions options) : IDisposable
{
    private readonly ConcurrentDictionary<string, RegistryHost> hosts = new(StringComparer.Ordinal);

    public RegistryOptions Options => options;

    /// <summary>Proves that a registry accepts us. A registry that lets everybody in accepts any credential.</summary>
    /// <remarks>Source: section "Determining Support".</remarks>
    /// <exception cref="RegistryException">It does not.</exception>
    public async Task LoginAsync(string registry, CancellationToken cancellation = default)
    {
        var request = new RegistryRequest($"log in to {registry}", HttpMethod.Get, "v2/", "");
        using var response = await Host(registry).SendAsync(request, cancellation).ConfigureAwait(false);
        if (!response.Message.IsSuccessStatusCode)
            throw await RefusedAsync(registry, request, response, cancellation).ConfigureAwait(false);
    }

    private RegistryHost Host(string registry) => hosts.GetOrAdd(registry, static (name, options) => new RegistryHost(name, options), options);

    private Task<RegistryException> RefusedAsync(string registry, RegistryRequest request, RegistryResponse response, CancellationToken cancellation) =>
        Host(registry).RefusedAsync(request, response.Message, response.Address, cancellation);

    public void Dispose()
    {
        foreach (var host in hosts.Values)
            host.Dispose();
    }
}
