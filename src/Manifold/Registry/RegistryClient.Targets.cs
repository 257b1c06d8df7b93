using System.Net;
using System.Net.Http.Headers;
using Manifold.Oci;

namespace Manifold.Registry;

/// <remarks>What a publication asks of the place that it goes to.</remarks>
public sealed partial class RegistryClient
{
    // Any digest does: a registry with the referrers API answers for what it never saw, too.
    private static readonly Digest Anything = Digest.Of("");

    /// <summary>The size of a blob that is there, where the registry does not say it.</summary>
    public const long UnknownSize = -1;

    /// <summary>
    /// The size of a blob in a repository, or null where it is not there;
    /// <see cref="UnknownSize"/> where the registry does not say.
    /// </summary>
    /// <remarks>Source: section "Checking if content exists in the registry".</remarks>
    public Task<long?> SizeOfBlobAsync(ImageReference repository, Digest digest, CancellationToken cancellation = default) =>
        SizeAsync(TargetOf(repository), BlobRequest("push", HttpMethod.Head, repository, digest) with { Push = true }, cancellation);

    /// <summary>As the other, by reading the blob's last byte: some registries answer for blobs that their storage has lost.</summary>
    /// <remarks>Costs as much as a question, and one request more where the registry sends its clients to a storage. Source: "Pulling
    /// blobs", and RFC 9110, "Range".</remarks>
    internal Task<long?> SizeByReadingAsync(ImageReference repository, Descriptor blob, CancellationToken cancellation = default) =>
        SizeByReadingAsync(TargetOf(repository), BlobRequest("push", HttpMethod.Get, repository, blob.Digest) with { Push = true },
            blob.Size, cancellation);

    /// <summary>
    /// The size of a blob that was sent just now, where the registry shows it. What only its storage refuses to show is <see
    /// cref="UnknownSize"/>:
    /// the registry has taken it.
    /// </summary>
    /// <param name="reading">Looks by reading a byte of it.</param>
    internal Task<long?> SizeOfSentBlobAsync(ImageReference repository, Descriptor blob, bool reading,
        CancellationToken cancellation = default)
    {
        var look = BlobRequest("push", reading ? HttpMethod.Get : HttpMethod.Head, repository, blob.Digest) with { Push = true };
        return reading ? SizeByReadingAsync(TargetOf(repository), look, blob.Size, cancellation, UnknownSize)
            : SizeAsync(TargetOf(repository), look, cancellation, UnknownSize);
    }

    /// <summary>
    /// As <see cref="SizeByReadingAsync(ImageReference, Descriptor, CancellationToken)"/>, for whoever only pulls;
    /// never asks a mirror.
    /// </summary>
    internal Task<long?> SizeForPullAsync(ImageReference repository, Descriptor blob, CancellationToken cancellation) =>
        SizeByReadingAsync(TargetOf(repository), BlobRequest("look up", HttpMethod.Get, repository, blob.Digest), blob.Size, cancellation);

    /// <summary>
    /// The content that a reference names for pullers, asked of the registry itself and never of a mirror;
    /// null where it is absent.
    /// </summary>
    internal Task<Descriptor?> HeadForPullAsync(ImageReference reference, CancellationToken cancellation) =>
        HeadAsync(TargetOf(reference), ManifestRequest("look up", HttpMethod.Head, reference), reference.Digest, cancellation);

    /// <param name="refusedByStorage">The answer where a storage behind the registry does not show the blob; null: it is not there.</param>
    private static async Task<long?> SizeAsync(RegistryHost host, RegistryRequest look, CancellationToken cancellation,
        long? refusedByStorage = null)
    {
        using (var response = await host.SendAsync(look, cancellation).ConfigureAwait(false))
        {
            var length = response.Message.Content.Headers.ContentLength;
            switch (response.Message.StatusCode)
            {
                case HttpStatusCode.NotFound:
                    return null;
                case HttpStatusCode.OK when length != 0:
                    return length ?? UnknownSize;
                case HttpStatusCode.OK:
                case var _ when IsRefusedByStorage(host, response):
                    break;
                default:
                    throw await host.RefusedAsync(look, response, cancellation).ConfigureAwait(false);
            }
        }
        // The file is empty, or the server names no size of what it does not send; a storage may refuse HEAD alone. Reading tells.
        return await SizeByReadingAsync(host, look with { Method = HttpMethod.Get }, 1, cancellation, refusedByStorage)
            .ConfigureAwait(false);
    }

    private static async Task<long?> SizeByReadingAsync(
        RegistryHost host, RegistryRequest read, long size, CancellationToken cancellation, long? refusedByStorage = null)
    {
        if (size == 0)
            return await SizeAsync(host, read with { Method = HttpMethod.Head }, cancellation, refusedByStorage).ConfigureAwait(false);
        var request = read with { Headers = headers => headers.Range = new RangeHeaderValue(size - 1, null) };
        using var response = await host.SendAsync(request, cancellation).ConfigureAwait(false);
        var headers = response.Message.Content.Headers;
        return response.Message.StatusCode switch
        {
            HttpStatusCode.NotFound => null,
            HttpStatusCode.OK => headers.ContentLength ?? UnknownSize,
            HttpStatusCode.PartialContent => headers.ContentRange?.Length ?? UnknownSize,
            HttpStatusCode.RequestedRangeNotSatisfiable => headers.ContentRange?.Length ?? size - 1,
            // shorter, and it does not say by how much
            HttpStatusCode.Gone when !host.IsOurs(response.Address) => null,
            _ when IsRefusedByStorage(host, response) && (read.Push || IsAbsence(response.Message.StatusCode)) => refusedByStorage,
            _ => throw await host.RefusedAsync(request, response, cancellation).ConfigureAwait(false),
        };
    }

    /// <summary>
    /// True if a storage that the registry sent us to refuses to show something:
    /// it may lack it, know no HEAD, or not let this machine in.
    /// </summary>
    /// <remarks>S3 answers 403 instead of 404 to whoever may not list the bucket. Source: Amazon S3, "GetObject", "Permissions".</remarks>
    private static bool IsRefusedByStorage(RegistryHost host, RegistryResponse response) =>
        !host.IsOurs(response.Address) && (int)response.Message.StatusCode is (>= 400 and < 500) or 501;

    /// <summary>
    /// What a storage says of what it lacks. Whoever pushes takes any refusal for that, and sends what it has; whoever asks
    /// whether an image is whole must not: 407 is a proxy's, and 400 a link's that is too old.
    /// </summary>
    private static bool IsAbsence(HttpStatusCode status) => status is HttpStatusCode.Forbidden or HttpStatusCode.NotFound
        or HttpStatusCode.MethodNotAllowed or HttpStatusCode.Gone or HttpStatusCode.NotImplemented;

    /// <summary>Whether an answered size is that of a whole blob; registries that name no size are believed.</summary>
    internal static bool IsWhole(long? answered, long size) => answered == size || answered == UnknownSize;

    /// <summary>Whether a repository is there; null where the registry does not tell.</summary>
    /// <remarks>Source: section "Listing Tags".</remarks>
    internal Task<bool?> HasRepositoryAsync(ImageReference repository, CancellationToken cancellation = default) =>
        AskAsync(repository, $"v2/{repository.Repository}/tags/list?n=1", cancellation);

    /// <summary>Whether the registry lists referrers itself; null where it does not tell. Without, clients keep them under a tag.</summary>
    /// <remarks>Source: section "Listing Referrers": 404 means that the API is not there.</remarks>
    internal Task<bool?> HasReferrersApiAsync(ImageReference repository, CancellationToken cancellation = default) =>
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
