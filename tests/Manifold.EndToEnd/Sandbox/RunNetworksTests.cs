using System.ComponentModel;
using Manifold.Content;
using Manifold.Linux;
using Manifold.Sandbox;

namespace Manifold.EndToEnd.Sandbox;

/// <summary>The trial that tells which network a RUN gets.</summary>
public sealed class TryingForAPrivateNetwork : IDisposable
{
    private const int TooManyFiles = 24, NoSpace = 28; // EMFILE, ENOSPC

    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task is_done_again_after_it_failed()
    {
        var pasta = ChildProcess.Find(NetworkProgram.Pasta, null);
        Assert.SkipWhen(pasta is null, "'pasta' is not installed here; test.sh installs passt.");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "A private network needs root.");
        var store = Store.Open(folder["store"]);
        var trouble = folder.Write("trouble", "");
        Script($"if [ -e {trouble} ]; then echo 'in trouble' >&2; exit 1; fi\nexec {pasta} \"$@\"");

        Assert.Equal(NetworkKind.Machine, (await Find(store)).Kind);
        File.Delete(trouble);
        Assert.Equal(NetworkKind.Private, (await Find(store)).Kind);

        // And not once it worked.
        folder.Write("trouble", "");
        Assert.Equal(NetworkKind.Private, (await Find(store)).Kind);
    }

    [Fact]
    public async Task needs_no_cache()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "A private network needs root.");
        var store = Store.Open(folder["store"]);
        if (Directory.Exists(folder["store/cache"]))
            Directory.Delete(folder["store/cache"], recursive: true);
        folder.Write("store/cache", "a file");
        Script("exit 1");
        Assert.Equal(NetworkKind.Machine, (await Find(store)).Kind);
        new TrialFile<NetworkTrial>(store.Layout.Cache, "run-networks.json", SandboxJson.Default.NetworkTrial)
            .Keep(new NetworkTrial { Key = "", Program = "pasta" });
    }

    [Fact]
    public async Task does_not_give_this_machines_network_because_the_disk_is_full()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "A private network needs root.");
        using var disk = await SmallDisk.MountAsync(folder["disk"], "size=2m");
        var store = Store.Open(folder["disk/store"]);
        folder.Write("disk/fill", new string('x', 1024 * 1024 + 512 * 1024));
        Script("echo 'No space left on device' >&2; exit 1");
        var thrown = await Assert.ThrowsAsync<HostNotReadyException>(() => Find(store));
        Assert.Contains("manifold prune", thrown.Message, StringComparison.Ordinal);
    }

    public static TheoryData<Exception> Lacks() =>
        [new IOException("it ended."), new UnauthorizedAccessException("'/proc/7/fd'"), new Win32Exception(2), new FileNotFoundException()];

    public static TheoryData<Exception> Others() =>
    [
        new IOException("No space left on device", NoSpace), new IOException("trial", new IOException("Too many open files", TooManyFiles)),
        new Win32Exception(TooManyFiles), new OperationCanceledException(), new InvalidOperationException(),
    ];

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Lacks))]
    public void fails_when_a_program_cannot_be_started_or_connected(Exception thrown) => Assert.True(PrivateNetwork.IsLack(thrown));

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Others))]
    public void says_nothing_of_the_programs_when_a_disk_is_full_or_files_run_out(Exception thrown) =>
        Assert.False(PrivateNetwork.IsLack(thrown));

    private Task<NetworkAccess> Find(Store store) => new RunNetworks(store, folder.Path, [NetworkProgram.Pasta], hasOwn: false).FindAsync();

    private void Script(string text) =>
        File.SetUnixFileMode(folder.Write("pasta", "#!/bin/sh\n" + text + "\n"), (UnixFileMode)0b111_101_101);

    public void Dispose() => folder.Dispose();
}
