using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>A manifest or index as the registry sent it: these bytes have this digest.</summary>
public sealed record ManifestContent(Descriptor Descriptor, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Puts it into the store, unless these very bytes are there: writing waits for the disk.</summary>
    internal async Task KeepAsync(Store store, CancellationToken cancellation)
    {
        if (IsKept(store))
            return;
        await using var writer = store.CreateBlob(Descriptor.Digest);
        writer.Write(Bytes.Span);
        await writer.CommitAsync(Descriptor.MediaType, Descriptor, cancellation).ConfigureAwait(false);
    }

    private bool IsKept(Store store)
    {
        try
        {
            return store.TryReadDocument(Descriptor.Digest) is { } kept && Bytes.Span.SequenceEqual(kept);
        }
        catch (ContentMismatchException)
        {
            return false; // damaged: what the registry sent replaces it
        }
    }
}

public sealed partial class RegistryClient
{
    private static readonly string[] Accepted = [MediaType.Index, MediaType.DockerIndex, MediaType.Manifest, MediaType.DockerManifest];

    /// <summary>What a reference stands for right now; null where the registry does not have it. Costs one small request.</summary>
    /// <remarks>Source: section "Checking if content exists in the registry".</remarks>
    /// <param name="push">Asks as one who may push: to others, registries refuse repositories that do not exist yet.</param>
    public async Task<Descriptor?> HeadManifestAsync(ImageReference reference, bool push = false, CancellationToken cancellation = default)
    {
        if (push)
            return await HeadAsync(TargetOf(reference), ManifestRequest("push", HttpMethod.Head, reference) with { Push = true },
                reference.Digest, cancellation).ConfigureAwait(false);
        return await FirstAnswerAsync(reference, byContent: false, place => HeadAsync(
            place.Host, place.Named(ManifestRequest("look up", HttpMethod.Head, reference, place.Reference)),
            reference.Digest, cancellation)).ConfigureAwait(false);
    }

    private static async Task<Descriptor?> HeadAsync(
        RegistryHost host, RegistryRequest request, Digest? wanted, CancellationToken cancellation)
    {
        using (var response = await host.SendAsync(request, cancellation).ConfigureAwait(false))
        {
            var headers = response.Message.Content.Headers;
            if (response.Message.StatusCode is HttpStatusCode.NotFound)
                return null;
            if (response.Message.StatusCode is not HttpStatusCode.OK && !IsRefusedByStorage(host, response))
                throw await host.RefusedAsync(request, response, cancellation).ConfigureAwait(false);
            if (response.Message.StatusCode is HttpStatusCode.OK && Promised(response.Message) is { } digest
                && (wanted ?? digest) == digest && headers.ContentLength is { } size && headers.ContentType?.MediaType is { } type
                && IsKnown(type))
                return new Descriptor { MediaType = type, Digest = digest, Size = size };
        }
        // The headers are optional in the specification, and may be wrong; the document is neither. A storage may refuse HEAD alone.
        return (await GetAsync(host, request with { Method = HttpMethod.Get }, wanted, cancellation).ConfigureAwait(false))?.Descriptor;
    }

    /// <summary>
    /// Fetches a manifest or index, verified against the reference's digest and the registry's own header; null where it is absent.
    /// </summary>
    /// <remarks>Source: section "Pulling manifests".</remarks>
    public Task<ManifestContent?> GetManifestAsync(ImageReference reference, CancellationToken cancellation = default) =>
        FirstAnswerAsync(reference, byContent: false, place => GetAsync(
            place.Host, place.Named(ManifestRequest("pull", HttpMethod.Get, reference, place.Reference)), reference.Digest, cancellation));

    private static async Task<ManifestContent?> GetAsync(
        RegistryHost host, RegistryRequest request, Digest? wanted, CancellationToken cancellation) =>
        await host.Retrying.ExecuteAsync(async token =>
        {
            using var response = await host.SendOnceAsync(request, token).ConfigureAwait(false);
            if (response.Message.StatusCode is HttpStatusCode.NotFound)
                return null;
            if (response.Message.StatusCode is not HttpStatusCode.OK)
                throw await host.RefusedAsync(request, response, token).ConfigureAwait(false);
            var bytes = await host.ReadDocumentAsync(request, response.Message, token).ConfigureAwait(false);
            return Verified(host, request, wanted, response.Message, bytes);
        }, cancellation).ConfigureAwait(false);

