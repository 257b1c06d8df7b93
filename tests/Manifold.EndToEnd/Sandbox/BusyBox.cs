using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Sandbox;
using Manifold.Snapshots;

namespace Manifold.EndToEnd.Sandbox;

/// <summary>A store with one snapshot: the busybox of this machine (package busybox-static) and nothing else.</summary>
public sealed class BusyBox : IDisposable
{
    public static readonly Digest Base = Digest.Of("busybox");
    private readonly TemporaryFolder? folder;

    public BusyBox() : this(null) { }

    /// <summary>In <paramref name="place"/>, which is not ours to remove.</summary>
    internal BusyBox(string? place)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        var busybox = ChildProcess.Find("busybox", null);
        Assert.SkipWhen(busybox is null, "busybox is not installed here; test.sh installs busybox-static.");
        place ??= (folder = new TemporaryFolder()).Path;
        Store = Store.Open(Path.Combine(place, "store"));
        Snapshots = new SnapshotStore(Store);
        Runtimes = new OciRuntimes(Store, null);
        Emulators = new Emulators(Store);
        Sandbox = new RunSandbox(Snapshots, Runtimes, Emulators, new RunNetworks(Store, null));
        Snapshots.Adopt(MakeRoot(busybox, Path.Combine(place, "busybox")), Base);
    }

    public Store Store { get; }
    internal SnapshotStore Snapshots { get; }
    internal OciRuntimes Runtimes { get; }
    internal Emulators Emulators { get; }
    internal RunSandbox Sandbox { get; }

    /// <summary>A shell command on the base, or on a chain of other layers.</summary>
    internal static RunRequest Shell(string command, params ImmutableArray<Digest> chain) => new()
    {
        Chain = chain.IsDefaultOrEmpty ? [Base] : chain,
        Arguments = ["/bin/sh", "-c", command],
        Platform = Platform.Host,
    };

    internal Task<RunResult> Run(string command) => Sandbox.RunAsync(Shell(command), TestContext.Current.CancellationToken);

    /// <summary>What a command prints; it must succeed.</summary>
    internal async Task<string> Output(RunRequest request)
    {
        using var result = await Sandbox.RunAsync(request, TestContext.Current.CancellationToken);
        var text = string.Join('\n', result.Tail);
        Assert.True(result.ExitCode == 0, $"exit code {result.ExitCode}: {text}");
        return text;
    }

    /// <summary>A layer of its own, filled by <paramref name="fill"/>.</summary>
    public Digest Layer(string name, Action<string> fill, params ImmutableArray<string> implied)
    {
        var digest = Digest.Of(name);
        var making = Snapshots.GetOrAddAsync(digest, (root, _) =>
        {
            fill(root);
            return Task.FromResult(FolderSet.Of(implied.AsSpan()));
        });
        making.GetAwaiter().GetResult();
        return digest;
    }

    private static string MakeRoot(string busybox, string root)
    {
        foreach (var folder in new[] { "bin", "proc", "sys", "dev" })
            Directory.CreateDirectory(Path.Combine(root, folder));
        Directory.CreateDirectory(Path.Combine(root, "etc"));
        File.SetUnixFileMode(Directory.CreateDirectory(Path.Combine(root, "tmp")).FullName, (UnixFileMode)0x3FF);
        File.Copy(busybox, Path.Combine(root, "bin", "busybox"));
        const string applets = "sh cat chmod chown cp echo env grep id ip ls mkdir mknod mount mv ps pwd rm rmdir seq setsid sleep sort "
            + "stat touch true uname wc head hostname kill ln test readlink nc";
        foreach (var applet in applets.Split(' '))
            File.CreateSymbolicLink(Path.Combine(root, "bin", applet), "busybox");
        File.WriteAllText(Path.Combine(root, "etc", "passwd"), "root:x:0:0:root:/root:/bin/sh\nanna:x:1000:1001:Anna:/home/anna:/bin/sh\n");
        File.WriteAllText(Path.Combine(root, "etc", "group"), "root:x:0:\nanna:x:1001:\nvideo:x:44:anna\nstaff:x:50:bert\n");
        return root;
    }

    public void Dispose()
    {
        Store.Dispose();
        folder?.Dispose();
    }
}
