using System.Collections.Immutable;
using System.Net;
using Manifold.Text;

namespace Manifold.Registry;

/// <summary>Which proxy a host is reached through, by HTTPS_PROXY, HTTP_PROXY and NO_PROXY as the tools written in Go read them.</summary>
/// <remarks>
/// Upper case wins over lower case. An entry of NO_PROXY is <c>*</c>, an address, a network (<c>10.0.0.0/8</c>), a domain with all below it
/// (<c>example.com</c>) or only what is below it (<c>.example.com</c>), each with a port or without. This machine is never reached through
/// a proxy. A user and password in the address go to the proxy alone and are in no message. Source: golang.org/x/net/http/httpproxy.
/// </remarks>
internal sealed class ProxySettings : IWebProxy
{
    private readonly Uri? secure;
    private readonly Uri? plain;
    private readonly ImmutableArray<string> exceptions;
    private readonly CredentialCache credentials = [];

    private ProxySettings(string? secure, string? plain, string exceptions)
    {
        (this.secure, this.plain) = (Address("HTTPS_PROXY", secure), Address("HTTP_PROXY", plain));
        this.exceptions = [.. exceptions.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
    }

    /// <exception cref="UsageException">A variable holds no address of a proxy.</exception>
    public static ProxySettings From(IReadOnlyDictionary<string, string> environment)
    {
        string? Variable(string name) => new[] { name, name.ToLowerInvariant() }
            .Select(key => environment.GetValueOrDefault(key)).FirstOrDefault(value => value is { Length: > 0 });
        return new(Variable("HTTPS_PROXY"), Variable("HTTP_PROXY"), Variable("NO_PROXY") ?? "");
    }

    ICredentials? IWebProxy.Credentials { get => credentials; set => throw new NotSupportedException(); }

    /// <summary>Null where the host is reached directly. Without user and password.</summary>
    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : ProxyFor(destination);

    public bool IsBypassed(Uri host) =>
        ProxyFor(host) is null || RegistryHost.IsLoopback(host.Authority) || exceptions.Any(entry => Excepts(entry, host));

    private Uri? ProxyFor(Uri destination) => destination.Scheme == Uri.UriSchemeHttps ? secure : plain;

    private static bool Excepts(string entry, Uri host)
    {
        if (entry == "*")
            return true;
        var name = host.IdnHost.Trim('[', ']');
        var address = IPAddress.TryParse(name, out var parsed) ? parsed : null;
        if (IPNetwork.TryParse(entry, out var network))
            return address is not null && network.Contains(address);
        var colon = IPAddress.TryParse(entry, out _) ? -1 : entry.LastIndexOf(':');
        if (colon >= 0 && entry[(colon + 1)..] != $"{host.Port}")
            return false;
        var domain = (colon >= 0 ? entry[..colon] : entry).Trim('[', ']');
        if (IPAddress.TryParse(domain, out var own))
            return own.Equals(address);
        var suffix = domain.StartsWith("*.", StringComparison.Ordinal) ? domain[1..] : domain;
        return suffix.StartsWith('.')
            ? name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)
            : name.Equals(suffix, StringComparison.OrdinalIgnoreCase) || name.EndsWith("." + suffix, StringComparison.OrdinalIgnoreCase);
    }

    private Uri? Address(string variable, string? text)
    {
        if (text is null)
            return null;
        if (!Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}", UriKind.Absolute, out var address)
            || address.Scheme is not ("http" or "https" or "socks4" or "socks5" or "socks4a") || !WebAddress.HasHost(address))
            throw new UsageException($"{variable} is not a proxy address. Expected http://[USER:PASSWORD@]HOST:PORT.");
        var bare = new UriBuilder(address) { UserName = "", Password = "" }.Uri;
        if (address.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var rest])
        {
            var credential = new NetworkCredential(Uri.UnescapeDataString(user), Uri.UnescapeDataString(rest.FirstOrDefault() ?? ""));
            if (credentials.GetCredential(bare, "Basic") is null)
                credentials.Add(bare, "Basic", credential);
        }
        return bare;
    }
}
