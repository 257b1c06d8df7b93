using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Manifold.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Manifold.EndToEnd.Registry;

/// <summary>Which hosts are spoken to without TLS, or with a certificate that nobody vouches for.</summary>
public sealed class WithAndWithoutTls
{
    // Reaches this machine, and is no loopback address.
    private static readonly IPAddress? Outside = OwnAddress.Find();

    [Theory]
    [InlineData("localhost:5000", true)]
    [InlineData("127.0.0.1:5001", true)]
    [InlineData("127.8.9.10", true)]
    [InlineData("[::1]:5000", true)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("10.0.0.1:5000", false)]
    [InlineData("[::2]:5000", false)]
    public void loopback_is_what_cannot_leave_this_machine(string name, bool loopback) =>
        Assert.Equal(loopback, RegistryHost.IsLoopback(name));

    [Fact]
    public async Task a_registry_elsewhere_is_never_spoken_to_without_tls()
    {
        await using var registry = await StartAsync(tls: false);
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => LogInAsync(registry, insecure: false));
        Assert.EndsWith($"To connect anyway: --insecure-registry {registry.Name}", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(registry.Protocols);
    }

    [Fact]
    public async Task unless_it_is_named_as_insecure()
    {
        await using var registry = await StartAsync(tls: false);
        await LogInAsync(registry, insecure: true);
        Assert.Equal(["HTTP/1.1"], registry.Protocols);
    }

    [Fact]
    public async Task a_certificate_that_nobody_vouches_for_is_refused()
    {
        await using var registry = await StartAsync(tls: true);
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => LogInAsync(registry, insecure: false));
        Assert.Contains("its certificate is for 'CN=nobody'", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(registry.Protocols);
    }

    [Fact]
    public async Task unless_its_host_is_named_as_insecure_and_then_http_2_is_spoken()
    {
        await using var registry = await StartAsync(tls: true);
        await LogInAsync(registry, insecure: true);
        Assert.All(registry.Protocols, protocol => Assert.Equal("HTTP/2", protocol));
        Assert.NotEmpty(registry.Protocols);
    }

    [Fact]
    public void a_registry_with_tls_does_not_send_us_to_anybody_without()
    {
        using var host = new RegistryHost("registry.example", new RegistryOptions());
        Assert.False(host.MayFollow(new Uri("http://registry.example/token")));
        Assert.False(host.MayFollow(new Uri("http://localhost/token")));
        Assert.True(host.MayFollow(new Uri("https://auth.example/token")));
    }

    private static async Task LogInAsync(Server registry, bool insecure)
    {
        using var client = new RegistryClient(new RegistryOptions { InsecureHosts = insecure ? [registry.Name] : [] });
        await client.LoginAsync(registry.Name);
    }

    private sealed record Server(WebApplication Application, ConcurrentQueue<string> Protocols) : IAsyncDisposable
    {
        public string Name => $"{Outside}:{new Uri(Application.Urls.Single()).Port}";

        public ValueTask DisposeAsync() => Application.DisposeAsync();
    }

    private static async Task<Server> StartAsync(bool tls)
    {
        Assert.SkipWhen(Outside is null, "This machine has no address but loopback.");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(Outside!, 0, endpoint =>
        {
            if (tls)
                endpoint.UseHttps(SelfSigned());
        }));
        var protocols = new ConcurrentQueue<string>();
        var application = builder.Build();
        application.Run(context =>
        {
            protocols.Enqueue(context.Request.Protocol);
            return Task.CompletedTask;
        });
        await application.StartAsync();
        return new Server(application, protocols);
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=nobody", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
    }
}
