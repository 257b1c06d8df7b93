using System.Collections.Concurrent;
using Manifold.Oci;

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
    private readonly ConcurrentDictionary<(string Name, bool Insecure), RegistryHost> hosts = new();

    private RegistryClient? ofTargets;

    internal RegistryOptions Options => options;

    /// <summary>Reads as whoever writes: with the account that pushes, and from no mirror, which may lag behind.</summary>
    /// <remarks>This one where that makes no difference. Owned by this one.</remarks>
    internal RegistryClient OfTargets => options.PushCredentials is null && options.Registries.MovesNothing ? this
        : LazyInitializer.EnsureInitialized(ref ofTargets, () => new RegistryClient(options with
        {
            Credentials = options.PushCredentials ?? options.Credentials,
            PushCredentials = null,
            Registries = options.Registries.ForTargets(),
        }));

    /// <summary>Proves that a registry accepts us. A registry that lets everybody in accepts any credential.</summary>
    /// <remarks>Source: section "Determining Support".</remarks>
    /// <exception cref="RegistryException">It does not.</exception>
    public async Task LoginAsync(string registry, CancellationToken cancellation = default)
    {
        var request = new RegistryRequest($"log in to {registry}", HttpMethod.Get, "v2/", "");
        var host = TargetOf(ImageReference.Parse($"{registry}/login"));
        using var response = await host.SendAsync(request, cancellation).ConfigureAwait(false);
        if (!response.Message.IsSuccessStatusCode)
            throw await host.RefusedAsync(request, response, cancellation).ConfigureAwait(false);
    }

    private RegistryHost Host(string registry, bool insecure = false) =>
        hosts.GetOrAdd((registry, insecure), static (key, options) => new RegistryHost(key.Name, options, key.Insecure), options);

    public void Dispose()
    {
        ofTargets?.Dispose();
        foreach (var host in hosts.Values)
            host.Dispose();
    }
}
