using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Manifold.Sandbox;

/// <summary>The files of a RUN's <c>/etc</c> that tell of the network.</summary>
internal static class RunFiles
{
    private const string MachineResolver = "/etc/resolv.conf", Upstream = "/run/systemd/resolve/resolv.conf";

    /// <summary>The resolver's file: this machine's where the RUN has its network, else one whose servers are in reach.</summary>
    public static ResolverFile Resolver(ResolverAddresses? network) =>
        network is null
            ? new ResolverFile(TextOf(MachineResolver) ?? "", null)
            : ResolverFile.Of(TextOf(MachineResolver) ?? "", TextOf(Upstream), network);

    public static string Hosts(RunRequest request, bool isPrivate) =>
        $"127.0.0.1\tlocalhost {request.Hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n"
        + string.Concat(request.Hosts.Select(host =>
            (host.Address == ExtraHost.Gateway ? isPrivate ? MachineAddress() : "127.0.0.1" : host.Address) + $"\t{host.Name}\n"));

    /// <summary>
    /// An address at which a RUN with a network of its own reaches this machine:
    /// the one that it uses itself towards others.
    /// </summary>
    private static string MachineAddress()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Connect(new IPEndPoint(new IPAddress([203, 0, 113, 1]), 9)); // sends nothing: only the route is looked up
            return ((IPEndPoint)socket.LocalEndPoint!).Address.ToString();
        }
        catch (SocketException)
        {
            return NetworkInterface.GetAllNetworkInterfaces().SelectMany(card => card.GetIPProperties().UnicastAddresses)
                .Select(entry => entry.Address)
                .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork
                    && !IPAddress.IsLoopback(address))?.ToString() ?? "127.0.0.1";
        }
    }

    private static string? TextOf(string path) => File.Exists(path) ? File.ReadAllText(path) : null;
}
