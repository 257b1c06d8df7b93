using System.Text.Json.Nodes;
using Manifold.Linux;

namespace Manifold.EndToEnd.Building;

/// <summary>Containers of Manifold's own image build images, in each way that the documentation names.</summary>
[Trait("kind", "end-to-end")]
public sealed class BuildingOurOwnImage(OwnImage image) : IClassFixture<OwnImage>, IDisposable
{
    private const string Small = """
        FROM busybox
        RUN echo built >/result && busybox chown 65532:65532 /result
        USER 65532
        RUN test "$(cat /result)" = built
        """;

    // Docker's. See moby's oci/caps/defaults.go.
    private static readonly string[] Capabilities =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP",
        "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task the_gate_lets_both_platforms_pass_and_the_program_starts_on_each()
    {
        await image.NeedAsync();

        Assert.Contains("verified 2 platforms: 0 errors, 0 warnings", image.Baked.Error, StringComparison.Ordinal);
        foreach (var platform in (string[])["linux/amd64", "linux/arm64"])
            Assert.Matches($"(?m){platform} +sha256:[0-9a-f]{{64}} .*yes, started$", image.Baked.Output + image.Baked.Error);
        var raw = await Tool.Run("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{image.Reference}");
        var published = JsonNode.Parse(raw)!["manifests"]!.AsArray();
        Assert.Equal(["amd64", "arm64"], published.Select(each => (string)each!["platform"]!["architecture"]!));
    }

    [Fact]
    public async Task all_ways_give_the_digest_of_this_machine()
    {
        await image.NeedAsync();
        var context = await ContextAsync();
        var here = await Tool.Run("env", [$"MANIFOLD_ROOT={folder["here"]}", OurProgram.Native(), .. Build(context)]);

        // podman run --privileged, of an ordinary user
        var root = await image.RunAsync(mapped: true, Build("/work"), config =>
        {
            Mount(config, context, "/work");
            Mount(config, Store("root", "300000:300000"), "/var/lib/manifold");
            Give(config, Everything());
            Unmask(config);
        });
        // docker run --user manifold, with the security options seccomp=unconfined, apparmor=unconfined and systempaths=unconfined
        var user = await image.RunAsync(mapped: false, Build("/work"), config =>
        {
            Mount(config, context, "/work");
            Mount(config, Store("user", "1000:1000"), "/home/manifold/.local/share/manifold");
            config["process"]!["user"] = new JsonObject { ["uid"] = 1000, ["gid"] = 1000 };
            config["process"]!["env"]!.AsArray().Add("HOME=/home/manifold");
            Give(config, [], bounding: Capabilities);
            Unmask(config);
        });

        Assert.True(root.ExitCode == 0, root.Error);
        Assert.True(user.ExitCode == 0, user.Error);
        Assert.Equal(here, root.Output);
        Assert.Equal(here, user.Output);
    }

