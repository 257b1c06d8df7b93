using System.Formats.Tar;
using System.Net;
using System.Net.Sockets;
using Manifold.Linux;
using Manifold.Sandbox;

namespace Manifold.EndToEnd.Building;

/// <summary>An ordinary user with subordinate ids builds, and gets what root gets.</summary>
[Trait("kind", "end-to-end")]
public sealed class Rootless : IAsyncLifetime
{
    /// <summary>
    /// Owners, a program with setuid, devices and what RUNs do to them, whiteouts of a file and a folder, an opaque folder, a user of the
    /// image.
    /// </summary>
    private const string Everything = """
        FROM BASE AS made
        ARG TARGETARCH
        ADD nodes.tar /nodes/
        RUN echo 'anna:x:1000:1001:Anna:/home/anna:/bin/sh' >>/etc/passwd; mkdir -p /home/anna /gone/deep /new/old; touch /file /gone/deep/x /new/old/y; busybox chown -R 1000:1001 /home/anna; busybox chmod 4755 /bin/busybox; busybox mv /nodes/null /nodes/moved; busybox chown 3:4 /nodes/zero
        USER anna
        RUN busybox id >/home/anna/id; echo $TARGETARCH >/home/anna/arch; test ! -w /etc/passwd
        USER root
        RUN rm /file; rm -r /gone /new; mkdir /new; touch /new/made; test "$(busybox stat -c %u:%a /nodes/tool)" = 5:4755
        RUN busybox grep -q 'SigIgn:.............[02468ace]...$' /proc/self/status
        RUN --network=none test "$(busybox ip -o link | busybox wc -l)" = 1
        FROM BASE
        COPY --from=made / /all/
        COPY --from=made --chown=7:8 /home /mine/
        """;

    private OrdinaryUser user = null!;
    private Workshop root = null!;

    public async ValueTask InitializeAsync()
    {
        user = await OrdinaryUser.ComeAsync();
        root = new Workshop();
        await Workshop.NeedBusyBox();
    }

