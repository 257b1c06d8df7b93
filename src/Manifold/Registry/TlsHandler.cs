using Manifold.Linux;

namespace Manifold.Registry;

/// <summary>Asks for OpenSSL before the first request that needs it, for its own address or for that of a proxy.</summary>
internal sealed class TlsHandler(SocketsHttpHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        if (request.RequestUri is { IsAbsoluteUri: true } address)
            foreach (var spoken in (Uri?[])[address, ProxyFor(address)])
                if (spoken?.Scheme == Uri.UriSchemeHttps)
                    OpenSsl.Require($"Connecting with TLS to '{spoken.Authority}'");
        return base.SendAsync(request, cancellation);
    }

    private Uri? ProxyFor(Uri address)
    {
        var proxy = inner.UseProxy ? inner.Proxy ?? HttpClient.DefaultProxy : null;
        return proxy is null || proxy.IsBypassed(address) ? null : proxy.GetProxy(address);
    }
}
