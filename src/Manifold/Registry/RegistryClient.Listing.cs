using System.Collections.Immutable;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>What points to a manifest as its subject.</summary>
/// <param name="IsListedByRegistry">True where the registry keeps the list itself; false where it came from the tag that stands in for
/// it.</param>
public sealed record Referrers(ImmutableArray<Descriptor> Entries, bool IsListedByRegistry);

public sealed partial class RegistryClient
{
    // A registry that pages for ever is not followed for ever; a thousand pages of tags are more than anybody keeps.
    private const int Pages = 1000;
    private const int PageEntries = 1000;

    // How registries answer that know no referrers: 404 by the specification, the others in the wild.
    private static readonly HttpStatusCode[] WithoutReferrers =
    [
        HttpStatusCode.NotFound,
        HttpStatusCode.BadRequest,
        HttpStatusCode.MethodNotAllowed,
        HttpStatusCode.NotAcceptable,
        HttpStatusCode.NotImplemented,
    ];

    /// <summary>All tags of a repository, in the registry's order; empty where there is no such repository.</summary>
    /// <remarks>Source: section "Listing Tags", with its <c>Link</c> header.</remarks>
    public async Task<ImmutableArray<string>> ListTagsAsync(ImageReference repository, CancellationToken cancellation = default)
    {
        var host = TargetOf(repository); // a mirror may have fewer
        var request = new RegistryRequest(
            $"list the tags of {repository.Name}",
            HttpMethod.Get, $"v2/{repository.Repository}/tags/list?n={PageEntries}", repository.Repository);
        var tags = ImmutableArray.CreateBuilder<string>();
        await foreach (var page in PagesAsync(host, request, [HttpStatusCode.NotFound], cancellation).ConfigureAwait(false))
            tags.AddRange(ReadTags(host, request, page));
        return [.. tags.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>What refers to a manifest: signatures, SBOMs, provenance. Empty where there is nothing.</summary>
    /// <remarks>
    /// Source: section "Listing Referrers", and "Unavailable Referrers API" for registries without it: there the tag
    /// <see cref="ReferrersTag"/> names an index of them. <paramref name="artifactType"/> is filtered here as well: registries may ignore
    /// it.
    /// </remarks>
    public async Task<Referrers> ListReferrersAsync(
        ImageReference repository, Digest subject, string? artifactType = null, CancellationToken cancellation = default)
    {
        var host = TargetOf(repository);
        var entries = ImmutableArray.CreateBuilder<Descriptor>();
        var listed = false;
        var filter = artifactType is null ? "" : $"?artifactType={Uri.EscapeDataString(artifactType)}";
        var request = new RegistryRequest(
            $"list the referrers of {repository.Name}@{subject}",
            HttpMethod.Get, $"v2/{repository.Repository}/referrers/{subject}{filter}", repository.Repository);
        await foreach (var page in PagesAsync(host, request, WithoutReferrers, cancellation).ConfigureAwait(false))
        {
            if (TryReadIndex(page) is not { } index)
                break; // a web application's page for whatever it does not know
            listed = true;
            entries.AddRange(index.Manifests);
        }
        if (!listed && await GetManifestAsync(repository.WithTag(ReferrersTag(subject)), cancellation).ConfigureAwait(false) is { } kept)
            entries.AddRange(TryReadIndex(kept.Bytes)?.Manifests ?? []);
        var wanted = entries.Where(entry => artifactType is null || entry.ArtifactType == artifactType).DistinctBy(entry => entry.Digest);
        return new Referrers([.. wanted], listed);
    }

    /// <summary>The tag that lists a manifest's referrers where the registry does not: <c>sha256-HEX</c>.</summary>
    /// <remarks>Source: section "Referrers Tag Schema".</remarks>
    internal static string ReferrersTag(Digest subject) =>
        $"{subject.Algorithm}-{(subject.Hex.Length > 64 ? subject.Hex[..64] : subject.Hex)}";

    /// <summary>Deletes a manifest by digest, or a tag alone. False where it is not there.</summary>
    /// <remarks>Source: section "Content Management". Many registries refuse; what only they can delete stays.</remarks>
    public async Task<bool> DeleteManifestAsync(ImageReference reference, CancellationToken cancellation = default)
    {
        var request = ManifestRequest("delete", HttpMethod.Delete, reference) with { Push = true, Delete = true };
        var host = TargetOf(reference);
        using var response = await host.SendAsync(request, cancellation).ConfigureAwait(false);
        if (response.Message.StatusCode is HttpStatusCode.NotFound)
            return false;
        return response.Message.IsSuccessStatusCode ? true
            : throw await host.RefusedAsync(request, response, cancellation).ConfigureAwait(false);
    }

    /// <summary>The documents of a list, page after page; none where the registry does not know the list.</summary>
    private static async IAsyncEnumerable<byte[]> PagesAsync(
        RegistryHost host, RegistryRequest first, HttpStatusCode[] unknown, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var next = first;
        for (var page = 0; page < Pages; page++)
        {
            var (body, link) = await host.Retrying.ExecuteAsync(async token =>
            {
                using var response = await host.SendOnceAsync(next, token).ConfigureAwait(false);
                if (unknown.Contains(response.Message.StatusCode))
                    return ((byte[]?)null, (Uri?)null);
                if (!response.Message.IsSuccessStatusCode)
                    throw await host.RefusedAsync(next, response, token).ConfigureAwait(false);
                return (await host.ReadDocumentAsync(next, response.Message, token).ConfigureAwait(false), NextPage(response));
            }, cancellation).ConfigureAwait(false);
            if (body is null)
                yield break;
            yield return body;
            if (link is null)
                yield break;
            next = first with { Location = link.AbsoluteUri };
        }
        throw host.Failed(first, $"sent more than {Pages} pages for this list.");
    }

    // RFC 8288: Link: </v2/app/tags/list?n=1000&last=x>; rel="next"
    private static Uri? NextPage(RegistryResponse response) =>
        response.Message.Headers.TryGetValues("Link", out var values)
        && values.Select(value => LinkPattern().Match(value)).FirstOrDefault(match => match.Success) is { } found
        && Uri.TryCreate(response.Address, found.Groups["target"].Value, out var next) ? next : null;

    [GeneratedRegex("""<(?<target>[^>]+)>[^,]*;\s*rel\s*=\s*"?next"?""", RegexOptions.IgnoreCase)]
    private static partial Regex LinkPattern();

    private static ImmutableArray<string> ReadTags(RegistryHost host, RegistryRequest request, byte[] page)
    {
        try
        {
            using var json = JsonDocument.Parse(page);
            return json.RootElement.GetProperty("tags") is { ValueKind: JsonValueKind.Array } tags
                ? [.. tags.EnumerateArray().Select(tag => tag.GetString()).OfType<string>()] : [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw host.Failed(request, "sent an invalid list of tags.", e);
        }
    }

    private static ImageIndex? TryReadIndex(ReadOnlyMemory<byte> json)
    {
        try
        {
            return ImageIndex.Parse(json.Span);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
