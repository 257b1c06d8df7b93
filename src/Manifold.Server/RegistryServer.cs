using System.Net;
using Manifold.Content;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Manifold.Server;

/// <summary>An OCI registry over the store: what a build keeps can be pulled from it, and what is pushed to it is in the store.</summary>
/// <remarks>
/// <code>
/// 1  Route            the path: repository, and what is wanted of it
/// 2  RepositoryNames  which of the store's names the repository means
/// 3  Contents         what the repository shows, and whether it is good
/// 4  …Endpoint        the answer; content goes from file to socket, or from socket to file
/// </code>
/// Source: OCI distribution specification 1.1. Several servers, builds and prunes may share the store.
/// </remarks>
public sealed class RegistryServer : IAsyncDisposable
{
    private static readonly TimeSpan StopWait = TimeSpan.FromSeconds(5);

    private readonly WebApplication application;
    private readonly Uploads uploads;

    private RegistryServer(WebApplication application, Uploads uploads, IPEndPoint address) =>
        (this.application, this.uploads, Address) = (application, uploads, address);

    /// <summary>Where it listens; the port is known here where 0 was asked for.</summary>
    public IPEndPoint Address { get; }

    /// <summary>Returns when it accepts connections. The store stays the caller's.</summary>
    /// <exception cref="UsageException">The address is not loopback.</exception>
    /// <exception cref="HostNotReadyException">The address is taken.</exception>
    public static async Task<RegistryServer> StartAsync(Store store, ServeOptions options, CancellationToken cancellation = default)
    {
        ServeOptions.RequireLoopback(options.Listen);
        var application = Build(options);
        var uploads = new Uploads(store, options.Time);
        // The names need the port, which is known once it listens: requests that come before wait for that.
        var ready = new TaskCompletionSource<RegistryRequests>(TaskCreationOptions.RunContinuationsAsynchronously);
        application.Run(async http => await (await ready.Task).HandleAsync(http));
        try
        {
            await application.StartAsync(cancellation);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            await application.DisposeAsync();
            throw new HostNotReadyException($"Listening on '{options.Listen}': another program does. Choose another port with: --listen 127.0.0.1:5005", e);
        }
        var address = IPEndPoint.Parse(new Uri(application.Urls.First()).Authority);
        ready.SetResult(new RegistryRequests(store, options, uploads, address.Port));
        return new RegistryServer(application, uploads, address);
    }

    private static WebApplication Build(ServeOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopWait);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(options.Listen);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // layers have no bound; manifests have their own
        });
        return builder.Build();
    }

    /// <summary>Takes no more requests and lets those that run end, for a few seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        await application.StopAsync();
        await application.DisposeAsync();
        uploads.Dispose();
    }

    /// <summary>Signals belong to the command line; the host must not take them.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
