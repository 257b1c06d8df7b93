using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Manifold.Linux;

namespace Manifold.Tests.Linux;

/// <summary>The filter's program, run as the kernel's document on filters says.</summary>
public sealed class WhatLeavesAPrivateNetwork
{
    private const byte Tcp = 6, Icmp6 = 58;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.0.9")]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("169.254.169.254")]
    [InlineData("100.100.100.200")]
    [InlineData("224.0.0.251")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::127.0.0.1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fd20:ce::254")]
    [InlineData("fd00:c1::a9fe:a9fe")]
    [InlineData("fd00:42::42")]
    [InlineData("ff02::fb")]
    public void is_nothing_for_loopback_a_clouds_credentials_or_many_at_once(string address) => Assert.False(Passes(Packet(address, Tcp)));

    [Theory]
    [InlineData("10.0.2.3")]
    [InlineData("126.255.255.255")]
    [InlineData("128.0.0.1")]
    [InlineData("169.253.169.254")]
    [InlineData("100.100.100.199")]
    [InlineData("192.168.1.1")]
    [InlineData("223.255.255.255")]
    [InlineData("2001:db8::1")]
    [InlineData("fe80::1")]
    [InlineData("fd00::1")]
    [InlineData("fd00:ec2:1::254")]
    [InlineData("fd00:ec1::254")]
    [InlineData("fd20:ce:1::254")]
    [InlineData("fd20:cf::254")]
    [InlineData("fd00:c1:0:1::a9fe:a9fe")]
    [InlineData("fd00:42:1::42")]
    [InlineData("fd6d:616e:6966::3")] // the resolver's
    [InlineData("0:0:0:1::1")]
    public void is_what_is_for_others(string address) => Assert.True(Passes(Packet(address, Tcp)));

    [Fact]
    public void is_what_finds_neighbours()
    {
        Assert.True(Passes(Packet("ff02::1:ff00:2", Icmp6)));
        Assert.True(Passes(Frame(0x0806, 28)));
    }

    [Theory]
    [InlineData(0x8100)] // VLAN
    [InlineData(0x88A8)]
    [InlineData(0x8863)]
    public void is_nothing_of_another_kind(int type) => Assert.False(Passes(Frame((ushort)type, 60)));

    [Theory]
    [InlineData(0)]
    [InlineData(13)]
    [InlineData(31)]
    public void is_nothing_that_is_cut_short(int length) => Assert.False(Passes(Packet("8.8.8.8", Tcp)[..length]));

    [Fact]
    public void is_decided_without_a_jump_past_the_end()
    {
        Assert.Equal(0x06, TapFilter.Program[^1].Code);
        for (var at = 0; at < TapFilter.Program.Length; at++)
        {
            var (code, ifTrue, ifFalse, _) = TapFilter.Program[at];
            Assert.True(code == 0x06 || at + 1 + Math.Max(ifTrue, ifFalse) < TapFilter.Program.Length, $"instruction {at}");
        }
    }

    private static byte[] Packet(string to, byte next)
    {
        var address = IPAddress.Parse(to);
        var isFourth = address.AddressFamily == AddressFamily.InterNetwork;
        var frame = Frame(isFourth ? (ushort)0x0800 : (ushort)0x86DD, 40);
        frame[isFourth ? 23 : 20] = next;
        address.GetAddressBytes().CopyTo(frame, isFourth ? 30 : 38);
        return frame;
    }

    private static byte[] Frame(ushort type, int length)
    {
        var frame = new byte[14 + length];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), type);
        return frame;
    }

    // A load beyond the end gives 0: the packet is dropped.
    private static bool Passes(byte[] frame)
    {
        var accumulator = 0u;
        for (var at = 0; ; at++)
        {
            var (code, ifTrue, ifFalse, value) = TapFilter.Program[at];
            var size = code switch { 0x30 => 1, 0x28 => 2, 0x20 => 4, _ => 0 };
            if (size > 0 && value + size > frame.Length)
                return false;
            switch (code)
            {
                case 0x06:
                    return value > 0;
                case 0x15 or 0x35:
                    at += (code == 0x15 ? accumulator == value : accumulator >= value) ? ifTrue : ifFalse;
                    break;
                default:
                    accumulator = frame.AsSpan((int)value, size).ToArray().Aggregate(0u, (sum, next) => sum << 8 | next);
                    break;
            }
        }
    }
}