    public ValueTask DisposeAsync()
    {
        user?.Dispose();
        root?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task the_machines_own_capabilities_are_refused_before_any_work()
    {
        var outcome = await user.Run("build",
            "--progress", "json", "--allow", "security.insecure", user.Context("FROM BASE\nRUN --security=insecure true\n"));

        Assert.Equal(4, outcome.Code);
        Assert.Contains("only root can use the capabilities and devices of this machine. Run it with: sudo manifold", outcome.Error,
            StringComparison.Ordinal);
        Assert.Empty(outcome.Steps);
    }

    [Fact]
    public async Task a_Dockerfile_that_leads_out_of_its_context_is_refused_as_it_is_for_root()
    {
        var context = user.Context("FROM scratch\n");
        File.Delete(Path.Combine(context, "Dockerfile"));
        File.CreateSymbolicLink(Path.Combine(context, "Dockerfile"), "/etc/passwd");

        var outcome = await user.Run("build", context);

        Assert.Equal(2, outcome.Code);
        Assert.DoesNotContain("root:", outcome.Output + outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_build_for_two_platforms_gives_the_image_that_root_builds_and_prune_removes_all_of_it()
    {
        var context = user.Context(Everything);
        WriteNodes(Path.Combine(context, "nodes.tar"));
        string[] flags = ["--platform", "linux/amd64,linux/arm64", "-t", "rootless:1", "-q"];

        var built = (await user.Run(["build", .. flags, context])).Succeeded();

        var expected = (await root.Run([.. flags, context], "build")).Succeeded();
        Assert.Equal(expected.Output.Trim(), built.Output.Trim());
        Assert.StartsWith("docker.io/library/rootless:1 ",
            (await user.Run("images")).Succeeded().Output.Split('\n')[1], StringComparison.Ordinal);
        Assert.NotEmpty(await OthersFiles());
        (await user.Run("prune", "--all")).Succeeded();
        Assert.Empty(await OthersFiles());
    }

    [Fact]
    public async Task a_run_has_a_network_of_its_own()
    {
        Assert.SkipWhen(ChildProcess.Find("pasta", null) is null || new Surroundings().HasNetworkOfItsOwn,
            "'pasta' is not installed here (test.sh installs passt), or this is a container.");
        user.WithTap = true;
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();

        (await user.Run("build", "--progress", "json", user.Context(
            "FROM BASE\nRUN test \"$(echo /sys/class/net/*)\" = '/sys/class/net/eth0 /sys/class/net/lo'\n"
                + $"RUN ! busybox nc -w 1 127.0.0.1 {((IPEndPoint)server.LocalEndpoint).Port} </dev/null\n"))).Succeeded();

        Assert.False(server.Pending());
    }

    [Fact]
    public async Task root_reads_the_users_store_as_it_is_meant()
    {
        const string below = "FROM BASE\nRUN mkdir -p /d/old /e; touch /d/old/x /f\nRUN rm -r /d /f; mkdir /d; touch /d/new\n";
        var context = user.Context(below);
        (await user.Run("build", "-q", context)).Succeeded();
        root.Set["MANIFOLD_ROOT"] = user.Store;

        var more = user.Context(below + "RUN test ! -e /f; test -d /e; test \"$(echo /d/*)\" = /d/new\n");
        var outcome = (await root.Build(more)).Succeeded();

        Assert.Equal([true, true, false], outcome.Steps.Select(step => step.Cached));
        Assert.True(Directory.Exists(Path.Combine(user.Store, "snapshots-rootless")));
        Assert.True(Directory.Exists(Path.Combine(user.Store, "snapshots")));
    }

    [Fact]
    public async Task a_home_where_nosuid_and_nodev_hold_is_good_enough()
    {
        using var home = await SmallDisk.MountAsync(user.Home, "nosuid,nodev,size=64m");
        await user.TakeAsync();
        (await user.Run("build", "-q",
            user.Context("FROM BASE\nRUN --mount=target=/context cat /context/Dockerfile /etc/hosts; touch /x; busybox chmod 4755 /x\n")))
            .Succeeded();
    }

    [Fact]
    public async Task Ctrl_C_in_a_RUN_ends_the_container_with_exit_code_130_and_leaves_nothing()
    {
        var seconds = $"{Random.Shared.Next(100_000_000, 999_999_999)}";
        var context = user.Context($"FROM BASE\nRUN trap '' INT TERM; busybox sleep {seconds} & echo sleeping; busybox sleep {seconds}\n");
        using var build = user.Start("build", "--progress", "plain", "-t", "never:1", context);
        await Processes.Says(build.StandardError, " sleeping");
        await Eventually.Is(() => Processes.Sleeping(seconds).Length == 2); // the one in the background may begin later

        await Tool.Run("kill", "-INT", $"{build.Id}");
        var rest = await build.StandardError.ReadToEndAsync();
        await build.WaitForExitAsync();

        Assert.Equal(130, build.ExitCode);
        Assert.Matches("(^|\n)manifold: interrupted\n✗ Stopped after [^\n]+ Details: manifold report [0-9a-z-]+\n$", rest);
        Assert.Empty(Processes.Sleeping(seconds));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(user.Store, "work")));
    }

    [Fact]
    public async Task what_a_killed_build_left_stops_no_command_and_goes_with_the_next_build()
    {
        var context = user.Context("FROM BASE\nRUN mkdir /x; busybox chown 9:9 /x; echo made; busybox sleep 300\n");
        using var build = user.Start("build", "--progress", "plain", context);
        await Processes.Says(build.StandardError, " made");
        build.Kill(); // SIGKILL
        await build.WaitForExitAsync();
        var work = Path.Combine(user.Store, "work");
        Assert.NotEmpty(Directory.GetDirectories(work));

        (await user.Run("copy", "docker://" + Workshop.BusyBox, "store:kept:1")).Succeeded(); // outside of the namespace
        (await user.Run("build", "-q", user.Context("FROM BASE\nRUN true\n"))).Succeeded();

        Assert.Empty(Directory.GetFileSystemEntries(work));
    }

    [Fact]
    public async Task a_project_is_baked_with_hooks_that_run_as_the_user_and_its_images_are_started()
    {
        user.Write("project/manifold.yaml", """
            platforms: [linux/amd64]
            tags: ["1"]
            registry: example.com/acme
            images:
              base: {context: base}
              app:
                context: app
                contexts: {base: "image:base"}
                before: {run: ["sh", "-c", "id -u >made"], inputs: [Dockerfile], outputs: [made]}
            """);
        user.Write("project/base/Dockerfile", $"FROM {Workshop.BusyBox}\nRUN echo base >/base; busybox chown 12:13 /base\n");
        user.Write("project/app/Dockerfile",
            "FROM base\nCOPY made /made\nRUN test \"$(busybox stat -c %u:%g /base)\" = 12:13\nENTRYPOINT [\"/bin/busybox\", \"cat\"]\n");
        await user.TakeAsync();

        (await user.Run("bake", "-f", user["project/manifold.yaml"])).Succeeded();

        Assert.Equal(user.Owner.Split(':')[0], (await File.ReadAllTextAsync(user["project/app/made"])).Trim());
        var verified = (await user.Run("verify", "--run=/made", "store:example.com/acme/app:1")).Succeeded().Output;
        Assert.Contains("exit code 0", verified, StringComparison.Ordinal);
        Assert.Contains($"\n  {user.Owner.Split(':')[0]}\n", verified, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_owner_beyond_the_subordinate_ids_is_named_where_a_RUN_stands_on_it_and_copied_where_none_does()
    {
        var context = user.Context("FROM BASE AS far\nADD nodes.tar /\nFROM far AS run\nRUN true\nFROM BASE\nCOPY --from=far /far /\n");
        WriteNodes(Path.Combine(context, "nodes.tar"), farOwner: 70_000);

        var refused = await user.Run("build", "-q", "--target", "run", context);
        Assert.Equal(1, refused.Code);
        Assert.Contains("Unpacking 'far': its owner 70000:70000 is not one of the 65536 ids of this user namespace.",
            refused.Error, StringComparison.Ordinal);
        Assert.Contains("sudo usermod --add-subuids", refused.Error, StringComparison.Ordinal);
        (await user.Run("build", "-q", context)).Succeeded();
    }

    [Fact]
    public async Task the_doctor_says_that_a_namespace_is_used()
    {
        var outcome = (await user.Run("doctor")).Succeeded();
        Assert.Matches("(?m)^ok  privilege +a regular user in a user namespace with 65536 ids$", outcome.Output);
        Assert.Matches("(?m)^ok  overlayfs ", outcome.Output);
        Assert.Contains(user.Store, outcome.Output, StringComparison.Ordinal);
    }

    private async Task<string> OthersFiles() => await Tool.Run("find", user.Store, "!", "-user", user.Owner.Split(':')[0]);

    /// <summary>An archive that an ordinary user could not unpack.</summary>
    internal static void WriteNodes(string path, int? farOwner = null)
    {
        using var tar = new TarWriter(File.Create(path));
        tar.WriteEntry(
            new PaxTarEntry(TarEntryType.CharacterDevice, "null") { DeviceMajor = 1, DeviceMinor = 3, Mode = (UnixFileMode)0x1B6 });
        tar.WriteEntry(
            new PaxTarEntry(TarEntryType.CharacterDevice, "zero") { DeviceMajor = 1, DeviceMinor = 5, Mode = (UnixFileMode)0x1B6 });
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "tool")
        {
            Uid = 5,
            Gid = 6,
            Mode = (UnixFileMode)0x9ED,
            DataStream = new MemoryStream("tool"u8.ToArray()),
        });
        tar.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "same") { LinkName = "tool" });
        tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = "tool", Uid = 99, Gid = 98 });
        tar.WriteEntry(new PaxTarEntry(TarEntryType.Fifo, "fifo") { Uid = 3, Mode = (UnixFileMode)0x180 });
        if (farOwner is { } owner)
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "far")
            {
                Uid = owner,
                Gid = owner,
                DataStream = new MemoryStream("far"u8.ToArray()),
            });
    }
}

