using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Manifold.Tests.Support;

/// <summary>A port for a program that cannot choose one itself.</summary>
internal static class FreePort
{
    // Tests run at the same time, and none listens yet when the next one asks.
    private static readonly ConcurrentDictionary<int, bool> GivenOut = new();

    /// <summary>A port on which nobody listens, below those that the kernel gives to others meanwhile; never the same twice.</summary>
    public static int Find()
    {
        while (true)
        {
            var port = Random.Shared.Next(10000, 15000);
            try
            {
                using var listener = new TcpListener(IPAddress.Any, port);
                listener.Start();
                if (GivenOut.TryAdd(port, true))
                    return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }
}
