using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Manifold.Content;
using Manifold.Oci;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace Manifold.Server;

/// <summary>Tags, referrers and repositories.</summary>
/// <remarks>Source: OCI distribution specification, end-8a, end-8b, end-12a, end-12b; <c>_catalog</c> is Docker's.</remarks>
internal sealed class ListEndpoints(Store store, RepositoryNames names)
{
    public Task TagsAsync(HttpContext http, Route route)
    {
        if (!names.Exists(http.Host(), route.Repository) && !store.Repositories.Exists(route.Repository))
            return http.Refuse(404, ErrorCode.NameUnknown, $"There is no repository '{route.Repository}'.");
        if (TryPage(http, last => names.TagsAfter(http.Host(), route.Repository, last)) is not { } page)
            return http.Refuse(400, ErrorCode.Unsupported, "The parameter 'n' must be a number of entries.");
        return http.Json(200,
            "application/json", JsonSerializer.SerializeToUtf8Bytes(new TagsBody(route.Repository, page), ReplyJson.Default.TagsBody));
    }

    public Task CatalogAsync(HttpContext http)
    {
        if (TryPage(http, last => Sorted.Union([After(names.All(http.Host()), last), store.Repositories.NamesAfter(last)])) is not { } page)
            return http.Refuse(400, ErrorCode.Unsupported, "The parameter 'n' must be a number of entries.");
        return http.Json(200,
            "application/json", JsonSerializer.SerializeToUtf8Bytes(new CatalogBody(page), ReplyJson.Default.CatalogBody));
    }

    /// <summary>As many referrers as an index may have bytes, and a link to the next ones where there are more.</summary>
    public Task ReferrersAsync(HttpContext http, Route route)
    {
        if (!Digest.TryParse(route.Selector, out var subject))
            return http.Refuse(400, ErrorCode.DigestInvalid, $"'{route.Selector}' is not a digest.");
        var entries = store.Repositories.ReferrersAfter(route.Repository, subject, http.Request.Query["last"]);
        var type = (string?)http.Request.Query["artifactType"];
        if (!string.IsNullOrEmpty(type))
        {
            entries = entries.Where(entry => entry.ArtifactType == type);
            http.Response.Headers["OCI-Filters-Applied"] = "artifactType";
        }
        var page = ImmutableArray.CreateBuilder<Descriptor>();
        var bytes = 0L;
        foreach (var entry in entries)
        {
            bytes += JsonSerializer.SerializeToUtf8Bytes(entry, OciJson.Default.Descriptor).Length;
            if (bytes > Limits.DocumentBytes && page.Count > 0)
            {
                LinkNext(http, type is null ? [] : [new("artifactType", type)], page[^1].Digest.ToString());
                break;
            }
            page.Add(entry);
        }
        return http.Json(200, MediaType.Index, new ImageIndex { Manifests = page.DrainToImmutable() }.ToJson());
    }

    /// <summary>At most <c>n</c> entries after <c>last</c>, and a link to the next ones where there are more.</summary>
    /// <returns>Null where <c>n</c> is not a number.</returns>
    private static List<string>? TryPage(HttpContext http, Func<string?, IEnumerable<string>> entriesAfter)
    {
        var entries = entriesAfter((string?)http.Request.Query["last"] is { Length: > 0 } last ? last : null);
        if ((string?)http.Request.Query["n"] is not { } text)
            return [.. entries];
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n))
            return null;
        var page = entries.Take(n < int.MaxValue ? n + 1 : n).ToList();
        if (page.Count <= n)
            return page;
        page.RemoveAt(n);
        if (n > 0)
            LinkNext(http, [new("n", text)], page[^1]);
        return page;
    }

    /// <summary>Entries of a sorted list.</summary>
    private static IEnumerable<string> After(ImmutableArray<string> sorted, string? last)
    {
        var found = last is null ? -1 : sorted.BinarySearch(last, StringComparer.Ordinal);
        for (var i = found < 0 && last is not null ? ~found : found + 1; i < sorted.Length; i++)
            yield return sorted[i];
    }

    /// <summary>Source: RFC 8288, "Web Linking", with the relation <c>next</c>.</summary>
    private static void LinkNext(HttpContext http, IEnumerable<KeyValuePair<string, string>> query, string last) =>
        http.Response.Headers.Link = $"<{http.Request.Path}{new QueryBuilder(query) { { "last", last } }}>; rel=\"next\"";
}
