using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Manifold.Linux;

/// <summary>Keeps frames for some addresses from ever reaching the program that carries a private network's traffic.</summary>
/// <remarks>
/// Such a program opens a socket of this machine to whatever address a frame names. The kernel of the private network sends nothing to
/// 127.0.0.1 out of it, but a process that may make raw sockets (root in a RUN may, as in Docker) writes frames as it likes: with pasta of
/// 2023 and slirp4netns they reach this machine's loopback. So the kernel drops them at the tap device, whatever wrote them and whatever
/// the program would do. Source: the kernel's networking/tuntap and networking/filter documents.
/// </remarks>
internal static unsafe partial class TapFilter
{
    private const string Device = "/dev/net/tun";
    internal const nint OpenProcess = 434, TakeHandle = 438; // pidfd_open, pidfd_getfd: the same on all architectures of .NET

    /// <summary>
    /// TUNATTACHFILTER, <c>_IOW('T', 213, struct sock_fprog)</c>:
    /// powerpc has other bits for the direction, and the structure has a pointer.
    /// </summary>
    internal static uint AttachOf(Architecture architecture) =>
        (architecture == Architecture.Ppc64le ? 0x8000_0000 : 0x4000_0000) | (uint)sizeof(FilterProgram) << 16 | 0x54D5;

    [StructLayout(LayoutKind.Sequential)]
    internal struct FilterProgram
    {
        public ushort Length;
        public Instruction* Code;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);

    /// <summary>Puts the filter on the tap device that a process has open.</summary>
    /// <exception cref="IOException">The kernel refuses, is older than 5.6, or the process has no tap device.</exception>
    public static void Install(int process)
    {
        var number = Directory.EnumerateFileSystemEntries($"/proc/{process}/fd")
            .FirstOrDefault(entry => new FileInfo(entry).LinkTarget is { } target && target.EndsWith("/tun", StringComparison.Ordinal))
            ?? throw new IOException($"process {process} has not opened '{Device}'.");
        using var opened = Handle(Call(OpenProcess, process, 0, 0), "pidfd_open");
        using var tap = Handle(Call(TakeHandle, opened.DangerousGetHandle(),
            nint.Parse(Path.GetFileName(number), CultureInfo.InvariantCulture), 0), "pidfd_getfd");
        fixed (Instruction* code = Program)
        {
            var program = new FilterProgram { Length = (ushort)Program.Length, Code = code };
            if (Control(tap, AttachOf(RuntimeInformation.ProcessArchitecture), &program) != 0)
                throw Failure("TUNATTACHFILTER");
        }
    }

    private const ushort LoadByte = 0x30, LoadHalf = 0x28, LoadWord = 0x20, IfEqual = 0x15, IfAtLeast = 0x35, Return = 0x06;
    private const byte Next = 0;

    /// <summary>Says of an Ethernet frame how many of its bytes pass: all or none.</summary>
    /// <remarks>
    /// Dropped are IPv4 to 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16 (link-local, where clouds keep credentials), 100.100.100.200 (the same,
    /// Alibaba's) and from 224.0.0.0 on (multicast, broadcast); IPv6 to ::/64 (loopback, unspecified, IPv4 in IPv6), to where clouds keep
    /// credentials (fd00:ec2::/64 is Amazon's, fd20:ce::/64 Google's, fd00:c1::/64 Oracle's, fd00:42::/64 Scaleway's), and multicast
    /// other than ICMPv6, which finds neighbours; and what is neither IP nor ARP.
    /// </remarks>
    internal static readonly Instruction[] Program =
    [
        /*  0 */ new(LoadHalf, Next, Next, 12),
        /*  1 */ new(IfEqual, 3, Next, 0x0800),
        /*  2 */ new(IfEqual, 10, Next, 0x86DD),
        /*  3 */ new(IfEqual, 22, Next, 0x0806),
        /*  4 */ new(Return, Next, Next, 0),
        /*  5 */ new(LoadByte, Next, Next, 30), // IPv4: the first byte of the destination
        /*  6 */ new(IfEqual, 18, Next, 127),
        /*  7 */ new(IfEqual, 17, Next, 0),
        /*  8 */ new(IfAtLeast, 16, Next, 224),
        /*  9 */ new(LoadHalf, Next, Next, 30),
        /* 10 */ new(IfEqual, 14, Next, 0xA9FE),
        /* 11 */ new(LoadWord, Next, Next, 30),
        /* 12 */ new(IfEqual, 12, 13, 0x646464C8),
        /* 13 */ new(LoadWord, Next, Next, 38), // IPv6: the first and the second four bytes
        /* 14 */ new(IfEqual, 4, Next, 0),
        /* 15 */ new(IfEqual, 3, Next, 0xFD000EC2),
        /* 16 */ new(IfEqual, 2, Next, 0xFD2000CE),
        /* 17 */ new(IfEqual, 1, Next, 0xFD0000C1),
        /* 18 */ new(IfEqual, Next, 2, 0xFD000042),
        /* 19 */ new(LoadWord, Next, Next, 42),
        /* 20 */ new(IfEqual, 4, Next, 0),
        /* 21 */ new(LoadByte, Next, Next, 38),
        /* 22 */ new(IfEqual, Next, 3, 0xFF),
        /* 23 */ new(LoadByte, Next, Next, 20), // the next header
        /* 24 */ new(IfEqual, 1, Next, 58),
        /* 25 */ new(Return, Next, Next, 0),
        /* 26 */ new(Return, Next, Next, int.MaxValue),
    ];

    private static SafeFileHandle Handle(nint result, string call) => result >= 0
        ? new SafeFileHandle(result, ownsHandle: true)
        : throw Failure(call);

    private static IOException Failure(string call)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{call}: {Marshal.GetPInvokeErrorMessage(error)}.", error);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Call(nint number, nint first, nint second, nint third);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle handle, nuint request, void* argument);
}
