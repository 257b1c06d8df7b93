using System.Net;
using System.Net.Sockets;

namespace Manifold.Sandbox;

/// <summary>The <c>/etc/resolv.conf</c> of a RUN with a network of its own.</summary>
/// <remarks>
/// A server that this machine reaches by loopback (systemd-resolved, dnsmasq) or link-local (a cloud's) is out of a RUN's reach. Others
/// stay, as with BuildKit. Where the first is out of reach, what carries the RUN's traffic forwards questions to it,
/// so that the names that only it knows resolve, too.
/// </remarks>
/// <param name="ForwardsAt">The address at which questions are forwarded; null where nothing is.</param>
internal sealed record ResolverFile(string Text, string? ForwardsAt)
{
    private const string Key = "nameserver";

    /// <param name="machine">This machine's file.</param>
    /// <param name="upstream">The servers behind systemd-resolved, as it writes them down; null where it does not run.</param>
    /// <param name="network">Where the RUN's network forwards questions, and whether it can ask a server on loopback.</param>
    public static ResolverFile Of(string machine, string? upstream, ResolverAddresses network)
    {
        var first = Servers(machine).FirstOrDefault();
        if (first is null || IsInReach(first))
            return new ResolverFile(Rewrite(machine, null), null);
        if (!network.AsksLoopback && upstream is not null && Servers(upstream).Any(IsInReach))
            return new ResolverFile(Rewrite(upstream, null), null);
        var at = network.IPv6 is { } sixth && !Servers(machine).Any(server => server.AddressFamily == AddressFamily.InterNetwork)
            ? sixth
            : network.IPv4;
        return new ResolverFile(Rewrite(machine, at), at);
    }

    // The forwarding one stands where the first stood: its names come first.
    private static string Rewrite(string text, string? forward)
    {
        var lines = new List<string>();
        foreach (var line in text.Split('\n'))
        {
            var server = ServerOf(line);
            if (server is null || IsInReach(server))
                lines.Add(line);
            else if (forward is not null)
                lines.Add($"{Key} {forward}");
            if (server is not null)
                forward = null;
        }
        return string.Join('\n', lines);
    }

    private static IEnumerable<IPAddress> Servers(string text) => text.Split('\n').Select(ServerOf).OfType<IPAddress>();

    private static IPAddress? ServerOf(string line) =>
        line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries) is [Key, var address, ..]
            && IPAddress.TryParse(address, out var server) ? server : null;

    private static bool IsInReach(IPAddress server)
    {
        var address = server.IsIPv4MappedToIPv6 ? server.MapToIPv4() : server;
        return !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal
            && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
            && address.GetAddressBytes() is not [169, 254, _, _] and not [100, 100, 100, 200];
    }
}

/// <summary>The addresses of the resolver in a private network.</summary>
/// <param name="IPv6">Null where the network has no IPv6.</param>
/// <param name="AsksLoopback">Whether it asks a server that listens on this machine's loopback.</param>
internal sealed record ResolverAddresses(string IPv4, string? IPv6, bool AsksLoopback);
