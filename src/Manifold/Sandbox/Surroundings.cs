using System.Text;

namespace Manifold.Sandbox;

/// <summary>The environment of this process: a machine, or a container or pod that already has a network of its own.</summary>
/// <remarks>
/// A marker alone says little: a virtual machine's disk may be made from an image that has one. So a container is a process namespace that
/// is not the kernel's first, together with a marker of an engine or a root that an engine stacked. It may still share the network of its
/// machine (<c>--network=host</c>, <c>hostNetwork: true</c>), and that machine may be a container itself, without hardware. So its network
/// is its own only where all of this is seen; else it counts as the machine's:
/// <code>
/// not the kernel's first network     that one has settings that no other has
/// no hardware, no bridge             a machine whose engine has containers has a bridge for them
/// the way out is as engines make it  a veth, ipvlan or macvlan, whose other end is elsewhere; a tap (rootless podman's)
/// </code>
/// </remarks>
/// <param name="root">Stands for <c>/</c>.</param>
internal sealed class Surroundings(string root = "/")
{
    // PROC_PID_INIT_INO in the kernel's include/linux/proc_ns.h
    private const string FirstProcessNamespace = "pid:[4026531836]";

    private static readonly string[] Markers =
        [".dockerenv", "run/.containerenv", "run/systemd/container", "var/run/secrets/kubernetes.io"];

    /// <summary>Whether the network that this process has is one that was made for it.</summary>
    public bool HasNetworkOfItsOwn => IsContainer && !IsFirstNetwork && !Cards.Any(IsOfMachine) && WaysOut.Any(IsMadeByEngine);

    private bool IsContainer =>
        LinkOf("proc/self/ns/pid") is { } space && space != FirstProcessNamespace
        && (Markers.Any(marker => File.Exists(In(marker)) || Directory.Exists(In(marker)))
            || Variables("proc/1/environ") || Variables("proc/self/environ") || IsStacked);

    // net_core_table in the kernel's net/core/sysctl_net_core.c
    private bool IsFirstNetwork => Path.Exists(In("proc/sys/net/core/netdev_budget"));

    private string[] Cards => Directory.Exists(In("sys/class/net")) ? Directory.GetFileSystemEntries(In("sys/class/net")) : [];

    // An engine's internal network has no default route, and a card all the same.
    private string[] WaysOut =>
        Cards.Where(card => DefaultRoutes.Contains(Path.GetFileName(card))).ToArray() is { Length: > 0 } ways ? ways : Cards;

    private IEnumerable<string?> DefaultRoutes => Text("proc/self/net/route").Split('\n').Select(line => line.Split('\t'))
        .Where(fields => fields is [_, "00000000", _, _, _, _, _, "00000000", ..]).Select(fields => fields[0])
        .Append(NetworkProgram.SixthInterface(In("proc/self/net/ipv6_route")));

    private static bool IsOfMachine(string card) => Path.Exists(Path.Combine(card, "device")) || Path.Exists(Path.Combine(card, "bridge"));

    // A tunnel's other end is 0.
    private bool IsMadeByEngine(string card) =>
        Path.Exists(Path.Combine(card, "tun_flags"))
        || (Setting(card, "iflink") is not ("" or "0") and var other && other != Setting(card, "ifindex"));

    private string Setting(string card, string name) => Text(Path.Combine(card, name)).Trim();

    /// <summary>Whether <c>/</c> is layers on each other: fields 5 and, behind a dash, the type.</summary>
    private bool IsStacked =>
        Text("proc/self/mountinfo").Split('\n')
            .Any(line => line.Split(' ') is [_, _, _, _, "/", ..] && line.Contains(" - overlay ", StringComparison.Ordinal));

    // systemd-nspawn, LXC, podman and CRI-O say container=; the kubelet says where its API is.
    private bool Variables(string file) => Text(file).Split('\0').Any(variable =>
        variable.StartsWith("container=", StringComparison.Ordinal)
            || variable.StartsWith("KUBERNETES_SERVICE_HOST=", StringComparison.Ordinal));

    private string? LinkOf(string path)
    {
        try
        {
            return new FileInfo(In(path)).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string Text(string path)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes(In(path)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private string In(string path) => Path.Combine(root, path);
}
