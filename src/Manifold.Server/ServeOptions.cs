using System.Net;
using Manifold.Oci;

namespace Manifold.Server;

/// <summary>How the embedded registry serves.</summary>
public sealed record ServeOptions
{
    public const string DefaultListen = "127.0.0.1:5000";

    /// <summary>Address and port; port 0 takes a free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 5000);

    /// <summary>Refuses every change.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Accepts DELETE of tags, manifests and blobs. Cancelling an upload needs no permission.</summary>
    public bool AllowDelete { get; init; }

    /// <summary>Gets a blob that an image in the store names and that was never downloaded. True where it is in the store now.</summary>
    public Func<Digest, CancellationToken, Task<bool>>? FetchMissing { get; init; }

    /// <summary>Told what people should know: a damaged blob, a full disk.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Reads <c>ADDRESS:PORT</c>, and refuses what is not loopback.</summary>
    /// <exception cref="UsageException">It is no address, or others than this machine could reach it.</exception>
    public static IPEndPoint ParseListen(string text)
    {
        var named = text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" + text["localhost".Length..]
            : text.StartsWith(':') ? "0.0.0.0" + text
            : text;
        if (!named.Contains(':', StringComparison.Ordinal) || !IPEndPoint.TryParse(named, out var endpoint))
            throw new UsageException($"Listening on '{text}': this is not an address and a port. Try: --listen {DefaultListen}");
        RequireLoopback(endpoint);
        return endpoint;
    }

    internal static void RequireLoopback(IPEndPoint endpoint)
    {
        if (!IPAddress.IsLoopback(endpoint.Address))
            throw new UsageException(
                $"Listening on '{endpoint}': others than this machine could push there, and the registry has neither passwords nor encryption yet. " +
                $"Listen on {DefaultListen}, and put a proxy with both before it.");
    }
}
