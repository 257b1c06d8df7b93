using Manifold.Sandbox;

namespace Manifold.EndToEnd.Sandbox;

public sealed class TheWorldOfACommand(BusyBox box) : IClassFixture<BusyBox>
{
    [Fact]
    public async Task has_dockers_path_and_home_where_none_are_given() =>
        Assert.Equal("HOME=/root\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            await box.Output(BusyBox.Shell("env | grep -v -E 'PWD|SHLVL' | sort")));

    [Fact]
    public async Task has_the_environment_that_is_given() =>
        Assert.Equal("a b=c|/x|/home/other",
            await box.Output(
                BusyBox.Shell("echo \"$WORDS|$PATH|$HOME\"") with { Environment = ["WORDS=a b=c", "PATH=/x", "HOME=/home/other"] }));

    [Fact]
    public async Task has_the_usual_umask() =>
        Assert.Equal("0022", await box.Output(BusyBox.Shell("umask")));

    [Fact]
    public async Task has_its_working_directory_made()
    {
        using var result = await box.Sandbox.RunAsync(BusyBox.Shell("pwd; stat -c '%a %u' .") with { WorkingDirectory = "/srv/app" },
            TestContext.Current.CancellationToken);
        Assert.Equal(["/srv/app", "755 0"], result.Tail);
        Assert.True(Directory.Exists(Path.Combine(result.ChangesFolder, "srv", "app")));
    }

    [Theory]
    [InlineData("", "uid=0(root) gid=0(root) groups=0(root)|/root")]
    [InlineData("anna", "uid=1000(anna) gid=1001(anna) groups=44(video),1001(anna)|/home/anna")]
    [InlineData("1000", "uid=1000(anna) gid=1001(anna) groups=44(video),1001(anna)|/home/anna")]
    [InlineData("anna:staff", "uid=1000(anna) gid=50(staff) groups=50(staff)|/home/anna")]
    [InlineData("1000:50", "uid=1000(anna) gid=50(staff) groups=50(staff)|/home/anna")]
    [InlineData("77", "uid=77 gid=0(root) groups=0(root)|/")]
    public async Task has_the_user_of_the_images_own_files(string user, string expected) =>
        Assert.Equal(expected, await box.Output(BusyBox.Shell("echo \"$(id)|$HOME\"") with { User = user }));

    [Fact]
    public async Task does_not_know_a_user_that_only_this_machine_has()
    {
        var error = await Assert.ThrowsAsync<UsageException>(
            () => box.Sandbox.RunAsync(BusyBox.Shell("id") with { User = "daemon" }, TestContext.Current.CancellationToken));
        Assert.Contains("no user 'daemon'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task never_reads_the_users_through_a_link_out_of_the_image()
    {
        var link = box.Layer("linked passwd", root =>
        {
            Directory.CreateDirectory(Path.Combine(root, "etc"));
            File.CreateSymbolicLink(Path.Combine(root, "etc", "passwd"), "../../../../../../../../../../etc/passwd");
        });
        await Assert.ThrowsAnyAsync<Exception>(() =>
            box.Sandbox.RunAsync(BusyBox.Shell("id", BusyBox.Base, link) with { User = "daemon" }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task has_loopback_only_without_a_network() =>
        Assert.Equal("lo", await box.Output(BusyBox.Shell("ls /sys/class/net") with { Network = NetworkMode.None }));

    [Fact]
    public async Task has_this_machines_network_where_it_asks_for_that() =>
        // By its identity: the interfaces in it come and go with other tests' containers.
        Assert.Equal(new FileInfo("/proc/self/ns/net").LinkTarget,
            await box.Output(BusyBox.Shell("busybox readlink /proc/self/ns/net") with { Network = NetworkMode.Host }));

    [Fact]
    public async Task has_dockers_capabilities_and_a_filter_of_system_calls()
    {
        var status = await box.Output(BusyBox.Shell("grep -E '^(CapBnd|CapEff|NoNewPrivs|Seccomp):' /proc/self/status"));
        Assert.Equal("CapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\nNoNewPrivs:\t0\nSeccomp:\t2", status);
    }

    [Fact]
    public async Task has_no_disk_of_this_machine()
    {
        var disk =
            File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')).First(fields => fields[4] == "/")[2].Replace(':', ' ');
        using var result = await box.Run($"mknod /disk b {disk} && mknod /dev/disk b {disk} && head -c 1 /disk; head -c 1 /dev/disk");
        Assert.Equal(["head: /disk: Operation not permitted", "head: /dev/disk: Operation not permitted"], result.Tail);
    }

    [Fact]
    public async Task sees_no_process_but_its_own() =>
        Assert.Equal("1", await box.Output(BusyBox.Shell("echo $$")));

    [Fact]
    public async Task sees_no_control_group_but_its_own() =>
        Assert.Equal("0", await box.Output(BusyBox.Shell("ls -d /sys/fs/cgroup/*/ 2>/dev/null | wc -l")));

    [Fact]
    public async Task has_the_mounts_that_it_asks_for()
    {
        using var folder = new TemporaryFolder();
        folder.Write("in/file", "content");
        var output =
            await box.Output(BusyBox.Shell("cat /deep/in/it/file; touch /deep/in/it/x 2>&1; echo made > /rw/made; stat -f -c %T /mem") with
            {
                Mounts =
                [
                    new SandboxMount
                    {
                        Kind = MountKind.Bind,
                        Target = "/deep/in/it",
                        Source = folder["in"],
                        ReadOnly = true,
                    },
                    new SandboxMount { Kind = MountKind.Bind, Target = "/rw", Source = folder.Path },
                    new SandboxMount { Kind = MountKind.Tmpfs, Target = "/mem", SizeBytes = 1 << 20 },
                ],
            });
        Assert.Equal("contenttouch: /deep/in/it/x: Read-only file system\ntmpfs", output);
        Assert.Equal("made\n", File.ReadAllText(folder["made"]));
    }
}
