using Manifold.Linux;

namespace Manifold.Registry;

/// <summary>Asks for OpenSSL before the first request that needs it.</summary>
internal sealed class TlsHandler(SocketsHttpHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        if (request.RequestUri is { Scheme: "https" } address)
            OpenSsl.Require($"Speaking TLS with '{address.Authority}'");
        return base.SendAsync(request, cancellation);
    }
}
