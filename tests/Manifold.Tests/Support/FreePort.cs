using System.Net;
using System.Net.Sockets;

namespace Manifold.Tests.Support;

/// <summary>A port for a program that cannot choose one itself.</summary>
internal static class FreePort
{
    /// <summary>A port of loopback on which nobody listens, below the range from which the kernel assigns ports.</summary>
    public static int Find()
    {
        while (true)
        {
            var port = Random.Shared.Next(10000, 15000);
            try
            {
                using var listener = new TcpListener(IPAddress.Any, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }
}
