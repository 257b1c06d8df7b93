using System.Net;
using System.Net.Sockets;
using Manifold.Content;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Manifold.Server;

/// <summary>An OCI registry over the store: what a build keeps can be pulled from it, and what is pushed to it is in the store.</summary>
/// <remarks>
/// <code>
/// 1  AccessControl    may it come in?
/// 2  Route            the path: repository, and what is wanted of it
/// 3  RepositoryNames  which of the store's names the repository means
/// 4  Contents         what the repository shows, and whether it is good
/// 5  …Endpoint        the answer; content goes from file to connection, or from connection to file, block by block
/// </code>
/// Source: OCI distribution specification 1.1. Several servers, builds and prunes may share the store.
/// </remarks>
internal sealed class RegistryServer : IAsyncDisposable
{
    private readonly WebApplication application;
    private readonly Uploads uploads;
    private readonly PasswordFile? passwords;
    private readonly CancellationTokenSource stopping = new();
    private Task expiring = Task.CompletedTask;

    private RegistryServer(WebApplication application, Uploads uploads, PasswordFile? passwords) =>
        (this.application, this.uploads, this.passwords) = (application, uploads, passwords);

    /// <summary>Where it listens; the port is known here where 0 was asked for.</summary>
    public IPEndPoint Address { get; private set; } = null!;

    /// <summary>Returns when it accepts connections. The store stays the caller's.</summary>
    /// <exception cref="UsageException">Others than this machine could come in unprotected, or a file for that is not usable.</exception>
    /// <exception cref="HostNotReadyException">The address is taken, or not one of this machine.</exception>
    public static async Task<RegistryServer> StartAsync(Store store, ServeOptions options, CancellationToken cancellation = default)
    {
        options.RequireProtection();
        var tls = options.TlsCertificate is null ? null : new TlsCertificate(options);
        var passwords = options.PasswordFile is { } path ? new PasswordFile(path, options.Warn, options.Time) : null;
        var server = new RegistryServer(Build(options, tls), new Uploads(store, options), passwords);
        try
        {
            await server.ListenAsync(store, options, cancellation);
            return server;
        }
        catch (Exception e)
        {
            await server.DisposeAsync();
            if (Causes(e).OfType<SocketException>().FirstOrDefault() is not { } refused)
                throw;
            var why = refused.SocketErrorCode == SocketError.AddressAlreadyInUse ? "another program already uses this address"
                : refused.Message;
            throw new HostNotReadyException(
                $"Listening on '{options.Listen}': {why}. Choose another address or port with: --listen 127.0.0.1:5005", e);
        }
    }

    private async Task ListenAsync(Store store, ServeOptions options, CancellationToken cancellation)
    {
        // The names need the port, which is known once it listens: requests that come before wait for that.
        var ready = new TaskCompletionSource<RegistryRequests>(TaskCreationOptions.RunContinuationsAsynchronously);
        application.Run(async http => await (await ready.Task).HandleAsync(http));
        await application.StartAsync(cancellation);
        Address = IPEndPoint.Parse(new Uri(application.Urls.First()).Authority);
        ready.SetResult(new RegistryRequests(store, options, new AccessControl(passwords), uploads, Address.Port));
        if (!options.ReadOnly)
            expiring = Task.Run(() => uploads.ExpireAsync(stopping.Token), CancellationToken.None);
    }

    private static IEnumerable<Exception> Causes(Exception e) => e.InnerException is { } inner ? Causes(inner).Prepend(e) : [e];

    private static WebApplication Build(ServeOptions options, TlsCertificate? tls)
    {
        var connections = new ClientConnections(options);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ServeLimits.StopWait);
        if (tls is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            SetLimits(kestrel.Limits, options);
            kestrel.Listen(options.Listen, listening =>
            {
                listening.Use(next => connection => connections.HandleAsync(connection, next));
                if (tls is not null)
                {
                    listening.UseHttps(new TlsHandshakeCallbackOptions
                    {
                        OnConnection = _ => ValueTask.FromResult(tls.Handshake()),
                        HandshakeTimeout = options.SilentTime,
                    });
                }
            });
        });
        return builder.Build();
    }

    private static void SetLimits(KestrelServerLimits limits, ServeOptions options)
    {
        limits.MaxRequestLineSize = ServeLimits.RequestLineBytes;
        limits.MaxRequestHeadersTotalSize = ServeLimits.HeaderBytes;
        limits.KeepAliveTimeout = options.SilentTime;
        limits.RequestHeadersTimeout = options.SilentTime;
        limits.MaxRequestBodySize = ServeLimits.SmallBodyBytes;
        limits.Http2.InitialStreamWindowSize = ServeLimits.StreamWindowBytes;
        limits.Http2.InitialConnectionWindowSize = ServeLimits.ConnectionWindowBytes;
        limits.Http2.MaxFrameSize = ServeLimits.FrameBytes;
        limits.MinRequestBodyDataRate = new MinDataRate(ServeLimits.BytesPerSecond, options.SlowGrace);
        limits.MinResponseDataRate = new MinDataRate(ServeLimits.BytesPerSecond, options.SlowGrace);
    }

    /// <summary>Takes no more requests and lets those that run end, for some seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await application.StopAsync();
        await application.DisposeAsync();
        await expiring.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        uploads.Dispose();
        passwords?.Dispose();
        stopping.Dispose();
    }
}
