using System.Net.Http.Headers;
using System.Security.Principal;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Manifold.Server;

/// <summary>Who may come in: everybody, or the users of a password file. Whoever may, may do all that the server does.</summary>
/// <remarks>Source: RFC 7617, "The Basic HTTP Authentication Scheme"; OCI distribution specification, error code UNAUTHORIZED.</remarks>
internal sealed class AccessControl(PasswordFile? passwords)
{
    /// <summary>True where the request may go on; else it has its answer.</summary>
    public async Task<bool> AdmitsAsync(HttpContext http)
    {
        if (passwords is null)
            return true;
        if (Given(http) is not { } given)
        {
            await ChallengeAsync(http, $"Only users come in. Log in with: docker login {http.Host()}");
            return false;
        }
        if (!await passwords.IsRightAsync(given.User, given.Password, http.RequestAborted))
        {
            await ChallengeAsync(http, "The user or the password is wrong.");
            return false;
        }
        http.User = new GenericPrincipal(new GenericIdentity(given.User, "Basic"), []);
        return true;
    }

    private static Task ChallengeAsync(HttpContext http, string message)
    {
        http.Response.Headers.WWWAuthenticate = "Basic realm=\"manifold\", charset=\"UTF-8\"";
        return http.Refuse(401, ErrorCode.Unauthorized, message);
    }

    private static (string User, string Password)? Given(HttpContext http)
    {
        if (!AuthenticationHeaderValue.TryParse(http.Request.Headers.Authorization, out var header)
            || !string.Equals(header.Scheme, "Basic", StringComparison.OrdinalIgnoreCase) || header.Parameter is not { } encoded)
            return null;
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, bytes, out var count))
            return null;
        var text = Encoding.UTF8.GetString(bytes, 0, count);
        return text.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 ? (text[..colon], text[(colon + 1)..]) : null;
    }
}
