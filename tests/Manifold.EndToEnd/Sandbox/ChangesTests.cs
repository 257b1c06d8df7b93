using Manifold.Oci;
using Manifold.Sandbox;

namespace Manifold.EndToEnd.Sandbox;

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
        using var result =
            await box.Sandbox.RunAsync(BusyBox.Shell("cat /etc/resolv.conf /etc/hosts; ls /proc /sys /dev /a/b/c; mount") with
            {
                Mounts = [new SandboxMount { Kind = MountKind.Tmpfs, Target = "/a/b/c" }],
            }, TestContext.Current.CancellationToken);
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(Changes(result));
    }

    [Fact]
    public async Task do_not_have_the_mount_points_beside_what_it_made_in_the_same_folder()
    {
        using var result = await box.Sandbox.RunAsync(BusyBox.Shell("echo x > /a/x; echo y > /etc/y") with
        {
            Mounts = [new SandboxMount { Kind = MountKind.Tmpfs, Target = "/a/b/c" }],
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
        using var result =
            await box.Sandbox.RunAsync(BusyBox.Shell("cat /etc/resolv.conf", BusyBox.Base, link), TestContext.Current.CancellationToken);
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
        Assert.Equal("kept\npasswd",
            await box.Output(BusyBox.Shell("cat /kept; ls /etc | grep -v -E 'hosts|resolv'", BusyBox.Base, layer)));
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
        [.. Directory.EnumerateFileSystemEntries(result.ChangesFolder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(result.ChangesFolder, path))
            .Order(StringComparer.Ordinal)];
}
