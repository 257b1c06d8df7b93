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
    public async Task gives_its_changes_in_overlay_format()
    {
        using var result = await box.Run("echo new > /etc/new; rm /etc/group; rm -r /tmp; mkdir /tmp");
        Assert.Equal("", string.Join('\n', result.Tail));
        Assert.Equal(["etc", "etc/group", "etc/new", "tmp"], Changes(result));
    }

    [Fact]
    public async Task leaves_nothing_when_it_changes_nothing()
    {
        using var result = await box.Run("cat /etc/resolv.conf /etc/hosts; ls /proc /sys /dev");
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(Changes(result));
    }

    private static string[] Changes(RunResult result) =>
        [.. Directory.EnumerateFileSystemEntries(result.ChangesFolder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(result.ChangesFolder, path)).Order(StringComparer.Ordinal)];
}
