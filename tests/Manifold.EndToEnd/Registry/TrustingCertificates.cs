using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Manifold.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Manifold.EndToEnd.Registry;

/// <summary>A registry with a certificate of an authority of our own, at an address that is no loopback.</summary>
public sealed class TrustingCertificates : IDisposable
{
    private static readonly IPAddress? Outside = OwnAddress.Find();

    private readonly TemporaryFolder folder = new();
    private readonly Authority authority = new("the authority of the test");
    private readonly Dictionary<string, string> environment;

    public TrustingCertificates() => environment = new() { ["HOME"] = folder["home"] };

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("home/.config/containers/certs.d")]
    [InlineData("root/etc/containers/certs.d")]
    [InlineData("root/etc/docker/certs.d")]
    public async Task an_authority_in_certs_d_is_trusted_for_its_host(string place)
    {
        await using var registry = await StartAsync(authority.Issue(Outside));
        folder.Write($"{place}/{registry.Name}/ca.crt", authority.Pem);
        await LogInAsync(registry.Name);
    }

    [Fact]
    public async Task and_for_no_other_host()
    {
        await using var registry = await StartAsync(authority.Issue(Outside));
        folder.Write("root/etc/containers/certs.d/other.example.com/ca.crt", authority.Pem);
        await Assert.ThrowsAsync<RegistryException>(() => LogInAsync(registry.Name));
    }

    [Theory]
    [InlineData("SSL_CERT_FILE", "ca.pem")]
    [InlineData("SSL_CERT_DIR", "")]
    public async Task the_variables_of_openssl_are_obeyed(string variable, string path)
    {
        await using var registry = await StartAsync(authority.Issue(Outside));
        folder.Write("certificates/ca.pem", authority.Pem);
        environment[variable] = Path.Combine(folder["certificates"], path);
        await LogInAsync(registry.Name);
    }

    [Fact]
    public async Task a_folder_that_is_named_serves_all_hosts()
    {
        await using var registry = await StartAsync(authority.Issue(Outside));
        folder.Write("mine/ca.crt", authority.Pem);
        await LogInAsync(registry.Name, folder["mine"]);
    }

    [Fact]
    public async Task a_registry_of_this_machine_is_spoken_to_with_tls_where_it_has_certificates()
    {
        await using var registry = await StartAsync(authority.Issue(IPAddress.Loopback), IPAddress.Loopback);
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => LogInAsync(registry.Name));
        Assert.Contains("put its CA certificate into "
            + $"{(Environment.IsPrivilegedProcess ? "/etc" : folder["home/.config"])}/containers/certs.d/{registry.Name}/ca.crt",
            refusal.Message, StringComparison.Ordinal);

        Directory.CreateDirectory(folder["home"]);
        refusal = await Assert.ThrowsAsync<RegistryException>(() => LogInAsync(registry.Name, folder["home"]));
        Assert.Contains("its certificate is signed by an unknown authority", refusal.Message, StringComparison.Ordinal);

        folder.Write("mine/ca.crt", authority.Pem);
        await LogInAsync(registry.Name, folder["mine"]);
    }

    [Fact]
    public async Task an_unknown_authority_is_told_with_the_file_to_put()
    {
        await using var registry = await StartAsync(authority.Issue(Outside));
        Directory.CreateDirectory(folder["home"]);
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => LogInAsync(registry.Name, folder["home"]));
        Assert.Contains("signed by an unknown authority (issued by 'CN=the authority of the test')", refusal.Message,
            StringComparison.Ordinal);
        Assert.Contains($"into {folder["home"]}/ca.crt. To skip the check: --insecure-registry {registry.Name}", refusal.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_expired_certificate_is_told_with_its_dates()
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var registry = await StartAsync(authority.Issue(Outside, now.AddDays(-10), now.AddDays(-3)));
        folder.Write("mine/ca.crt", authority.Pem);
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => LogInAsync(registry.Name, folder["mine"]));
        Assert.Contains($"to {now.AddDays(-3):yyyy-MM-dd}. Renew it", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_certificate_for_another_host_is_told_with_both_names()
    {
        await using var registry = await StartAsync(authority.Issue(IPAddress.Parse("192.0.2.99")));
        folder.Write("mine/ca.crt", authority.Pem);
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => LogInAsync(registry.Name, folder["mine"]));
        Assert.Contains($"its certificate is for '192.0.2.99', not for '{Outside}'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_client_certificate_is_shown_to_the_registry_that_wants_one()
    {
        Assert.SkipWhen(Outside is null, "This machine has no address but loopback.");
        await using var registry = await DebianRegistry.StartWithTlsAsync(Outside!, authority.Issue(Outside), authority.Pem);
        var certs = $"root/etc/containers/certs.d/{registry.Name}";
        folder.Write($"{certs}/ca.crt", authority.Pem);
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => LogInAsync(registry.Name));
        Assert.Contains("requires a client certificate", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("client.cert and client.key", refusal.Message, StringComparison.Ordinal);

        using var own = authority.Issue(null);
        folder.Write($"{certs}/client.cert", own.ExportCertificatePem());
        var usage = await Assert.ThrowsAsync<UsageException>(() => LogInAsync(registry.Name));
        Assert.Contains($"its key '{folder[certs]}/client.key' is missing", usage.Message, StringComparison.Ordinal);

        folder.Write($"{certs}/client.key", own.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        await LogInAsync(registry.Name);
    }

    [Fact]
    public async Task a_file_that_is_no_certificate_is_named()
    {
        await using var registry = await StartAsync(authority.Issue(Outside));
        folder.Write("mine/ca.crt", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n");
        var usage = await Assert.ThrowsAsync<UsageException>(() => LogInAsync(registry.Name, folder["mine"]));
        Assert.StartsWith($"Reading the certificate '{folder["mine/ca.crt"]}'", usage.Message, StringComparison.Ordinal);
    }

    private async Task LogInAsync(string registry, string? certificates = null)
    {
        using var client = new RegistryClient(new RegistryOptions
        {
            Certificates = CertificateFolders.From(environment, certificates, folder["root"]),
            RetryDelay = TimeSpan.FromMilliseconds(5),
        });
        await client.LoginAsync(registry);
    }

    private sealed record Server(WebApplication Application) : IAsyncDisposable
    {
        public string Name => new Uri(Application.Urls.Single()).Authority;

        public ValueTask DisposeAsync() => Application.DisposeAsync();
    }

    private static async Task<Server> StartAsync(X509Certificate2 certificate, IPAddress? address = null)
    {
        address ??= Outside;
        Assert.SkipWhen(address is null, "This machine has no address but loopback.");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(address!, 0, endpoint => endpoint.UseHttps(certificate)));
        var application = builder.Build();
        application.Run(context => context.Response.WriteAsync("{}"));
        await application.StartAsync();
        return new Server(application);
    }

    private sealed class Authority
    {
        private readonly X509Certificate2 certificate;

        public Authority(string name)
        {
            var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            certificate =
                request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-30), TimeProvider.System.GetUtcNow().AddDays(30));
        }

        public string Pem => certificate.ExportCertificatePem();

        public X509Certificate2 Issue(IPAddress? address, DateTimeOffset? from = null, DateTimeOffset? until = null)
        {
            var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=registry", key, HashAlgorithmName.SHA256);
            if (address is not null)
            {
                var names = new SubjectAlternativeNameBuilder();
                names.AddIpAddress(address);
                request.CertificateExtensions.Add(names.Build());
            }
            using var issued = request.Create(certificate, from ?? TimeProvider.System.GetUtcNow().AddDays(-1),
                until ?? TimeProvider.System.GetUtcNow().AddDays(1), RandomNumberGenerator.GetBytes(8));
            return X509CertificateLoader.LoadPkcs12(issued.CopyWithPrivateKey(key).Export(X509ContentType.Pkcs12),
                null, X509KeyStorageFlags.Exportable);
        }
    }
}
