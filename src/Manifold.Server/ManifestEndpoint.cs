using Manifold.Content;
using Manifold.Oci;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Manifold.Server;

/// <summary>Manifests and indexes by tag and by digest.</summary>
/// <remarks>Source: OCI distribution specification, end-2, end-7, end-9.</remarks>
internal sealed class ManifestEndpoint(Store store, RepositoryNames names, Contents contents)
{
    private readonly NamedContent children = new(store, contents);
    private readonly ClientCounts largeBodies = new(ServeLimits.LargeBodiesOfOne);

    /// <summary>end-2: GET and HEAD.</summary>
    public Task GetAsync(HttpContext http, Route route)
    {
        if (IsMalformedDigest(route.Selector))
            return http.Refuse(400, ErrorCode.DigestInvalid, $"'{route.Selector}' is not a digest.");
        if (contents.FindManifest(http.Host(), route.Repository, route.Selector) is not { } found
            || contents.TryRead(found) is not { } bytes)
            return http.Refuse(404, ErrorCode.ManifestUnknown, $"'{route.Repository}' has no manifest '{route.Selector}'.");
        http.ContentDigest(found.Digest);
        http.Response.Headers.ETag = $"\"{found.Digest}\"";
        return http.Json(200, found.MediaType, bytes);
    }

    /// <summary>end-7: stores a manifest whose content is here, then its records, then its tags.</summary>
    public async Task PutAsync(HttpContext http, Route route)
    {
        if (IsMalformedDigest(route.Selector))
        {
            await http.Refuse(400, ErrorCode.DigestInvalid, $"'{route.Selector}' is not a digest.");
            return;
        }
        if (await ReadBodyAsync(http) is not { } bytes)
        {
            await http.Refuse(413, ErrorCode.SizeInvalid, $"The manifest is larger than {Limits.DocumentBytes} bytes.");
            return;
        }
        var digest = Digest.TryParse(route.Selector, out var named) ? named : Digest.Of(bytes);
        if (digest != Rehash(digest, bytes))
        {
            await http.Refuse(400, ErrorCode.DigestInvalid, $"The manifest's digest is {Rehash(digest, bytes)}, not {digest}.");
            return;
        }
        var mediaType = http.Request.ContentType?.Split(';')[0].Trim() is { Length: > 0 } given ? given : Document.MediaTypeIn(bytes) ?? "";
        if (DocumentFaults.FirstIn(mediaType, bytes) is { } fault)
        {
            await http.Refuse(400, ErrorCode.ManifestInvalid, $"This is not a valid manifest or index. {fault}");
            return;
        }
        if (Document.TryParse(mediaType, bytes) is not { } document)
        {
            await http.Refuse(400, ErrorCode.ManifestInvalid, $"This is not a valid manifest or index of the media type '{mediaType}'.");
            return;
        }
        var tags = http.Request.Query["tag"].OfType<string>().Concat(named == default ? [route.Selector] : Array.Empty<string>()).ToList();
        if (tags.Find(tag => !ImageReference.TryParse($"localhost/a:{tag}", out _)) is { } invalid)
        {
            await http.Refuse(400, ErrorCode.ManifestInvalid, $"'{invalid}' is not a tag.");
            return;
        }
        using var adding = await store.LockSharedAsync(cancellation: http.RequestAborted);
        if (await children.FaultsAsync(route.Repository, document, http.RequestAborted) is { Count: > 0 } faults)
        {
            await http.Refuse(400, faults);
            return;
        }
        await KeepAsync(http, route.Repository, new Pushed(digest, bytes, document, tags));
    }

