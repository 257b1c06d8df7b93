using System.Net;
using Microsoft.AspNetCore.Http;

namespace Manifold.Server;

/// <summary>Refuses what web pages send.</summary>
/// <remarks>
/// A page may lead its own name to this machine (DNS rebinding), and then a browser takes the registry for the page's own server.
/// <code>
/// Host     must be a name of loopback, the address that is listened on, or one that --allow-host gave. The port is not compared, since
///          it may be forwarded. Only where nobody must log in, or names were given: a browser knows no password for a page's name.
/// Origin   must be the host that was asked for, or a name that --allow-host gave. No client of registries sends it.
/// </code>
/// Source: RFC 6454, "The Web Origin Concept"; RFC 9110, section 7.2, "Host".
/// </remarks>
internal sealed class AnsweredNames(ServeOptions options)
{
    /// <summary>Gives every name.</summary>
    public const string Every = "*";

    private readonly bool comparesHost =
        (options.PasswordFile is null || !options.AllowedHosts.IsEmpty) && !options.AllowedHosts.Contains(Every);

    /// <summary>Why the request is refused, and what to do; null where it may go on.</summary>
    public string? Fault(HttpContext http)
    {
        var host = http.Request.Host;
        if (comparesHost && !IsOwn(host) && !IsGiven(host))
            return $"This registry does not accept the host name '{host.Value}'. Use localhost, or start the registry with: "
                + $"manifold serve --allow-host {(host.HasValue ? host.Host : "NAME")}";
        if (http.Request.Headers.Origin.FirstOrDefault(origin => !IsSame(origin, host)) is { } foreign)
            return $"This registry does not accept requests from pages of '{foreign}'. If this is also a name of the registry, start the "
                + "registry with: manifold serve --allow-host NAME";
        return null;
    }

    private bool IsOwn(HostString host) =>
        IsLoopback(host.Host) || (IPAddress.TryParse(host.Host, out var address) && address.Equals(options.Listen.Address));

    private bool IsGiven(HostString host) => options.AllowedHosts.Any(name => Equal(name, host.Host) || Equal(name, host.Value));

    private bool IsSame(string? origin, HostString host)
    {
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var page) || page.Scheme is not ("http" or "https") || page.Authority.Length == 0)
            return false;
        if (IsGiven(new HostString(page.Authority)))
            return true;
        var isSameHost = Equal(page.Host, host.Host) || (IsLoopback(page.Host) && IsLoopback(host.Host));
        return isSameHost && page.Port == (host.Port ?? (page.Scheme == "https" ? 443 : 80));
    }

    private static bool IsLoopback(string host) =>
        Equal(host, "localhost") || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    // A name may end with the dot of DNS's root.
    private static bool Equal(string name, string? host) =>
        string.Equals(name.TrimEnd('.'), host?.TrimEnd('.'), StringComparison.OrdinalIgnoreCase);
}
