using Manifold.Content;
using Manifold.Nodes.Units;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Manifold.Server;

/// <summary>The settings of a node's server.</summary>
internal sealed record NodeServerOptions
{
    /// <summary>The path of the socket. Its folder belongs to the user alone.</summary>
    public required string Socket { get; init; }

    /// <summary>Finds out what the node offers.</summary>
    public required Func<Task<NodeFacts>> Survey { get; init; }

    /// <summary>The time without a word from the caller after which the session ends.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>The side of a node in a session: HTTP/2 over a local socket, which the caller reaches through ssh.</summary>
/// <remarks>
/// <code>
/// GET    /facts              what the node offers
/// POST   /missing            digests → those that its store does not have
/// PUT    /blobs/DIGEST       a blob comes in
/// GET    /blobs/DIGEST       a blob goes out, from ?offset= on
/// PUT    /units/ID           starts a unit; the same id again changes nothing
/// GET    /units/ID           follows it: a JSON message a line, from the one after ?after= on, until the last
/// DELETE /units/ID           stops it
/// GET    /questions          a JSON question a line, until the session ends
/// POST   /questions/ID       the answer; with ?failure= the reason why there is none
/// POST   /alive              the caller is still there
/// POST   /end                ends the session
/// </code>
/// The session ends if the caller says so, or is silent. Only the user of the socket's folder reaches it.
/// </remarks>
internal sealed class NodeServer : IAsyncDisposable
{
    private readonly WebApplication application;
    private readonly NodeServerOptions options;
    private readonly CancellationTokenSource ending = new();
    private long heard;

    private NodeServer(WebApplication application, NodeServerOptions options)
    {
        (this.application, this.options) = (application, options);
        Hear();
    }

    /// <summary>Starts to listen. The store and the worker stay the caller's.</summary>
    public static async Task<NodeServer> StartAsync(
        Store store, NodeWorker worker, NodeServerOptions options, CancellationToken cancellation = default)
    {
        File.Delete(options.Socket);
        var server = new NodeServer(Build(options), options);
        var requests = new NodeRequests(store, worker, options.Survey, server.Hear, server.End);
        server.application.Run(requests.HandleAsync);
        await server.application.StartAsync(cancellation);
        return server;
    }

    /// <summary>Waits until the session is over.</summary>
    public async Task WaitAsync(CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, ending.Token);
        while (!either.IsCancellationRequested && options.Time.GetElapsedTime(Volatile.Read(ref heard)) < options.Silence)
            await Task.Delay(TimeSpan.FromSeconds(1), options.Time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Hear() => Volatile.Write(ref heard, options.Time.GetTimestamp());

    private void End() => ending.Cancel();

    private static WebApplication Build(NodeServerOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            var limits = kestrel.Limits;
            // The only client is the caller, who sends whole layers, and may be slow.
            limits.MaxRequestBodySize = null;
            limits.MinRequestBodyDataRate = null;
            limits.MinResponseDataRate = null;
            limits.KeepAliveTimeout = TimeSpan.FromDays(1);
            limits.Http2.MaxStreamsPerConnection = 1000;
            limits.Http2.InitialStreamWindowSize = ServeLimits.StreamWindowBytes;
            limits.Http2.InitialConnectionWindowSize = ServeLimits.ConnectionWindowBytes;
            limits.Http2.MaxFrameSize = ServeLimits.FrameBytes;
            kestrel.ListenUnixSocket(options.Socket, listening => listening.Protocols = HttpProtocols.Http2);
        });
        return builder.Build();
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await application.StopAsync();
        await application.DisposeAsync();
        ending.Dispose();
    }
}
