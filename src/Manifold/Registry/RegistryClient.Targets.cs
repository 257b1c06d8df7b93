using System.Net;
using Manifold.Oci;

namespace Manifold.Registry;

/// <remarks>What a publication asks of the place that it goes to.</remarks>
public sealed partial class RegistryClient
{
    // Any digest does: a registry with the referrers API answers for what it never saw, too.
    private static readonly Digest Anything = Digest.Of("");

    /// <summary>The size of a blob in a repository, or null where it is not there; zero where the registry does not say.</summary>
    /// <remarks>Source: section "Checking if content exists in the registry".</remarks>
    public async Task<long?> SizeOfBlobAsync(ImageReference repository, Digest digest, CancellationToken cancellation = default)
    {
        var request = BlobRequest("push", HttpMethod.Head, repository, digest) with { Push = true };
        var host = TargetOf(repository);
        using var response = await host.SendAsync(request, cancellation).ConfigureAwait(false);
        return response.Message.StatusCode switch
        {
            HttpStatusCode.NotFound => null,
            HttpStatusCode.OK => response.Message.Content.Headers.ContentLength ?? 0,
            _ => throw await host.RefusedAsync(request, response, cancellation).ConfigureAwait(false),
        };
    }

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
