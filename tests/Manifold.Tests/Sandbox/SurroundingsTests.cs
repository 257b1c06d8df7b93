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
        using var folder = Root(Other, (file, content));
        Assert.True(new Surroundings(folder.Path).HasNetworkOfItsOwn);
    }

    [Fact]
    public void finds_none_where_nothing_marks_one()
    {
        using var folder = Root(Other, ("proc/self/mountinfo", OrdinaryRoot), ("proc/1/environ", "PATH=/bin\0"));
        Assert.False(new Surroundings(folder.Path).HasNetworkOfItsOwn);
    }

    [Fact]
    public void does_not_take_a_machine_for_one_whose_disk_was_made_from_an_image()
    {
        using var folder = Root(Machine, (".dockerenv", ""), ("proc/self/mountinfo", StackedRoot));
        Assert.False(new Surroundings(folder.Path).HasNetworkOfItsOwn);
    }

    [Fact]
    public void sees_that_a_container_shares_the_machines_network()
    {
        using var folder = Root(Other, (".dockerenv", ""), ("sys/class/net/eth0/device/vendor", "0x1af4"));
        Assert.False(new Surroundings(folder.Path).HasNetworkOfItsOwn);
    }

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
