using System.Text;

namespace Manifold.Sandbox;

/// <summary>The environment of this process: a machine, or a container or pod that already has a network of its own.</summary>
/// <remarks>
/// A marker alone says little: a virtual machine's disk may be made from an image that has one. So a container is a process namespace that
/// is not the kernel's first, together with a marker of an engine or a root that an engine stacked; and its network is its own unless it
/// has the machine's hardware in it (<c>--network=host</c>, <c>hostNetwork: true</c>).
/// </remarks>
/// <param name="root">Stands for <c>/</c>.</param>
internal sealed class Surroundings(string root = "/")
{
    // PROC_PID_INIT_INO in the kernel's include/linux/proc_ns.h
    private const string FirstProcessNamespace = "pid:[4026531836]";

    private static readonly string[] Markers =
        [".dockerenv", "run/.containerenv", "run/systemd/container", "var/run/secrets/kubernetes.io"];

    /// <summary>Whether the network that this process has is one that was made for it.</summary>
    public bool HasNetworkOfItsOwn => IsContainer && !HasHardware;

    private bool IsContainer =>
        LinkOf("proc/self/ns/pid") is { } space && space != FirstProcessNamespace
        && (Markers.Any(marker => File.Exists(In(marker)) || Directory.Exists(In(marker)))
            || Variables("proc/1/environ") || Variables("proc/self/environ") || IsStacked);

    private bool HasHardware =>
        Directory.Exists(In("sys/class/net"))
            && Directory.EnumerateFileSystemEntries(In("sys/class/net")).Any(card => Path.Exists(Path.Combine(card, "device")));

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
