using System.Net.Http.Headers;
using System.Text;

namespace Manifold.Registry;

/// <summary>Who we are for a registry: a name and a password, or a token, or nobody. Never printed.</summary>
public sealed record Credential
{
    public static Credential Anonymous { get; } = new();

    public string? UserName { get; init; }
    public string? Password { get; init; }

    /// <summary>An OAuth2 refresh token, exchanged at the registry's token service.</summary>
    public string? IdentityToken { get; init; }

    /// <summary>A bearer token that is sent as it is.</summary>
    public string? RegistryToken { get; init; }

    /// <summary>Why nothing better was found; helps whoever is refused.</summary>
    public string? Note { get; init; }

    public bool IsAnonymous => Basic is null && IdentityToken is null && RegistryToken is null;

    internal AuthenticationHeaderValue? Basic => UserName is null || Password is null ? null
        : new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{UserName}:{Password}")));

    /// <summary>What must not appear in any message.</summary>
    internal IEnumerable<string> Secrets =>
        new[] { Password, IdentityToken, RegistryToken, Basic?.Parameter }.OfType<string>().Where(secret => secret.Length > 0);

    public override string ToString() => IsAnonymous ? "anonymous" : UserName is null ? "the stored token" : $"the user '{UserName}'";
}
