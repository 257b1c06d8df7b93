using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Manifold.Registry;

/// <summary>Knows how one registry wants to be told who we are, and keeps its tokens until they expire.</summary>
/// <remarks>
/// Tokens are kept per set of scopes, fetched by one caller at a time. Source: distribution token authentication
/// ("Docker Registry v2 authentication via central service") and its OAuth2 part. Thread-safe.
/// </remarks>
internal sealed class Authenticator(RegistryHost host, RegistryOptions options) : IDisposable
{
    private sealed record Token(AuthenticationHeaderValue Header, DateTimeOffset Until);

    private readonly ConcurrentDictionary<string, Token> tokens = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> secrets = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim gate = new(1);
    private volatile Challenge? known;

    /// <summary>The header for a request, or null where none is known to be needed or none can be had.</summary>
    /// <param name="challenge">What the registry just asked for; null before the first try.</param>
    /// <param name="rejected">What it did not accept; never returned again.</param>
    public async Task<AuthenticationHeaderValue?> AuthorizeAsync(
        RegistryRequest request, Challenge? challenge, AuthenticationHeaderValue? rejected, CancellationToken cancellation)
    {
        // What it asks for this request is not asked for with others: a token service may refuse all for one.
        known = challenge?.WithoutScope() ?? known;
        if ((challenge ?? known) is not { } way)
            return null;
        if (way.IsBearer)
            return await BearerAsync(request, way, rejected, cancellation).ConfigureAwait(false);
        var basic = (await CredentialAsync(request, cancellation).ConfigureAwait(false)).Basic;
        return Equals(basic, rejected) ? null : basic;
    }

    public async Task<Credential> CredentialAsync(RegistryRequest request, CancellationToken cancellation)
    {
        var source = request.Push ? options.PushCredentials ?? options.Credentials : options.Credentials;
        var credential = await source(host.Name, request.Repository, cancellation).ConfigureAwait(false);
        foreach (var secret in credential.Secrets)
            secrets.TryAdd(secret, 0);
        return credential;
    }

    /// <summary>A registry's own words without what we told it in confidence.</summary>
    public string WithoutSecrets(string text) =>
        secrets.Keys.OrderByDescending(secret => secret.Length)
            .Aggregate(text, (rest, secret) => rest.Replace(secret, "***", StringComparison.Ordinal));

    private async Task<AuthenticationHeaderValue?> BearerAsync(
        RegistryRequest request, Challenge challenge, AuthenticationHeaderValue? rejected, CancellationToken cancellation)
    {
        var key = string.Join(' ', request.Scopes);
        if (Cached(key, rejected) is { } cached)
            return cached;
        await gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (Cached(key, rejected) is { } fetchedByAnother)
                return fetchedByAnother;
            var credential = await CredentialAsync(request, cancellation).ConfigureAwait(false);
            var token = credential.RegistryToken is { } given
                ? new Token(new("Bearer", given), DateTimeOffset.MaxValue)
                : await FetchAsync(request, challenge, credential, cancellation).ConfigureAwait(false);
            tokens[key] = token;
            return Equals(token.Header, rejected) ? null : token.Header;
        }
        finally
        {
            gate.Release();
        }
    }

    private AuthenticationHeaderValue? Cached(string key, AuthenticationHeaderValue? rejected) =>
        tokens.TryGetValue(key, out var token) && token.Until > options.Time.GetUtcNow() && !Equals(token.Header, rejected)
            ? token.Header
            : null;

    private async Task<Token> FetchAsync(
        RegistryRequest request, Challenge challenge, Credential credential, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(challenge.Realm, UriKind.Absolute, out var realm) || !host.MayFollow(realm))
            throw host.Failed(request, "does not name a token service that uses https. Passwords are sent only over https.");
        var scopes = request.Scopes.Concat((challenge.Scope ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Distinct(StringComparer.Ordinal).ToList();
        using var response = await host.ExchangeAsync(request, _ => credential.IdentityToken is { } identity
            ? ByIdentityToken(realm, challenge.Service, scopes, identity)
            : ByPassword(realm, challenge.Service, scopes, credential), cancellation).ConfigureAwait(false);
        if (response.StatusCode is not HttpStatusCode.OK)
            throw await host.RefusedAsync(request with { IsForToken = true }, response, realm, cancellation).ConfigureAwait(false);
        var body = await host.ReadDocumentAsync(request, response, cancellation).ConfigureAwait(false);
        return Read(body) ?? throw host.Failed(request, $"uses the token service '{realm.Host}', which did not return a token.");
    }

    private static HttpRequestMessage ByPassword(Uri realm, string? service, List<string> scopes, Credential credential)
    {
        var query = scopes.Select(scope => ("scope", scope));
        if (service is not null)
            query = query.Prepend(("service", service));
        if (credential.Basic is not null)
            query = query.Append(("account", credential.UserName!));
        var text = string.Join('&', query.Select(pair => $"{pair.Item1}={Uri.EscapeDataString(pair.Item2)}"));
        var address = new UriBuilder(realm);
        address.Query = address.Query.Length > 1 ? $"{address.Query[1..]}&{text}" : text;
        var message = new HttpRequestMessage(HttpMethod.Get, address.Uri);
        message.Headers.Authorization = credential.Basic;
        return message;
    }

    private static HttpRequestMessage ByIdentityToken(Uri realm, string? service, List<string> scopes, string identity) =>
        new(HttpMethod.Post, realm)
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "refresh_token",
                ["service"] = service ?? "",
                ["client_id"] = "manifold",
                ["scope"] = string.Join(' ', scopes),
                ["refresh_token"] = identity,
            }),
        };

    private Token? Read(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var text = Text(json.RootElement, "token") ?? Text(json.RootElement, "access_token");
            if (string.IsNullOrEmpty(text))
                return null;
            secrets.TryAdd(text, 0);
            var seconds =
                json.RootElement.TryGetProperty("expires_in", out var value) && value.TryGetDouble(out var given) && given > 0 ? given : 60;
            // Renewed a little early: the request that carries it takes time as well.
            var lifetime = TimeSpan.FromSeconds(Math.Min(seconds, 24 * 3600) - Math.Min(10, seconds / 4));
            return new Token(new("Bearer", text), options.Time.GetUtcNow() + lifetime);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    public void Dispose() => gate.Dispose();
}
