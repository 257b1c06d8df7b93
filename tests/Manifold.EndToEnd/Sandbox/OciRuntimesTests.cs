using Manifold.Linux;
using Manifold.Sandbox;

namespace Manifold.EndToEnd.Sandbox;

public sealed class ChoosingARuntime(BusyBox box) : IClassFixture<BusyBox>
{
    [Fact]
    public async Task passes_by_one_that_is_installed_and_does_not_work()
    {
        Assert.SkipWhen(ChildProcess.Find("runc", null) is null, "runc is not installed here; test.sh installs it.");
        using var folder = new TemporaryFolder();
        Broken(folder, "crun");
        var runtimes = Runtimes(folder.Path, "crun", "runc");
        Assert.Equal("runc", (await runtimes.FindAsync()).Name);
        var crun = (await runtimes.AllAsync())[0];
        Assert.Equal((folder["crun"], "cgroups are not to my liking"), (crun.Path, crun.Failure));
    }

    [Fact]
    public async Task costs_nothing_the_second_time_where_one_works()
    {
        Assert.SkipWhen(ChildProcess.Find("runc", null) is null, "runc is not installed here; test.sh installs it.");
        using var folder = new TemporaryFolder();
        Broken(folder, "oddrun");
        await Runtimes(folder.Path, "oddrun", "runc").AllAsync();
        await Runtimes(folder.Path, "oddrun", "runc").AllAsync();
        Assert.Single(File.ReadAllLines(folder["calls"]));
        File.SetLastWriteTimeUtc(folder["oddrun"], DateTime.UnixEpoch);
        await Runtimes(folder.Path, "oddrun", "runc").AllAsync();
        Assert.Equal(2, File.ReadAllLines(folder["calls"]).Length);
    }

    [Fact]
    public async Task names_the_package_where_there_is_none()
    {
        var error = await Assert.ThrowsAsync<HostNotReadyException>(() => Runtimes("/nowhere", "norun").FindAsync());
        Assert.EndsWith("neither crun nor runc is installed. Run: apt-get install crun", error.Message, StringComparison.Ordinal);
        Assert.Equal(4, error.ExitCode);
    }

    [Fact]
    public async Task names_the_reason_where_none_works()
    {
        using var folder = new TemporaryFolder();
        Broken(folder, "oddrun");
        var error = await Assert.ThrowsAsync<HostNotReadyException>(() => Runtimes(folder.Path, "oddrun").FindAsync());
        Assert.Contains("oddrun fails (cgroups are not to my liking)", error.Message, StringComparison.Ordinal);
    }

    private OciRuntimes Runtimes(string searchPath, params string[] names) => new(box.Store, searchPath, [.. names]);

    private static void Broken(TemporaryFolder folder, string name)
    {
        var script = folder.Write(name, $"#!/bin/sh\necho called >> {folder["calls"]}\necho 'cgroups are not to my liking' >&2\nexit 1\n");
        File.SetUnixFileMode(script, (UnixFileMode)0x1ED);
    }
}
