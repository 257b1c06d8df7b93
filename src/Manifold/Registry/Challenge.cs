using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace Manifold.Registry;

/// <summary>How a registry wants to be told who we are: one <c>WWW-Authenticate</c> challenge.</summary>
/// <remarks>Source: RFC 9110, section 11.6.1; distribution token authentication, "How to authenticate".</remarks>
internal sealed partial record Challenge(bool IsBearer, ImmutableDictionary<string, string> Parameters)
{
    public string? Realm => Parameters.GetValueOrDefault("realm");
    public string? Service => Parameters.GetValueOrDefault("service");
    public string? Scope => Parameters.GetValueOrDefault("scope");

    public Challenge WithoutScope() => this with { Parameters = Parameters.Remove("scope") };

    /// <summary>The challenge that we can answer, Bearer before Basic; null where there is none.</summary>
    public static Challenge? Choose(HttpResponseHeaders headers) =>
        headers.WwwAuthenticate.Select(Read).OfType<Challenge>().OrderByDescending(challenge => challenge.IsBearer).FirstOrDefault();

    private static Challenge? Read(AuthenticationHeaderValue header)
    {
        var bearer = header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase);
        if (!bearer && !header.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
            return null;
        var parameters = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (Match match in ParameterPattern().Matches(header.Parameter ?? ""))
            parameters[match.Groups["name"].Value] = EscapePattern().Replace(match.Groups["value"].Value, "$1");
        return new Challenge(bearer, parameters.ToImmutable());
    }

    [GeneratedRegex("""(?<name>[A-Za-z_-]+)\s*=\s*(?:"(?<value>(?:[^"\\]|\\.)*)"|(?<value>[^\s,"]+))""")]
    private static partial Regex ParameterPattern();

    [GeneratedRegex(@"\\(.)")]
    private static partial Regex EscapePattern();
}
