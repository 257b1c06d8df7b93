using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Manifold.Server;

/// <summary>The client that a limit applies to: a logged-in user, or else an address.</summary>
internal static class Client
{
    public static string Of(HttpContext http) =>
        http.User.Identity is { IsAuthenticated: true, Name: { } user } ? $"user {user}" : Of(http.Connection.RemoteIpAddress);

    /// <summary>One machine has one IPv4 address, and as many of IPv6 as it likes below one prefix of 64 bits.</summary>
    public static string Of(IPAddress? address)
    {
        if (address is null)
            return "-";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 && !IPAddress.IsLoopback(address)
            ? Convert.ToHexString(address.GetAddressBytes()[..8]) : address.ToString();
    }
}
