using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Manifold.Tests.Support;

/// <summary>A certificate for this machine that vouches for itself, and its key.</summary>
internal sealed record PemFiles(string Certificate, string Key)
{
    /// <param name="other">An address of this machine besides loopback's.</param>
    public static PemFiles Write(TemporaryFolder folder, string name = "tls", System.Net.IPAddress? other = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        if (other is not null)
            names.AddIpAddress(other);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate =
            request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        return new(folder.Write($"{name}.crt", certificate.ExportCertificatePem()),
            folder.Write($"{name}.key", key.ExportPkcs8PrivateKeyPem()));
    }
}
