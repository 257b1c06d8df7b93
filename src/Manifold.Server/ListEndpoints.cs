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
        var tags = names.Matches(http.Host(), route.Repository).Select(match => match.Reference.Tag).OfType<string>();
        var all = tags.Distinct().Order(StringComparer.Ordinal).ToList();
        if (all.Count == 0 && !store.Repositories.Exists(route.Repository))
            return http.Refuse(404, ErrorCode.NameUnknown, $"There is no repository '{route.Repository}'.");
        if (!TryPage(http, all, out var page))
            return http.Refuse(400, ErrorCode.Unsupported, "The parameter 'n' is not a number of entries.");
        return http.Json(200, "application/json", JsonSerializer.SerializeToUtf8Bytes(new TagsBody(route.Repository, page), ReplyJson.Default.TagsBody));
    }

    public Task CatalogAsync(HttpContext http)
    {
        var all = names.All(http.Host()).Concat(store.Repositories.Names()).Distinct().Order(StringComparer.Ordinal).ToList();
        if (!TryPage(http, all, out var page))
            return http.Refuse(400, ErrorCode.Unsupported, "The parameter 'n' is not a number of entries.");
        return http.Json(200, "application/json", JsonSerializer.SerializeToUtf8Bytes(new CatalogBody(page), ReplyJson.Default.CatalogBody));
    }

    /// <summary>As many referrers as an index may have bytes, and a link to the next ones where there are more.</summary>
    public Task ReferrersAsync(HttpContext http, Route route)
    {
        if (!Digest.TryParse(route.Selector, out var subject))
            return http.Refuse(400, ErrorCode.DigestInvalid, $"'{route.Selector}' is not a digest.");
        IEnumerable<Descriptor> entries = store.Repositories.Referrers(route.Repository, subject);
        var type = (string?)http.Request.Query["artifactType"];
        if (!string.IsNullOrEmpty(type))
        {
            entries = entries.Where(entry => entry.ArtifactType == type);
            http.Response.Headers["OCI-Filters-Applied"] = "artifactType";
        }
        var page = ImmutableArray.CreateBuilder<Descriptor>();
        var bytes = 0L;
        foreach (var entry in entries.Where(entry => string.CompareOrdinal(entry.Digest.ToString(), http.Request.Query["last"]) > 0))
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
    private static bool TryPage(HttpContext http, List<string> all, out List<string> page)
    {
        page = all;
        if ((string?)http.Request.Query["last"] is { Length: > 0 } last)
            page = page.FindAll(entry => string.CompareOrdinal(entry, last) > 0);
        if ((string?)http.Request.Query["n"] is not { } text)
            return true;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n))
            return false;
        var more = page.Count > n;
        page = page.GetRange(0, Math.Min(n, page.Count));
        if (more && n > 0)
            LinkNext(http, [new("n", text)], page[^1]);
        return true;
    }

    /// <summary>Source: RFC 8288, "Web Linking", with the relation <c>next</c>.</summary>
    private static void LinkNext(HttpContext http, IEnumerable<KeyValuePair<string, string>> query, string last) =>
        http.Response.Headers.Link = $"<{http.Request.Path}{new QueryBuilder(query) { { "last", last } }}>; rel=\"next\"";
}
