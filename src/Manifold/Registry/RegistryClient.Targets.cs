using System.Net;
using System.Net.Http.Headers;
using Manifold.Oci;

namespace Manifold.Registry;

/// <remarks>What a publication asks of the place that it goes to.</remarks>
public sealed partial class RegistryClient
{
    // Any digest does: a registry with the referrers API answers for what it never saw, too.
    private static readonly Digest Anything = Digest.Of("");

    /// <summary>The size of a blob in a repository, or null where it is not there; zero where the registry does not say.</summary>
    /// <remarks>Source: section "Checking if content exists in the registry"; with <paramref name="reading"/>, "Pulling blobs" and RFC 9110, "Range".</remarks>
    /// <param name="reading">
    /// Asks for the first byte instead of the head: some registries answer for blobs that their storage has lost. Costs the same, and one
    /// request more where the registry sends its clients to a storage.
    /// </param>
    public async Task<long?> SizeOfBlobAsync(ImageReference repository, Digest digest, bool reading = false, CancellationToken cancellation = default)
    {
        var request = BlobRequest("push", HttpMethod.Head, repository, digest) with { Push = true };
        return await SizeAsync(TargetOf(repository), request, reading, cancellation).ConfigureAwait(false);
    }

    /// <summary>The size of a blob that a registry gives to whoever pulls, never a mirror; null where it does not have it, zero where it does not say.</summary>
    /// <remarks>Reads the first byte: what the registry answers for and its storage has lost is absent.</remarks>
    internal Task<long?> SizeForPullAsync(ImageReference repository, Digest digest, CancellationToken cancellation) =>
        SizeAsync(TargetOf(repository), BlobRequest("look up", HttpMethod.Head, repository, digest), reading: true, cancellation);

    /// <summary>What a reference stands for to whoever pulls, asked of the registry itself and never of a mirror; null where it is absent.</summary>
    internal Task<Descriptor?> HeadForPullAsync(ImageReference reference, CancellationToken cancellation) =>
        HeadAsync(TargetOf(reference), ManifestRequest("look up", HttpMethod.Head, reference), reference.Digest, cancellation);

    private static async Task<long?> SizeAsync(RegistryHost host, RegistryRequest look, bool reading, CancellationToken cancellation)
    {
        var request = reading ? look with { Method = HttpMethod.Get, Headers = static headers => headers.Range = new RangeHeaderValue(0, 0) } : look;
        using var response = await host.SendAsync(request, cancellation).ConfigureAwait(false);
        var headers = response.Message.Content.Headers;
        return response.Message.StatusCode switch
        {
            HttpStatusCode.NotFound => null,
            HttpStatusCode.OK => headers.ContentLength ?? 0,
            // An empty blob has no first byte.
            HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable when reading => headers.ContentRange?.Length ?? 0,
            _ => throw await host.RefusedAsync(request, response, cancellation).ConfigureAwait(false),
        };
    }

    /// <summary>Whether an answered size is that of a whole blob; registries that name no size are believed.</summary>
    internal static bool IsWhole(long? answered, long size) => answered == size || answered == 0;

    /// <summary>Whether a repository is there; null where the registry does not tell.</summary>
    /// <remarks>Source: section "Listing Tags".</remarks>
    public Task<bool?> HasRepositoryAsync(ImageReference repository, CancellationToken cancellation = default) =>
        AskAsync(repository, $"v2/{repository.Repository}/tags/list?n=1", cancellation);

    /// <summary>Whether the registry lists referrers itself; null where it does not tell. Without, clients keep them under a tag.</summary>
    /// <remarks>Source: section "Listing Referrers": 404 means that the API is not there.</remarks>
    public Task<bool?> HasReferrersApiAsync(ImageReference repository, CancellationToken cancellation = default) =>
        AskAsync(repository, $"v2/{repository.Repository}/referrers/{Anything}", cancellation);

    private async Task<bool?> AskAsync(ImageReference repository, string location, CancellationToken cancellation)
    {
        var request = new RegistryRequest($"look up {repository.Name}", HttpMethod.Get, location, repository.Repository) { Push = true };
        using var response = await TargetOf(repository).SendAsync(request, cancellation).ConfigureAwait(false);
        return response.Message.StatusCode switch
        {
            HttpStatusCode.OK => true,
            HttpStatusCode.NotFound => false,
            _ => null,
        };
    }
}
