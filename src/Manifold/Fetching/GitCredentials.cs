using System.Collections.Immutable;
using System.Text;

namespace Manifold.Fetching;

/// <summary>What git says of itself to http(s) servers: secrets of certain names.</summary>
/// <remarks>
/// <code>
/// GIT_AUTH_HEADER.HOST    1  what stands behind "Authorization: " for one host, e.g. "basic …", and for all that is fetched from it
/// GIT_AUTH_TOKEN.HOST     2  a token for one host, as the password of x-access-token
/// GIT_AUTH_HEADER         3  for the repository that is asked for; on github.com for all of them, as submodules need it
/// GIT_AUTH_TOKEN          4
/// </code>
/// The first that is there and not empty is used. HOST has the port where the address has one. Source: BuildKit, "source/git" and Docker's
/// "Build secrets". A value reaches git by its environment: it is in no argument, no file and no message.
/// </remarks>
internal sealed class GitCredentials
{
    private const string Header = "GIT_AUTH_HEADER", Token = "GIT_AUTH_TOKEN";
    private readonly ImmutableDictionary<string, string> values;

    private GitCredentials(ImmutableDictionary<string, string> values) => this.values = values;

    public static GitCredentials None { get; } = new(ImmutableDictionary<string, string>.Empty);

    /// <param name="secrets">All secrets of a build; those of other names are passed over.</param>
    /// <exception cref="UsageException">A value has several lines, and a header cannot.</exception>
    public static GitCredentials Of(IEnumerable<(string Id, ReadOnlyMemory<byte> Value)> secrets)
    {
        var values = secrets.Where(secret => IsOurs(secret.Id))
            .Select(secret => KeyValuePair.Create(secret.Id, Encoding.UTF8.GetString(secret.Value.Span).Trim()))
            .Where(secret => secret.Value.Length > 0).ToImmutableDictionary(StringComparer.OrdinalIgnoreCase);
        if (values.FirstOrDefault(secret => secret.Value.Any(char.IsControl)).Key is { } wrong)
            throw new UsageException($"--secret id={wrong}: the secret has several lines. "
                + $"Expected {(IsHeader(wrong) ? "the value of the 'Authorization' header" : "a token")} on one line.");
        return new GitCredentials(values);
    }

    /// <summary>What a git that fetches from there needs to say; null where nothing is known for it, and of other schemes.</summary>
    internal GitHeader? For(GitAddress address)
    {
        if (!Uri.TryCreate(address.Remote, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            return null;
        var site = $"{uri.Scheme}://{uri.Authority}/";
        foreach (var (name, scope) in new[] { ($"{Header}.{uri.Authority}", site),
            ($"{Token}.{uri.Authority}", site), (Header, ScopeOf(uri, site)), (Token, ScopeOf(uri, site)) })
            if (values.TryGetValue(name, out var value))
                return new GitHeader(scope,
                    IsHeader(name) ? value : $"basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"x-access-token:{value}"))}");
        return null;
    }

    /// <summary>The text without these secrets, whatever git made of them.</summary>
    internal string Redacted(string text) =>
        values.Values.Select(value => (Plain: value, Encoded: Convert.ToBase64String(Encoding.UTF8.GetBytes($"x-access-token:{value}"))))
            .Aggregate(text, (shown, value) =>
                shown.Replace(value.Encoded, "***", StringComparison.Ordinal).Replace(value.Plain, "***", StringComparison.Ordinal));

    private static string ScopeOf(Uri uri, string site) =>
        uri.Host is "github.com" or "www.github.com" ? site : site + uri.AbsolutePath.TrimStart('/');

    private static bool IsOurs(string id) => id is Header or Token || IsHeader(id) || id.StartsWith(Token + ".", StringComparison.Ordinal);

    private static bool IsHeader(string id) => id == Header || id.StartsWith(Header + ".", StringComparison.Ordinal);
}

/// <summary>A header for what lies below an address.</summary>
/// <param name="Authorization">What stands behind <c>Authorization: </c>: a secret.</param>
internal sealed record GitHeader(string Scope, string Authorization)
{
    /// <summary>What <see cref="GitFetcher"/>'s shell makes git's configuration of.</summary>
    public ImmutableSortedDictionary<string, string> Variables => ImmutableSortedDictionary<string, string>.Empty
        .Add("MANIFOLD_GIT_SCOPE", $"http.{Scope}.extraHeader").Add("MANIFOLD_GIT_HEADER", $"Authorization: {Authorization}");

    public override string ToString() => $"header for {Scope}";
}