    /// <summary>
    /// Stores a manifest or index under a tag, a digest, or both after another. Idempotent. What it points to must be there before.
    /// </summary>
    /// <remarks>Source: section "Pushing Manifests".</remarks>
    public async Task<Digest> PushManifestAsync(
        ImageReference target, ReadOnlyMemory<byte> bytes, string mediaType, CancellationToken cancellation = default)
    {
        await PushReferrerAsync(target, bytes, mediaType, cancellation).ConfigureAwait(false);
        return Digest.Of(bytes.Span);
    }

    /// <summary>
    /// As <see cref="PushManifestAsync"/>, for a manifest with a subject:
    /// true where the registry will list it among the subject's referrers.
    /// </summary>
    /// <remarks>
    /// Where it is false, whoever pushes must keep the list under <see cref="ReferrersTag"/>.
    /// Source: section "Pushing Manifests with Subject", the <c>OCI-Subject</c> header.
    /// </remarks>
    public async Task<bool> PushReferrerAsync(
        ImageReference target, ReadOnlyMemory<byte> bytes, string mediaType, CancellationToken cancellation = default)
    {
        var digest = Digest.Of(bytes.Span);
        var request = ManifestRequest("push", HttpMethod.Put, target) with
        {
            Push = true,
            Content = _ => new ReadOnlyMemoryContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } },
        };
        var host = TargetOf(target);
        using var response = await host.SendAsync(request, cancellation).ConfigureAwait(false);
        if (!response.Message.IsSuccessStatusCode)
            throw await host.RefusedAsync(request, response, cancellation).ConfigureAwait(false);
        if (Promised(response.Message) is { Algorithm: var algorithm } stored && algorithm == digest.Algorithm && stored != digest)
            throw host.Failed(request, $"stored {stored} instead of {digest}.");
        return response.Message.Headers.Contains("OCI-Subject");
    }

    /// <param name="there">What it is called at the place that is asked, where that is another name.</param>
    private static RegistryRequest ManifestRequest(
        string verb, HttpMethod method, ImageReference reference, ImageReference? there = null) =>
        new($"{verb} {reference}",
            method, $"v2/{(there ?? reference).Repository}/manifests/{reference.Selector}", (there ?? reference).Repository)
        {
            Headers = static headers =>
            {
                foreach (var type in Accepted)
                    headers.Accept.Add(new(type));
            },
        };

    private static ManifestContent Verified(
        RegistryHost host, RegistryRequest request, Digest? wanted, HttpResponseMessage response, byte[] bytes)
    {
        foreach (var promised in new[] { wanted, Promised(response) }.OfType<Digest>())
        {
            if (DigestOf(bytes, promised) is var found && found != promised)
                throw host.Damaged(request, $"sent a manifest with the digest {found} instead of {promised}. Nothing was stored.");
        }
        var type = TypeOf(response.Content.Headers.ContentType?.MediaType, bytes)
            ?? throw host.Failed(request, "sent something that is not an OCI or Docker (schema 2) manifest or index.");
        var digest = wanted ?? Promised(response) ?? Digest.Of(bytes);
        return new ManifestContent(new Descriptor { MediaType = type, Digest = digest, Size = bytes.Length }, bytes);
    }

    private static Digest DigestOf(byte[] bytes, Digest like)
    {
        using var hasher = like.CreateHasher();
        hasher.Append(bytes);
        return Digest.FromHash(hasher.Finish());
    }

    private static Digest? Promised(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Docker-Content-Digest", out var values) && Digest.TryParse(values.FirstOrDefault(), out var digest)
            ? digest
            : null;

    /// <summary>The header's type, else what the document says of itself, else what its members show.</summary>
    internal static string? TypeOf(string? header, ReadOnlyMemory<byte> bytes)
    {
        if (header is not null && IsKnown(header))
            return header;
        try
        {
            using var json = JsonDocument.Parse(bytes);
            var root = json.RootElement;
            if (root.TryGetProperty("mediaType", out var own))
                return own.GetString() is { } type && IsKnown(type) ? type : null;
            return root.TryGetProperty("manifests", out _) ? MediaType.Index
                : root.TryGetProperty("config", out _) && root.TryGetProperty("layers", out _) ? MediaType.Manifest : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool IsKnown(string type) => MediaType.IsIndex(type) || MediaType.IsManifest(type);
}
