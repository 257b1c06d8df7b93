using Manifold.Oci;
using Manifold.Sandbox;

namespace Manifold.Tests.Sandbox;

public sealed class RunningACommand(BusyBox box) : IClassFixture<BusyBox>
{
    [Fact]
    public async Task gives_its_exit_code()
    {
        using var result = await box.Run("exit 7");
        Assert.Equal((7, false, null), (result.ExitCode, result.Emulated, result.RuntimeFailure));
    }

    [Fact]
    public async Task killed_by_a_signal_gives_128_and_the_signal()
    {
        using var result = await box.Run("sh -c 'kill -9 $$'; exit $?");
        Assert.Equal(137, result.ExitCode);
    }

    [Theory]
    [InlineData("/bin/absent", 127)]
    [InlineData("absent", 127)]
    [InlineData("/etc/passwd", 126)]
    public async Task that_is_not_a_program_gives_a_shells_exit_code(string program, int expected)
    {
        using var result = await box.Sandbox.RunAsync(BusyBox.Shell("") with { Arguments = [program] }, TestContext.Current.CancellationToken);
        Assert.Equal(expected, result.ExitCode);
        Assert.Contains(program, result.RuntimeFailure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task hands_on_each_line_with_its_stream_as_it_comes()
    {
        var lines = new List<LogLine>();
        var early = new TaskCompletionSource();
        var request = BusyBox.Shell("echo one; echo two >&2; while [ ! -e /mark/go ]; do sleep 0.05; done; printf 'three\\r\\nlast'") with
        {
            Mounts = [Bind("/mark", box.Store.WorkFolder)],
            OnLine = line =>
            {
                lines.Add(line);
                if (line.Text == "two")
                    early.SetResult();
            },
        };
        var run = box.Sandbox.RunAsync(request, TestContext.Current.CancellationToken);
        await early.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.False(run.IsCompleted);
        await File.WriteAllTextAsync(Path.Combine(box.Store.WorkFolder, "go"), "");
        using var result = await run;
        Assert.Equal(["one", "three", "last"], lines.Where(line => line.Stream == LogStream.Output).Select(line => line.Text));
        Assert.Equal(["two"], lines.Where(line => line.Stream == LogStream.Error).Select(line => line.Text));
    }

    [Fact]
    public async Task remembers_the_last_20_lines()
    {
        using var result = await box.Run("seq 1000; exit 3");
        Assert.Equal(Enumerable.Range(981, 20).Select(number => $"{number}"), result.Tail);
    }

    [Fact]
    public async Task cuts_an_endless_line_into_pieces()
    {
        var lengths = new List<int>();
        using var result = await box.Sandbox.RunAsync(
            BusyBox.Shell("head -c 200000 /dev/zero") with { OnLine = line => lengths.Add(line.Text.Length) }, TestContext.Current.CancellationToken);
        Assert.Equal(200000, lengths.Sum());
        Assert.All(lengths, length => Assert.InRange(length, 1, 65536));
    }

    [Fact]
    public async Task left_in_the_background_does_not_hang_the_run()
    {
        var time = TimeProvider.System.GetTimestamp();
        using var result = await box.Run("setsid sleep 1000 & sleep 1000 & echo done");
        Assert.Equal(["done"], result.Tail);
        Assert.InRange(TimeProvider.System.GetElapsedTime(time).TotalSeconds, 0, 10);
    }

    [Fact]
    public async Task whose_lines_cannot_be_taken_is_ended()
    {
        var request = BusyBox.Shell("while true; do echo more; done") with { OnLine = _ => throw new FormatException("enough") };
        await Assert.ThrowsAsync<FormatException>(() => box.Sandbox.RunAsync(request, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task works_many_times_at_once()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => box.Run($"echo {i} > /own; cat /own; exit {i}")));
        Assert.Equal(Enumerable.Range(0, 12).Select(i => (i, $"{i}")), results.Select(result => (result.ExitCode, result.Tail.Single())));
        Assert.Equal(12, results.Select(result => result.ChangesFolder).Distinct().Count());
        Assert.All(results, result => result.Dispose());
    }

    private static RunMount Bind(string target, string source) => new() { Kind = MountKind.Bind, Target = target, Source = source };
}

public sealed class TheWorldOfACommand(BusyBox box) : IClassFixture<BusyBox>
{
    [Fact]
    public async Task has_dockers_path_and_home_where_none_are_given() =>
        Assert.Equal("HOME=/root\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            await box.Output(BusyBox.Shell("env | grep -v -E 'PWD|SHLVL' | sort")));

    [Fact]
    public async Task has_the_environment_that_is_given() =>
        Assert.Equal("a b=c|/x|/home/other",
            await box.Output(BusyBox.Shell("echo \"$WORDS|$PATH|$HOME\"") with { Environment = ["WORDS=a b=c", "PATH=/x", "HOME=/home/other"] }));

    [Fact]
    public async Task has_its_working_directory_made()
    {
        using var result = await box.Sandbox.RunAsync(BusyBox.Shell("pwd; stat -c '%a %u' .") with { WorkingDirectory = "/srv/app" }, TestContext.Current.CancellationToken);
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
        var error = await Assert.ThrowsAsync<UsageException>(() => box.Sandbox.RunAsync(BusyBox.Shell("id") with { User = "daemon" }, TestContext.Current.CancellationToken));
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
        await Assert.ThrowsAnyAsync<Exception>(() => box.Sandbox.RunAsync(BusyBox.Shell("id", BusyBox.Base, link) with { User = "daemon" }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task has_loopback_only_without_a_network() =>
        Assert.Equal("lo", await box.Output(BusyBox.Shell("ls /sys/class/net") with { Network = NetworkMode.None }));

    [Fact]
    public async Task has_this_machines_network_by_default() =>
        Assert.Equal(
            string.Join('\n', Directory.GetFileSystemEntries("/sys/class/net").Select(Path.GetFileName).Order(StringComparer.Ordinal)),
            await box.Output(BusyBox.Shell("ls -1 /sys/class/net")));

    [Fact]
    public async Task has_dockers_capabilities_and_a_filter_of_system_calls()
    {
        var status = await box.Output(BusyBox.Shell("grep -E '^(CapBnd|CapEff|NoNewPrivs|Seccomp):' /proc/self/status"));
        Assert.Equal("CapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\nNoNewPrivs:\t0\nSeccomp:\t2", status);
    }

    [Fact]
    public async Task has_no_disk_of_this_machine()
    {
        var disk = File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')).First(fields => fields[4] == "/")[2].Replace(':', ' ');
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
        var output = await box.Output(BusyBox.Shell("cat /deep/in/it/file; touch /deep/in/it/x 2>&1; echo made > /rw/made; stat -f -c %T /mem") with
        {
            Mounts =
            [
                new RunMount { Kind = MountKind.Bind, Target = "/deep/in/it", Source = folder["in"], ReadOnly = true },
                new RunMount { Kind = MountKind.Bind, Target = "/rw", Source = folder.Path },
                new RunMount { Kind = MountKind.Tmpfs, Target = "/mem", SizeBytes = 1 << 20 },
            ],
        });
        Assert.Equal("contenttouch: /deep/in/it/x: Read-only file system\ntmpfs", output);
        Assert.Equal("made\n", File.ReadAllText(folder["made"]));
    }
}

public sealed class TheChangesOfACommand(BusyBox box) : IClassFixture<BusyBox>
{
    [Fact]
    public async Task are_what_it_made_altered_and_removed()
    {
        using var result = await box.Run("echo new > /etc/new; rm /etc/group; rm -r /tmp; mkdir /tmp");
        Assert.Equal("", string.Join('\n', result.Tail));
        Assert.Equal(["etc", "etc/group", "etc/new", "tmp"], Changes(result));
    }

    [Fact]
    public async Task are_nothing_when_it_only_looks()
    {
        using var result = await box.Sandbox.RunAsync(BusyBox.Shell("cat /etc/resolv.conf /etc/hosts; ls /proc /sys /dev /a/b/c; mount") with
        {
            Mounts = [new RunMount { Kind = MountKind.Tmpfs, Target = "/a/b/c" }],
        }, TestContext.Current.CancellationToken);
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(Changes(result));
    }

    [Fact]
    public async Task do_not_have_the_mount_points_beside_what_it_made_in_the_same_folder()
    {
        using var result = await box.Sandbox.RunAsync(BusyBox.Shell("echo x > /a/x; echo y > /etc/y") with
        {
            Mounts = [new RunMount { Kind = MountKind.Tmpfs, Target = "/a/b/c" }],
        }, TestContext.Current.CancellationToken);
        Assert.Equal(["a", "a/x", "etc", "etc/y"], Changes(result));
    }

    [Fact]
    public async Task do_not_have_the_mount_point_that_a_link_of_the_image_leads_to()
    {
        var link = box.Layer("linked resolv.conf", root =>
        {
            Directory.CreateDirectory(Path.Combine(root, "etc"));
            File.CreateSymbolicLink(Path.Combine(root, "etc", "resolv.conf"), "../run/systemd/resolve/stub-resolv.conf");
        });
        using var result = await box.Sandbox.RunAsync(BusyBox.Shell("cat /etc/resolv.conf", BusyBox.Base, link), TestContext.Current.CancellationToken);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(File.ReadAllLines("/etc/resolv.conf").TakeLast(20), result.Tail);
        Assert.Empty(Changes(result));
    }

    [Fact]
    public async Task become_a_layer_that_the_next_command_stands_on()
    {
        var layer = Digest.Of("changes");
        using (var first = await box.Run("echo kept > /kept; rm /etc/group"))
            box.Snapshots.Adopt(first.ChangesFolder, layer);
        Assert.Equal("kept\npasswd", await box.Output(BusyBox.Shell("cat /kept; ls /etc | grep -v -E 'hosts|resolv'", BusyBox.Base, layer)));
    }

    [Fact]
    public async Task go_with_the_result()
    {
        var result = await box.Run("echo x > /x");
        Assert.True(Directory.Exists(result.ChangesFolder));
        result.Dispose();
        Assert.False(Directory.Exists(Path.GetDirectoryName(result.ChangesFolder)));
    }

    [Fact]
    public async Task leave_the_folders_times_and_modes_alone()
    {
        var before = await box.Output(BusyBox.Shell("stat -c '%n %a %u %Y' / /etc /tmp"));
        Assert.Contains("/tmp 1777 0 ", before, StringComparison.Ordinal);
        var etc = new DateTimeOffset(File.GetLastWriteTimeUtc(Path.Combine(box.Snapshots.FolderOf(BusyBox.Base), "etc")));
        Assert.Contains($"/etc 755 0 {etc.ToUnixTimeSeconds()}", before, StringComparison.Ordinal);
    }

    private static string[] Changes(RunResult result) =>
        [.. Directory.EnumerateFileSystemEntries(result.ChangesFolder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(result.ChangesFolder, path)).Order(StringComparer.Ordinal)];
}
