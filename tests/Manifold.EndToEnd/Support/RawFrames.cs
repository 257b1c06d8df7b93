using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Manifold.EndToEnd.Support;

/// <summary>Frames as a process writes them that may make raw sockets: to addresses that the kernel would never send out.</summary>
internal static class RawFrames
{
    private const int SourcePort = 41234;

    /// <summary>Writes the first packet of a TCP connection to an interface, in the network of the calling thread.</summary>
    public static void SendConnect(string card, IPEndPoint to)
    {
        // /sys shows the network that it was mounted in; /proc the thread's.
        var index = File.ReadLines("/proc/thread-self/net/if_inet6").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[^1] == card)
            .Select(fields => int.Parse(fields[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)).First();
        using var socket = new Socket(AddressFamily.Packet, SocketType.Raw, (ProtocolType)BinaryPrimitives.ReverseEndianness((short)3));
        socket.SendTo(Frame(IPAddress.Parse("10.0.2.100"), to.Address, to.Port), new Card(index));
    }

    private static byte[] Frame(IPAddress from, IPAddress to, int port)
    {
        var frame = new byte[14 + 20 + 20];
        frame.AsSpan(0, 6).Fill(0xFF);
        frame[6] = 2;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), 0x0800);
        var ip = frame.AsSpan(14, 20);
        var tcp = frame.AsSpan(34);
        (ip[0], ip[8], ip[9]) = (0x45, 64, 6);
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], 40);
        from.GetAddressBytes().CopyTo(ip[12..]);
        to.GetAddressBytes().CopyTo(ip[16..]);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], Sum([.. ip]));
        BinaryPrimitives.WriteUInt16BigEndian(tcp, SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], (ushort)port);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], 1000);
        (tcp[12], tcp[13]) = (0x50, 0x02); // five words of header; SYN
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], 65000);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], Sum([.. ip[12..20], 0, 6, 0, 20, .. tcp]));
        return frame;
    }

    private static ushort Sum(byte[] bytes)
    {
        var sum = 0;
        for (var i = 0; i < bytes.Length; i += 2)
            sum += bytes[i] << 8 | bytes[i + 1];
        while (sum > 0xFFFF)
            sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }

    /// <summary>struct sockaddr_ll: the protocol and the interface.</summary>
    private sealed class Card(int index) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, 20);
            (address[2], address[3]) = (0x08, 0x00);
            for (var i = 0; i < 4; i++)
                address[4 + i] = (byte)(index >> (8 * i));
            address[11] = 6;
            for (var i = 0; i < 6; i++)
                address[12 + i] = 0xFF;
            return address;
        }
    }
}