    /// <summary>
    /// end-9: takes away a tag, or a manifest with all tags of the repository that mean it.
    /// Content that nothing reaches goes with the next prune.
    /// </summary>
    public async Task DeleteAsync(HttpContext http, Route route)
    {
        if (IsMalformedDigest(route.Selector))
        {
            await http.Refuse(400, ErrorCode.DigestInvalid, $"'{route.Selector}' is not a digest.");
            return;
        }
        if (contents.FindManifest(http.Host(), route.Repository, route.Selector) is not { } found)
        {
            await http.Refuse(404, ErrorCode.ManifestUnknown, $"'{route.Repository}' has no manifest '{route.Selector}'.");
            return;
        }
        var byDigest = Digest.TryParse(route.Selector, out _);
        var meant = names.Tags(http.Host(), route.Repository).SelectMany(tags => tags.Images)
            .Where(image => image.Target.Digest == found.Digest && (byDigest || image.Reference!.Tag == route.Selector));
        var removed = await store.Tags.RemoveAllAsync([.. meant.Select(image => image.Reference!)]);
        if (byDigest)
            removed |= store.Repositories.RemoveManifest(route.Repository, found.Digest, SubjectOf(found));
        await (removed ? http.Empty(202)
            : http.Refuse(405, ErrorCode.Unsupported,
                $"'{route.Selector}' belongs to an index in Manifold's store. Delete the index instead."));
    }

    private sealed record Pushed(Digest Digest, byte[] Bytes, Document Document, List<string> Tags);

    private async Task KeepAsync(HttpContext http, string repository, Pushed pushed)
    {
        var (digest, bytes, document, tags) = pushed;
        var descriptor = new Descriptor { MediaType = document.MediaType, Digest = digest, Size = bytes.Length };
        await using (var writer = store.CreateBlob(digest))
        {
            writer.Write(bytes);
            await writer.CommitAsync(document.MediaType, descriptor, http.RequestAborted);
        }
        contents.Trust(digest);
        foreach (var blob in document.Blobs.Select(blob => blob.Digest).Distinct().Where(store.Contains))
            store.Repositories.AddBlob(repository, blob);
        foreach (var manifest in document.Manifests.Where(
            manifest => store.Contains(manifest.Digest) && store.Repositories.FindManifest(repository, manifest.Digest) is null))
            store.Repositories.AddManifest(repository, manifest with { Platform = null, Annotations = null });
        store.Repositories.AddManifest(repository,
            descriptor, document.Subject is { } subject ? (subject.Digest, document.ReferrerEntry(digest, bytes.Length)) : null);
        if (tags.Count > 0)
            await store.Tags.SetAllAsync([.. tags.Select(tag => (names.Own(http.Host(), repository, tag), descriptor))]);

        http.ContentDigest(digest);
        if (document.Subject is not null)
            http.Response.Headers["OCI-Subject"] = document.Subject.Digest.ToString();
        if (http.Request.Query.ContainsKey("tag"))
            http.Response.Headers.Append("OCI-Tag", tags.ToArray());
        await http.Empty(201, $"/v2/{repository}/manifests/{digest}");
    }

    private Digest? SubjectOf(Descriptor manifest) =>
        contents.TryRead(manifest) is { } bytes ? Document.TryParse(manifest.MediaType, bytes)?.Subject?.Digest : null;

    // A selector with a colon can only be a digest: tags have none.
    private static bool IsMalformedDigest(string selector) =>
        selector.Contains(':', StringComparison.Ordinal) && !Digest.TryParse(selector, out _);

    private static Digest Rehash(Digest claimed, byte[] bytes)
    {
        using var hash = claimed.CreateHasher();
        hash.Append(bytes);
        return Digest.FromHash(hash.Finish());
    }

    private async Task<byte[]?> ReadBodyAsync(HttpContext http)
    {
        if (http.Request.ContentLength is { } length and > Limits.DocumentBytes)
        {
            // So that the connection is not cut under a client that still sends: it is heard to its end, and reads the answer then.
            if (length <= ServeLimits.HeardBytes)
                http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = length;
            return null;
        }
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await http.Request.Body.ReadAsync(buffer, http.RequestAborted) is var count and > 0)
        {
            if (body.Length <= ServeLimits.LargeBodyBytes && body.Length + count > ServeLimits.LargeBodyBytes)
                TakeLargeBody(http);
            body.Write(buffer, 0, count);
            if (body.Length > Limits.DocumentBytes)
                return null;
        }
        return body.ToArray();
    }

    /// <summary>A manifest is held in memory, until its request ends.</summary>
    private void TakeLargeBody(HttpContext http)
    {
        if (largeBodies.TryTake(Client.Of(http)) is not { } taken)
            throw new BadHttpRequestException("You are sending too many large manifests at the same time. Try again later.", 429);
        http.Response.RegisterForDispose(taken);
    }
}
