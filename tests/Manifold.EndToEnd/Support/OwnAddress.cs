using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Manifold.EndToEnd.Support;

/// <summary>An address of this machine that is not a loopback address.</summary>
internal static class OwnAddress
{
    /// <summary>
    /// Null where there is none. Interfaces of other tests' containers come and go,
    /// so the one that leads outside is preferred.
    /// </summary>
    public static IPAddress? Find()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Connect(IPAddress.Parse("192.0.2.1"), 9); // sends nothing: the kernel only looks for the way
            if (socket.LocalEndPoint is IPEndPoint { Address: var own } && !IPAddress.IsLoopback(own))
                return own;
        }
        catch (SocketException)
        {
            // No way outside.
        }
        return NetworkInterface.GetAllNetworkInterfaces().SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(entry => entry.Address)
            .FirstOrDefault(address => address.AddressFamily is AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));
    }
}
