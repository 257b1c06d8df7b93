using System.Net.Http.Headers;
using System.Security.Principal;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Manifold.Server;

/// <summary>Who may come in: everybody, or the users of a password file. Whoever may, may do all that the server does.</summary>
/// <remarks>Source: RFC 7617, "The Basic HTTP Authentication Scheme"; OCI distribution specification, error code UNAUTHORIZED.</remarks>
internal sealed class AccessControl(PasswordFile? passwords)
{
    private readonly ClientTurns turns = new(ServeLimits.PasswordChecksOfOne);

    /// <summary>True where the request may go on; else it has its answer.</summary>
    public async Task<bool> AdmitsAsync(HttpContext http)
    {
        if (passwords is null)
            return true;
        if (Given(http) is not { } given)
        {
            await ChallengeAsync(http, $"This registry requires a login. Log in with: docker login {http.Host()}");
            return false;
        }
        if (await IsRightAsync(http, passwords, given) is not { } isRight)
        {
            await http.RefuseFor(TimeSpan.FromSeconds(1), "Too many logins from your address are in progress. Try again later.");
            return false;
        }
        if (!isRight)
        {
            await ChallengeAsync(http, "The user name or the password is wrong.");
            return false;
        }
        http.User = new GenericPrincipal(new GenericIdentity(given.User, "Basic"), []);
        return true;
    }

    /// <summary>Null where too many passwords of this address wait. Those of one address are checked one after the other.</summary>
    private async Task<bool?> IsRightAsync(HttpContext http, PasswordFile file, (string User, string Password) given)
    {
        if (file.WasRight(given.User, given.Password))
            return true;
        using var turn = await turns.TryTakeAsync(Client.Of(http.Connection.RemoteIpAddress), http.RequestAborted);
        return turn is null ? null : await file.IsRightAsync(given.User, given.Password, http.RequestAborted);
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