    [Fact]
    public async Task a_container_without_rights_serves_its_store_as_a_registry()
    {
        await image.NeedAsync();
        var (context, registry, name) = (await ContextAsync(), $"127.0.0.1:{FreePort.Find()}", $"manifold-test-{Guid.NewGuid():N}");
        // docker run --network host
        var serving = image.RunAsync(mapped: false, ["serve", "--listen", registry], config =>
        {
            Mount(config, Store("served", "0:0"), "/var/lib/manifold");
            var namespaces = config["linux"]!["namespaces"]!.AsArray();
            namespaces.Remove(namespaces.Single(each => (string)each!["type"]! == "network"));
        }, name);

        await Eventually.Is(async () => serving.IsCompleted || (await Tool.Try("skopeo", "copy", "--quiet", "--dest-tls-verify=false",
            $"oci:{context}/busybox:1", $"docker://{registry}/busybox:1")).ExitCode == 0);
        Assert.False(serving.IsCompleted, serving.IsCompleted ? (await serving).Error : "");
        var listed = await Tool.Run("skopeo", "list-tags", "--tls-verify=false", $"docker://{registry}/busybox");
        await Tool.Run("runc", "kill", name, "INT");

        Assert.Contains("\"1\"", listed, StringComparison.Ordinal);
        var said = (await Eventually.Ends(serving)).Error;
        Assert.Contains($"Serving /var/lib/manifold on http://{registry}", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_image_with_emulators_has_them_and_their_base_needs_no_network()
    {
        await image.NeedAsync();
        File.Copy(ChildProcess.Find("qemu-aarch64-static", Environment.GetEnvironmentVariable("PATH"))!, folder["qemu-aarch64-static"]);
        folder.Write("Dockerfile", "FROM debian:trixie-slim\nCOPY qemu-aarch64-static /usr/bin/\n");
        await image.PushBaseAsync(folder.Path, "debian:qemu", "linux/amd64");

        var baked = await image.BakeAsync("--push", "manifold-qemu",
            "--set", "manifold-qemu.platform=linux/amd64", "--set", "manifold-qemu.args.BASE=docker.io/library/debian:qemu");

        Assert.True(baked.ExitCode == 0, baked.Error);
        Assert.Contains("verified 1 platform: 0 errors", baked.Error, StringComparison.Ordinal);
        await Tool.Run("skopeo", "copy", "--quiet", "--src-tls-verify=false",
            $"docker://{image.Registry}/manifold-qemu:latest", $"oci:{folder["qemu"]}:1");
        await Tool.Run("umoci", "--log=error", "unpack", "--image", $"{folder["qemu"]}:1", folder["unpacked"]);
        var emulator = folder["unpacked/rootfs/usr/bin/qemu-aarch64-static"];
        Assert.Equal(await File.ReadAllBytesAsync(folder["qemu-aarch64-static"]), await File.ReadAllBytesAsync(emulator));
        Assert.True((File.GetUnixFileMode(emulator) & UnixFileMode.OtherExecute) != 0);
    }

    private static string[] Build(string context) =>
        ["build", "-q", "-t", "small:1", "--build-context", $"busybox=oci-layout://{context}/busybox:1", context];

    /// <summary>A context with a layout of the busybox, so that a container needs no network.</summary>
    private async Task<string> ContextAsync()
    {
        await Workshop.NeedBusyBox();
        folder.Write("context/Dockerfile", Small);
        await Tool.Run("skopeo", "copy", "--quiet", "--src-tls-verify=false",
            $"docker://{Workshop.BusyBox}", $"oci:{folder["context/busybox"]}:1");
        await Tool.Run("chmod", "--recursive", "a+rX", folder.Path);
        return folder["context"];
    }

    /// <summary>An empty volume.</summary>
    private string Store(string name, string owner)
    {
        var volume = Directory.CreateDirectory(folder[name]).FullName;
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101);
        using var chown = System.Diagnostics.Process.Start("chown", [owner, volume]);
        chown.WaitForExit();
        return volume;
    }

    private static void Mount(JsonObject config, string source, string destination)
    {
        var mounts = config["mounts"]!.AsArray();
        foreach (var volume in mounts.Where(each => (string)each!["destination"]! == destination).ToList())
            mounts.Remove(volume);
        mounts.Add(new JsonObject
        {
            ["destination"] = destination,
            ["type"] = "bind",
            ["source"] = source,
            ["options"] = new JsonArray("rbind", "rw"),
        });
    }

    private static void Give(JsonObject config, string[] capabilities, string[]? bounding = null)
    {
        JsonArray All(string[] names) => new([.. names.Select(each => (JsonNode)each)]);
        config["process"]!["noNewPrivileges"] = false;
        config["process"]!["capabilities"] = new JsonObject
        {
            ["bounding"] = All(bounding ?? capabilities),
            ["effective"] = All(capabilities),
            ["permitted"] = All(capabilities),
            ["inheritable"] = All([]),
        };
    }

    private static void Unmask(JsonObject config)
    {
        config["linux"]!["maskedPaths"] = new JsonArray();
        config["linux"]!["readonlyPaths"] = new JsonArray();
    }

    // Those of Docker, and what mounts, containers and networks need.
    private static string[] Everything() =>
        [.. Capabilities, "CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SYS_PTRACE", "CAP_SYS_RESOURCE", "CAP_DAC_READ_SEARCH"];
}
