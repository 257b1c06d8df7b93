using System.Collections.Immutable;
using System.Globalization;

namespace Manifold.Sandbox;

/// <summary>A program that carries the traffic of a network namespace through sockets of its own: pasta, or slirp4netns.</summary>
/// <remarks>
/// The addresses are slirp4netns's usual ones, for both: the RUN has none of this machine's addresses, so it can reach this machine at
/// those, as a container of Docker's can. Neither takes connections from outside, and neither stands this machine's loopback behind the
/// address of the gateway.
/// </remarks>
/// <param name="Path">Where it is installed.</param>
internal sealed record NetworkProgram(string Path)
{
    public const string Interface = "eth0", Pasta = "pasta", Slirp = "slirp4netns";

    private const string Address = "10.0.2.100", Gateway = "10.0.2.2", Resolver = "10.0.2.3", PrefixLength = "24";
    private const string Address6 = "fd6d:616e:6966::64", Gateway6 = "fd6d:616e:6966::2", Resolver6 = "fd6d:616e:6966::3";
    private const string GatewayCard = "02:6d:61:6e:69:66"; // pasta takes an interface's where it is not told, and loopback has none

    // .NET's children ignore SIGPIPE, with which pasta of 2023 does not start ("Couldn't install signal handlers"),
    // and no shell can undo that.
    private const string WithBrokenPipe =
        "env --default-signal=PIPE true 2>/dev/null && set -- env --default-signal=PIPE \"$@\"; exec \"$@\"";

    private bool IsPasta => System.IO.Path.GetFileName(Path) == Pasta;

    /// <summary>The addresses of the resolver in a network that it carries.</summary>
    /// <param name="sixth">The interface of this machine's default route for IPv6, or null.</param>
    public ResolverAddresses Resolvers(string? sixth) =>
        new(Resolver, IsPasta && sixth is not null ? Resolver6 : null, AsksLoopback: IsPasta);

    /// <summary>
    /// The command that connects the network mounted at <paramref name="network"/>. It writes to <paramref name="ready"/> when it
    /// has, and runs until it is killed.
    /// </summary>
    /// <param name="forwardsAt">The address at which questions for names are forwarded to this machine's own resolver;
    /// null where they need not be.</param>
    public ImmutableArray<string> Command(string network, string ready, string? sixth, string? forwardsAt) => IsPasta
        ?
        [
            "sh", "-c", WithBrokenPipe, "sh",
            Path, "--quiet", "--foreground", "--config-net", "--runas", "0:0", "--pid", ready,
            // Addresses are given, so the interface matters for IPv6 alone, and a machine without a default route has at least loopback.
            "--interface", sixth ?? "lo", "--ns-ifname", Interface, "--mac-addr", GatewayCard,
            "--address", Address, "--netmask", PrefixLength, "--gateway", Gateway,
            .. sixth is null ? (ReadOnlySpan<string>)["--ipv4-only"] : ["--address", Address6, "--gateway", Gateway6],
            "--tcp-ports", "none", "--udp-ports", "none", "--tcp-ns", "none", "--udp-ns", "none", "--no-map-gw",
            .. forwardsAt is null ? (ReadOnlySpan<string>)[] : ["--dns-forward", forwardsAt],
            "--netns", network,
        ]
        : ["sh", "-c", "exec \"$@\" 3>\"$0\"", ready, Path, "--configure", "--mtu=65520", "--disable-host-loopback", "--ready-fd=3",
            "--netns-type=path", network, Interface];

    /// <summary>The part of a program's command line that shows that it connects a network in this folder.</summary>
    public static ImmutableArray<string> MarksOf(string folder) => [$" --netns {folder}/", $" --netns-type=path {folder}/"];

    /// <summary>The interface of the default route for IPv6; null if there is none.</summary>
    /// <remarks>Source: the kernel's fib6 listing: destination, its prefix length, …, name.</remarks>
    public static string? SixthInterface(string routes = "/proc/net/ipv6_route")
    {
        const uint up = 0x1, reject = 0x200;
        return !File.Exists(routes) ? null : File.ReadLines(routes).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .FirstOrDefault(fields => fields is [var destination, "00", _, _, _, _, _, _, var flags, not "lo"]
                && destination.All(digit => digit == '0')
                && uint.TryParse(flags, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
                && (bits & (up | reject)) == up)?[9];
    }
}
