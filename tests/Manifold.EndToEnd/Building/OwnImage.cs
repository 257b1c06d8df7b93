using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Manifold.Linux;

namespace Manifold.EndToEnd.Building;

/// <summary>Manifold's own image, baked once from the root's manifold.yaml for both platforms, on bases of Debian's packages.</summary>
/// <remarks>
/// The bases lie in a registry that stands for docker.io. Other people's tools then unpack the image of this machine: umoci, twice, the
/// second time with the owners of a user namespace.
/// </remarks>
public sealed class OwnImage : IAsyncDisposable
{
    /// <summary>The first id outside of the container's user namespace, and how many there are, as engines have it.</summary>
    private const int FirstId = 300_000, Ids = 65_536;
    private const int Undownloaded = 77;

    private readonly TemporaryFolder folder = new();
    private readonly Lazy<Task> made;
    private RunningServer? registry;

    public OwnImage() => made = new(MakeAsync);

    public string this[string relative] => folder[relative];

    /// <summary>What <c>bake</c> said.</summary>
    internal ChildProcess.Result Baked { get; private set; } = null!;

    public string Registry => registry!.Authority;

    public string Reference => $"{Registry}/manifold:latest";

    /// <summary>Makes it, if nobody has. Skips where this machine cannot.</summary>
    public async Task NeedAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN and containers need root.");
        OurProgram.Native();
        Assert.SkipWhen(RuntimeInformation.ProcessArchitecture == Architecture.Arm64,
            "The image is made on amd64, with its program for arm64.");
        Arm64Program.Find();
        Tool.Need("mmdebstrap", "runc", "skopeo", "umoci", "qemu-aarch64-static");
        await made.Value;
    }

    /// <summary>Runs a command in a container of the image, as the engines do.</summary>
    /// <param name="mapped">Whether in a user namespace, with all rights there; else with Docker's default capabilities.</param>
    /// <param name="change">Changes the configuration of the container.</param>
    internal async Task<ChildProcess.Result> RunAsync(bool mapped, string[] command, Action<JsonObject> change, string? name = null)
    {
        var bundle = Directory.CreateDirectory(folder[$"bundle-{Guid.NewGuid():N}"]).FullName;
        var config = JsonNode.Parse(await File.ReadAllTextAsync(folder[mapped ? "mapped/config.json" : "plain/config.json"]))!.AsObject();
        config["root"] = new JsonObject { ["path"] = folder[mapped ? "mapped/rootfs" : "plain/rootfs"], ["readonly"] = false };
        var process = config["process"]!.AsObject();
        process["terminal"] = false;
        process["args"] = new JsonArray(["manifold", .. command]);
        change(config);
        await File.WriteAllTextAsync(Path.Combine(bundle, "config.json"), config.ToJsonString());
        name ??= $"manifold-test-{Path.GetFileName(bundle)}";
        try
        {
            return await Tool.Try("runc", "run", "--bundle", bundle, name);
        }
        finally
        {
            await Tool.Try("runc", "delete", "--force", name); // where it ended, there is none
        }
    }

    internal async Task<ChildProcess.Result> BakeAsync(params string[] arguments) => (await ChildProcess.RunAsync(OurProgram.Native(),
        ["bake", "-f", folder["source/manifold.yaml"], "--progress", "plain", .. arguments],
        environment: Variables(), cancellation: TestContext.Current.CancellationToken))!;

    /// <summary>Makes a base image under a name of Docker Hub.</summary>
    internal async Task PushBaseAsync(string context, string name, string platforms)
    {
        var reference = $"{registry!.Authority}/docker.io/library/{name}";
        string[] flags = ["--platform", platforms, "--compression", "gzip:1", "--push", "-t", reference];
        var built = await ChildProcess.RunAsync(OurProgram.Native(), ["build", "--progress", "plain", .. flags, context],
            environment: Variables(), cancellation: TestContext.Current.CancellationToken);
        Assert.True(built!.ExitCode == 0, built.Error);
    }

    private async Task MakeAsync()
    {
        var source = CopySource();
        registry = await RunningServer.StartAsync();
        folder.Write("registries.conf", $"[[registry]]\nprefix = \"docker.io\"\nlocation = \"{registry.Authority}/docker.io\"\n");
        var based = await Tool.Try("env", $"TMPDIR={folder.Path}", Path.Combine(source, "packaging/base.sh"), folder["base"]);
        Assert.SkipWhen(based.ExitCode == Undownloaded, $"Could not be downloaded: {based.Error.Trim()}");
        Assert.True(based.ExitCode == 0, based.Error);
        await PushBaseAsync(folder["base"], "debian:trixie-slim", "linux/amd64,linux/arm64");
        Baked = await BakeAsync("--push", "manifold");
        Assert.True(Baked.ExitCode == 0, Baked.Error);
        await Tool.Run("skopeo", "copy", "--quiet", "--src-tls-verify=false", $"docker://{Reference}", $"oci:{folder["layout"]}:1");
        await Task.WhenAll(
            Unpack("plain"),
            Unpack("mapped", "--uid-map", $"0:{FirstId}:{Ids}", "--gid-map", $"0:{FirstId}:{Ids}"));
        // The root of the namespace goes through these.
        foreach (var each in (string[])[folder.Path, folder["mapped"], folder["plain"]])
            File.SetUnixFileMode(each, (UnixFileMode)0b111_101_101);
    }

    private Task Unpack(string into, params string[] flags) =>
        Tool.Run("umoci", ["--log=error", "unpack", .. flags, "--image", $"{folder["layout"]}:1", folder[into]]);

    /// <summary>What the bake reads, in a folder of its own, with the programs that are there already.</summary>
    private string CopySource()
    {
        var (repository, source) = (Cases.Repository, folder["source"]);
        string[] files =
        [
            "Dockerfile", ".dockerignore", "manifold.yaml", "LICENSE", "Directory.Build.props", "examples/debian.sh",
            "src/Manifold.Cli/packages.lock.json", "src/Manifold.Cli/packages.native.lock.json",
            .. Directory.GetFiles(Path.Combine(repository, "packaging"), "*", SearchOption.AllDirectories)
                .Select(each => Path.GetRelativePath(repository, each)),
        ];
        foreach (var file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(source, file))!);
            File.Copy(Path.Combine(repository, file), Path.Combine(source, file));
        }
        Directory.CreateDirectory(Path.Combine(source, "artifacts"));
        File.CreateSymbolicLink(Path.Combine(source, "artifacts/sysroot"), Path.Combine(repository, "artifacts/sysroot"));
        foreach (var (architecture, program) in ((string, string)[])[("amd64", OurProgram.Native()), ("arm64", Arm64Program.Find())])
        {
            Directory.CreateDirectory(folder[$"programs/{architecture}"]);
            File.CreateSymbolicLink(folder[$"programs/{architecture}/manifold"], program);
        }
        return source;
    }

    private ImmutableSortedDictionary<string, string> Variables() => ImmutableSortedDictionary<string, string>.Empty
        .Add("MANIFOLD_ROOT", folder["store"]).Add("CONTAINERS_REGISTRIES_CONF", folder["registries.conf"])
        .Add("DEST_REGISTRY", registry!.Authority).Add("MANIFOLD_RELEASE_PROGRAMS", folder["programs"]);

    public async ValueTask DisposeAsync()
    {
        if (registry is not null)
            await registry.DisposeAsync();
        folder.Dispose();
    }
}