/// <summary>Where there is no user namespace either.</summary>
[Trait("kind", "end-to-end")]
public sealed class RootlessWithoutNamespaces : IAsyncLifetime
{
    private OrdinaryUser user = null!;
    private Workshop root = null!;

    public async ValueTask InitializeAsync()
    {
        user = await OrdinaryUser.ComeAsync(withoutNamespaces: true);
        root = new Workshop();
        await Workshop.NeedBusyBox();
    }

    public ValueTask DisposeAsync()
    {
        user?.Dispose();
        root?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task a_build_without_RUN_gives_the_image_that_root_builds()
    {
        var context = user.Context("""
            FROM BASE AS made
            ADD nodes.tar /nodes/
            COPY --chown=12:13 --chmod=4755 files /files/
            COPY --chown=root:root Dockerfile /etc/
            USER 70:71
            WORKDIR /work/here
            FROM BASE
            COPY --from=made / /all/
            COPY --from=made --chown=7:8 /nodes /mine/
            COPY --from=BASE /bin/busybox /bb
            LABEL a=b
            """, ("files/a", "a"), ("files/b/c", "c"));
        Rootless.WriteNodes(Path.Combine(context, "nodes.tar"), farOwner: 2_000_000_000);
        string[] flags = ["--platform", "linux/amd64,linux/arm64,linux/riscv64", "-t", "rootless:1", "-q"];

        var built = (await user.Run(["build", .. flags, context])).Succeeded();

        Assert.Equal((await root.Run([.. flags, context], "build")).Succeeded().Output.Trim(), built.Output.Trim());
        await Tool.Run("skopeo", "copy", "--all", $"oci:{user.Store}:docker.io/library/rootless:1", $"oci:{user["judged"]}:x");
    }

    [Fact]
    public async Task a_RUN_is_refused_before_any_work_with_what_to_do()
    {
        var outcome = await user.Run("build", "--progress", "plain", user.Context("FROM BASE\nCOPY Dockerfile /\nRUN true\n"));

        Assert.Equal(4, outcome.Code);
        Assert.Contains("manifold: RUN needs root or a user namespace: this process cannot gain privileges (no_new_privs), which "
            + "newuidmap needs. To fix this: start it without no-new-privileges", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("COPY", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFileSystemEntries(Path.Combine(user.Store, "blobs/sha256")),
            file => new FileInfo(file).Length > 100_000);
    }

    [Fact]
    public async Task an_image_cannot_be_started()
    {
        var outcome = await user.Run("verify", "--run=true", "docker://" + Workshop.BusyBox);
        Assert.Equal(4, outcome.Code);
        Assert.Contains("RUN needs root or a user namespace: this process cannot gain privileges (no_new_privs)", outcome.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_doctor_says_why_there_is_none()
    {
        var outcome = await user.Run("doctor");
        Assert.Equal(4, outcome.Code);
        Assert.Matches("(?m)^NO  privilege +.*this process cannot gain privileges", outcome.Output);
        Assert.EndsWith("This machine cannot run RUN steps yet. Images without RUN can be built.\n", outcome.Output.TrimEnd() + "\n",
            StringComparison.Ordinal);
    }
}
