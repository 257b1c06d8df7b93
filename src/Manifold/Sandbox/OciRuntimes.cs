using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>Finds the OCI runtime that works here, by letting each run a container that does nothing.</summary>
/// <remarks>
/// A runtime that is installed may still fail on this machine: its control groups, its privileges, its kernel. The answer is kept in the
/// store's
/// <c>cache/</c> for as long as the machine runs and the programs stay the same, so it costs a few milliseconds once.
/// </remarks>
internal sealed class OciRuntimes
{
    private readonly Store store;
    private readonly string? searchPath;
    private readonly ImmutableArray<string> names;
    private readonly TrialFile<RuntimeTrials> kept;
    private readonly SharedValue<ImmutableArray<OciRuntime>> trials;

    // crun starts in a third of runc's time.
    public OciRuntimes(Store store, string? searchPath) : this(store, searchPath, ["crun", "runc"]) { }

    internal OciRuntimes(Store store, string? searchPath, ImmutableArray<string> names)
    {
        (this.store, this.searchPath, this.names) = (store, searchPath, names);
        kept = new TrialFile<RuntimeTrials>(store.Layout.Cache, "oci-runtimes.json", SandboxJson.Default.RuntimeTrials);
        trials = new SharedValue<ImmutableArray<OciRuntime>>(_ => TryAllAsync());
    }

    /// <summary>Every runtime that is installed, with what came of its trial, in the order of preference.</summary>
    public Task<ImmutableArray<OciRuntime>> AllAsync() => trials.GetAsync(CancellationToken.None);

    /// <summary>The first that works.</summary>
    /// <exception cref="HostNotReadyException">None does.</exception>
    public async Task<OciRuntime> FindAsync()
    {
        var all = await AllAsync().ConfigureAwait(false);
        if (all.FirstOrDefault(runtime => runtime.Works) is { } found)
            return found;
        if (!Environment.IsPrivilegedProcess)
            throw await NoNamespaceAsync().ConfigureAwait(false);
        var reasons = all.IsEmpty
            ? "neither crun nor runc is installed"
            : string.Join("; ", all.Select(runtime => $"{runtime.Path} fails ({runtime.Failure})"));
        throw new HostNotReadyException($"RUN needs an OCI runtime: {reasons}. Run: {RemedyFor(all)}");
    }

    // The program enters a user namespace before a command begins; here it could not.
    private async Task<HostNotReadyException> NoNamespaceAsync()
    {
        var obstacle = await new UserNamespaceSurvey(searchPath).FindAsync().ConfigureAwait(false);
        return new HostNotReadyException($"RUN needs root or a user namespace: {obstacle?.Found ?? "this process has none"}. "
            + $"To fix this: {obstacle?.Remedy ?? "sudo manifold …"} (Images without RUN steps do not need this.)");
    }

    /// <summary>What may mend it when none works.</summary>
    internal static string RemedyFor(ImmutableArray<OciRuntime> all) =>
        all.IsEmpty ? Remedy.AsRoot("apt-get install crun")
            : all.Any(runtime => runtime.Name == "runc") ? "manifold doctor"
            : Remedy.AsRoot("apt-get install runc");

    private async Task<ImmutableArray<OciRuntime>> TryAllAsync()
    {
        var installed = names.Select(name => ChildProcess.Find(name, searchPath)).OfType<string>().ToImmutableArray();
        if (!Environment.IsPrivilegedProcess)
            return [.. installed.Select(path => new OciRuntime { Path = path, Failure = "it needs root or a user namespace" })];
        var key = string.Join('\n', installed.Select(path => $"{path} {new FileInfo(path).LastWriteTimeUtc.Ticks}")
            .Prepend($"{BootId()} {UserNamespace.IsInitial}"));
        if (kept.Read() is { } before && before.Key == key)
            return before.Runtimes;
        ImmutableArray<OciRuntime> tried = [.. await Task.WhenAll(installed.Select(TryAsync)).ConfigureAwait(false)];
        // Where all fail, what stands in the way may go: a full disk, or a container that was started without the rights that it needs.
        if (tried.Any(runtime => runtime.Works) && !DiskTrouble.IsFull(store.Root))
            kept.Keep(new RuntimeTrials { Key = key, Runtimes = tried });
        return tried;
    }

    internal static string BootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    private async Task<OciRuntime> TryAsync(string path)
    {
        var folder = Directory.CreateDirectory(Path.Combine(store.WorkFolder, $"probe-{Guid.NewGuid():N}")).FullName;
        var id = $"{Path.GetFileName(store.WorkFolder)}-probe-{Path.GetFileName(path)}";
        var readers = new OutputReaders(new RunOutput(null, new Redaction([]), TimeProvider.System));
        try
        {
            return await IsolatedThread.RunAsync(
                () => Try(new Container { Runtime = path, Folder = folder, Id = id }, readers)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or System.ComponentModel.Win32Exception && !DiskTrouble.IsIn(e))
        {
            return new OciRuntime { Path = path, Failure = e.Message };
        }
        finally
        {
            readers.Abandon();
            Cgroups.Remove(id);
            FileTree.Delete(folder);
        }
    }

    // The container is one small program of our own: nothing of this machine is in reach of a runtime that nobody knows yet.
    private static OciRuntime Try(Container container, OutputReaders readers)
    {
        var root = Directory.CreateDirectory(Path.Combine(container.Folder, "root")).FullName;
        var program = Path.Combine(root, "probe");
        File.WriteAllBytes(program, Processor.Host.Program());
        File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
        Cgroups.HideVersion1();
        new Bundle
        {
            Root = root,
            Arguments = ["/probe"],
            User = new ContainerUser(0, 0, [0], "/"),
            Hostname = "manifold",
            CgroupPath = Cgroups.PathOf(container.Id),
        }.Write(container.Folder);
        using var process = container.Start();
        readers.Begin(process);
        var exitCode = process.WaitForExit();
        readers.Join();
        return exitCode == Processor.ExitCode
            ? new OciRuntime { Path = container.Runtime }
            : new OciRuntime
            {
                Path = container.Runtime,
                Failure = container.Failure() ?? readers.Output.Tail.LastOrDefault(line => line.Length > 0) ?? $"exit code {exitCode}",
            };
    }
}

/// <summary>An installed OCI runtime and whether it runs containers on this machine.</summary>
internal sealed record OciRuntime
{
    public required string Path { get; init; }

    /// <summary>Its words where it does not work.</summary>
    public string? Failure { get; init; }

    [System.Text.Json.Serialization.JsonIgnore]
    public bool Works => Failure is null;

    [System.Text.Json.Serialization.JsonIgnore]
    public string Name => System.IO.Path.GetFileName(Path);
}
