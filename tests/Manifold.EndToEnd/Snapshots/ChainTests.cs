using System.Collections.Immutable;
using Manifold.EndToEnd.Sandbox;
using Manifold.Oci;

namespace Manifold.EndToEnd.Snapshots;

/// <summary>What a RUN sees of a chain: the kernel's overlayfs judges.</summary>
public sealed class StackingLayers(BusyBox box) : IClassFixture<BusyBox>
{
    [Fact]
    public async Task a_hundred_and_twenty_of_them_are_one_tree()
    {
        var layers = Enumerable.Range(0, 120).Select(i => box.Layer($"long {i}", root =>
        {
            File.WriteAllText(Path.Combine(root, $"file{i}"), "");
            File.WriteAllText(Path.Combine(root, "last"), $"{i}");
        }));
        Assert.Equal("120\n119", await box.Output(BusyBox.Shell("ls -d /file* | wc -l; cat /last", [BusyBox.Base, .. layers])));
    }

    [Fact]
    public async Task one_that_comes_twice_counts_by_its_upper_place()
    {
        var a = box.Layer("twice", root => File.WriteAllText(Path.Combine(root, "who"), "a"));
        var b = box.Layer("between", root => File.WriteAllText(Path.Combine(root, "who"), "b"));
        Assert.Equal("a", await box.Output(BusyBox.Shell("cat /who", BusyBox.Base, a, b, a)));
    }

    [Fact]
    public async Task too_many_are_refused()
    {
        var layers = Enumerable.Range(0, 500).Select(i => Digest.Of($"{i}")).ToImmutableArray();
        var error = await Assert.ThrowsAsync<UsageException>(
            () => box.Sandbox.RunAsync(BusyBox.Shell("true", layers), TestContext.Current.CancellationToken));
        Assert.Contains("500 layers", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_implied_folder_shows_the_attributes_below_it()
    {
        var real = Layer("implied: real", "srv/app", 0x1C0);
        var implying = box.Layer("implied: implying", root => Write(root, "srv/app/file"), "srv", "srv/app", "");
        Assert.Equal("700 /srv/app\n751 /srv\nfile",
            await box.Output(BusyBox.Shell("stat -c '%a %n' /srv/app /srv; ls /srv/app", BusyBox.Base, real, implying)));
    }

    [Fact]
    public async Task an_implied_folder_over_a_removed_one_has_default_attributes()
    {
        var real = Layer("removed: real", "srv/app", 0x1C0);
        var removing = box.Layer("removed: removing", root =>
        {
            Directory.CreateDirectory(Path.Combine(root, "srv"));
            Whiteout(Path.Combine(root, "srv/app"));
        }, "srv");
        var implying = box.Layer("removed: implying", root => Write(root, "srv/app/file"), "srv", "srv/app");
        Assert.Equal("755 /srv/app\n751 /srv",
            await box.Output(BusyBox.Shell("stat -c '%a %n' /srv/app /srv", BusyBox.Base, real, removing, implying)));
    }

    [Fact]
    public async Task an_entry_above_an_implied_folder_wins()
    {
        var real = Layer("above: real", "srv/app", 0x1C0);
        var implying = box.Layer("above: implying", root => Write(root, "srv/app/file"), "srv", "srv/app");
        var above = Layer("above: above", "srv/app", 0x1E8);
        Assert.Equal("750 /srv/app", await box.Output(BusyBox.Shell("stat -c '%a %n' /srv/app", BusyBox.Base, real, implying, above)));
    }

    [Fact]
    public async Task an_implied_folder_that_is_removed_above_stays_removed()
    {
        var real = Layer("gone: real", "srv/app", 0x1C0);
        var implying = box.Layer("gone: implying", root => Write(root, "srv/app/file"), "srv", "srv/app");
        var removing = box.Layer("gone: removing", root =>
        {
            Directory.CreateDirectory(Path.Combine(root, "srv"));
            Whiteout(Path.Combine(root, "srv/app"));
        }, "srv");
        Assert.Equal("751 /srv", await box.Output(BusyBox.Shell("ls /srv; stat -c '%a %n' /srv", BusyBox.Base, real, implying, removing)));
    }

    [Fact]
    public async Task changes_in_an_implied_folder_carry_the_attributes_below_it()
    {
        var real = Layer("changed: real", "srv/app", 0x1C0);
        var implying = box.Layer("changed: implying", root => Write(root, "srv/app/file"), "srv", "srv/app");
        using var result = await box.Sandbox.RunAsync(BusyBox.Shell("echo > /srv/app/more", BusyBox.Base, real, implying),
            TestContext.Current.CancellationToken);
        Assert.Equal((UnixFileMode)0x1C0, File.GetUnixFileMode(Path.Combine(result.ChangesFolder, "srv/app")));
    }

    private Digest Layer(string name, string folder, int mode) => box.Layer(name, root =>
    {
        File.SetUnixFileMode(Directory.CreateDirectory(Path.Combine(root, folder)).FullName, (UnixFileMode)mode);
        File.SetUnixFileMode(Path.Combine(root, Path.GetDirectoryName(folder)!), (UnixFileMode)0x1E9);
    });

    private static void Write(string root, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, path))!);
        File.WriteAllText(Path.Combine(root, path), "");
    }

    private static void Whiteout(string path) =>
        Assert.Equal(0, Manifold.Linux.ChildProcess.RunAsync("mknod", [path, "c", "0", "0"]).GetAwaiter().GetResult()!.ExitCode);
}
