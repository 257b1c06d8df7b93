using Manifold.Sandbox;

namespace Manifold.Tests.Sandbox;

public sealed class TellingAContainerFromAMachine
{
    private const string Machine = "pid:[4026531836]", Other = "pid:[4026532201]";
    private const string OrdinaryRoot = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n",
        StackedRoot = "22 1 0:50 / / rw - overlay overlay rw,lowerdir=/x\n";

    [Theory]
    [InlineData(".dockerenv", "")]
    [InlineData("run/.containerenv", "")]
    [InlineData("run/systemd/container", "systemd-nspawn")]
    [InlineData("var/run/secrets/kubernetes.io/serviceaccount/token", "x")]
    [InlineData("proc/1/environ", "PATH=/bin\0container=podman\0")]
    [InlineData("proc/self/environ", "KUBERNETES_SERVICE_HOST=10.0.0.1\0")]
    [InlineData("proc/self/mountinfo", StackedRoot)]
    public void goes_by_any_engines_mark_in_a_process_namespace_of_its_own(string file, string content)
    {
        using var folder = Root(Other, [(file, content), .. Veth]);
        Assert.True(new Surroundings(folder.Path).HasNetworkOfItsOwn);
    }

    [Fact]
    public void finds_none_where_nothing_marks_one()
    {
        using var folder = Root(Other, [("proc/self/mountinfo", OrdinaryRoot), ("proc/1/environ", "PATH=/bin\0"), .. Veth]);
        Assert.False(new Surroundings(folder.Path).HasNetworkOfItsOwn);
    }

    [Fact]
    public void does_not_take_a_machine_for_one_whose_disk_was_made_from_an_image()
    {
        using var folder = Root(Machine, [(".dockerenv", ""), ("proc/self/mountinfo", StackedRoot), .. Veth]);
        Assert.False(new Surroundings(folder.Path).HasNetworkOfItsOwn);
    }

    [Theory]
    [InlineData("sys/class/net/eth1/device/vendor", "0x1af4")]
    [InlineData("sys/class/net/docker0/bridge/bridge_id", "8000.024200000000")] // docker in an LXC container
    [InlineData("proc/sys/net/core/netdev_budget", "300")]
    public void sees_that_a_container_shares_the_machines_network(string file, string content)
    {
        using var folder = Root(Other, [(".dockerenv", ""), (file, content), .. Veth]);
        Assert.False(new Surroundings(folder.Path).HasNetworkOfItsOwn);
    }

    [Fact]
    public void takes_the_network_for_the_machines_where_its_cards_cannot_be_seen()
    {
        using var folder = Root(Other, (".dockerenv", ""));
        Assert.False(new Surroundings(folder.Path).HasNetworkOfItsOwn);
    }

    [Theory]
    [InlineData("venet0", "2", "2")] // a container of OpenVZ's as the machine
    [InlineData("tunl0", "2", "0")]
    [InlineData("wg0", "5", "5")]
    public void takes_the_network_for_the_machines_where_no_engine_made_its_way_out(string card, string number, string other)
    {
        // A pod's end of a veth is on the machine as well.
        using var folder = Root(Other, [(".dockerenv", ""), Route(card), .. Card(card, number, other), .. Card("cali12", "7", "3")]);
        Assert.False(new Surroundings(folder.Path).HasNetworkOfItsOwn);
    }

    [Fact]
    public void finds_one_behind_a_tap_as_rootless_podman_makes_it()
    {
        using var folder = Root(Other,
        [
            ("run/.containerenv", ""), Route("enp1s0"), .. Card("enp1s0", "2", "2"), ("sys/class/net/enp1s0/tun_flags", "0x1002"),
            .. Card("lo", "1", "1"),
        ]);
        Assert.True(new Surroundings(folder.Path).HasNetworkOfItsOwn);
    }

    [Fact]
    public void finds_one_that_leads_out_by_IPv6_alone()
    {
        const string nowhere = "00000000000000000000000000000000";
        var route = $"{nowhere} 00 {nowhere} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n";
        using var folder = Root(Other,
            [(".dockerenv", ""), ("proc/self/net/ipv6_route", route), .. Card("eth0", "2", "9"), .. Card("tunl0", "3", "0")]);
        Assert.True(new Surroundings(folder.Path).HasNetworkOfItsOwn);
    }

    [Fact]
    public void finds_one_without_a_default_route()
    {
        using var folder = Root(Other, [(".dockerenv", ""), .. Card("eth0", "2", "9"), .. Card("lo", "1", "1")]);
        Assert.True(new Surroundings(folder.Path).HasNetworkOfItsOwn);
    }

    // As in a container of Docker's, or a pod.
    private static (string, string)[] Veth => [Route("eth0"), .. Card("eth0", "2", "9"), .. Card("lo", "1", "1")];

    private static (string, string) Route(string card) => ("proc/self/net/route",
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        + $"{card}\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");

    private static (string, string)[] Card(string name, string number, string other) =>
        [($"sys/class/net/{name}/ifindex", number + "\n"), ($"sys/class/net/{name}/iflink", other + "\n")];

    private static TemporaryFolder Root(string processes, params (string Path, string Content)[] files)
    {
        var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["proc/self/ns"]);
        File.CreateSymbolicLink(folder["proc/self/ns/pid"], processes);
        foreach (var (path, content) in files)
            folder.Write(path, content);
        return folder;
    }
}
