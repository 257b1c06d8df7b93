using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Manifold.Linux;

namespace Manifold.Server;

/// <summary>
/// The certificate that the server shows, with the chain of its file, and its key; read again when either file is renewed.
/// </summary>
internal sealed class TlsCertificate
{
    private readonly Reloaded<SslStreamCertificateContext> context;

    /// <exception cref="UsageException">The files cannot be read, or are not a certificate and its key in PEM.</exception>
    public TlsCertificate(ServeOptions options)
    {
        OpenSsl.Require("Serving TLS");
        var (certificate, key) = (options.TlsCertificate!, options.TlsKey!);
        context = new([certificate, key], files => Parse(certificate, key, files, options), options.Warn, options.Time);
        _ = context.Value;
    }

    public SslServerAuthenticationOptions Handshake() => new() { ServerCertificateContext = context.Value };

    private static SslStreamCertificateContext Parse(
        string certificatePath, string keyPath, IReadOnlyList<byte[]> files, ServeOptions options)
    {
        var (certificatePem, keyPem) = (Encoding.UTF8.GetString(files[0]), Encoding.UTF8.GetString(files[1]));
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificatePem);
            var certificate = X509Certificate2.CreateFromPem(certificatePem, keyPem);
            if (certificate.NotAfter.ToUniversalTime() < options.Time.GetUtcNow().UtcDateTime)
                options.Warn($"'{certificatePath}': the certificate expired on {certificate.NotAfter:yyyy-MM-dd}. Clients reject expired "
                    + "certificates.");
            return SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new UsageException($"Reading '{certificatePath}' and '{keyPath}': expected a certificate and its unencrypted key in "
                + $"PEM format. {e.Message}");
        }
    }
}
