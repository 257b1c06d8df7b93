using System.Text;
using Manifold.Dockerfile;
using Manifold.Events;
using Manifold.Linux;
using Manifold.Planning;
using Manifold.Sandbox;
using Manifold.Solving.Copying;
using Manifold.Solving.Steps;

namespace Manifold.Tests.Solving;

/// <summary>What a RUN is given, what becomes of its changes, and how it fails. No program runs here.</summary>
public sealed class DoingRuns : IDisposable
{
    private readonly StepBench bench = new();

    private RunRequest Request => bench.Sandbox.Requests.Last();

    public void Dispose() => bench.Dispose();

    private static void RequireSnapshots() =>
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Unpacking needs root or a user namespace.");

    [Fact]
    public async Task its_changes_are_the_layer()
    {
        RequireSnapshots();
        bench.Sandbox.Run = (_, changes) => File.WriteAllText(Path.Combine(changes, "made"), "by a RUN");
        var image = await bench.SolveAsync("FROM scratch\nRUN [\"make\"]");
        Assert.Equal("by a RUN", bench.Text(image.Layers.Single(), "made"));
        var done = Assert.Single(bench.Events.OfType<StepFinished>());
        Assert.Equal((false, TimeSpan.FromSeconds(3)), (done.Cached, done.Duration));
        Assert.Equal("a line", Assert.Single(bench.Events.OfType<StepPrinted>()).Line);
    }

    [Fact]
    public async Task without_changes_there_is_no_layer_and_the_record_says_so()
    {
        Assert.True((await bench.SolveAsync("FROM scratch\nRUN [\"true\"]")).IsEmpty);
        Assert.True((await bench.LastAsync("FROM scratch\nRUN [\"true\"]")).Cached);
        Assert.Single(bench.Sandbox.Requests);
    }

    [Fact]
    public async Task it_is_done_again_where_its_layer_is_gone()
    {
        RequireSnapshots();
        bench.Sandbox.Run = (_, changes) => File.WriteAllText(Path.Combine(changes, "made"), "by a RUN");
        var image = await bench.SolveAsync("FROM scratch\nRUN [\"make\"]");
        File.Delete(bench.Store.BlobPath(image.Layers[0].Blob.Digest));
        foreach (var folder in Directory.GetDirectories(bench.Store.Root, "snapshots*"))
            FileTree.Delete(folder);
        Assert.False((await bench.LastAsync("FROM scratch\nRUN [\"make\"]")).Cached);
        Assert.Equal(2, bench.Sandbox.Requests.Count);
    }

    [Fact]
    public async Task it_is_asked_for_as_the_file_says()
    {
        bench.With = tools => tools with
        {
            Hostname = "builder",
            Run = new RunSettings { TimeZone = "Asia/Tokyo", SharedMemory = 5, CgroupParent = "/p" },
        };
        await bench.SolveAsync("FROM scratch\nENV A=1\nARG B=2\nUSER 5\nRUN --network=none [\"a\", \"b c\"]");
        Assert.Equal(["a", "b c"], Request.Arguments);
        Assert.Contains("A=1", Request.Environment);
        Assert.Contains("B=2", Request.Environment);
        Assert.Contains("TZ=Asia/Tokyo", Request.Environment);
        Assert.Equal(("5", "/", "builder", NetworkMode.None), (Request.User, Request.WorkingDirectory, Request.Hostname, Request.Network));
        Assert.Equal((5L, "/p", false), (Request.SharedMemory!.Value, Request.CgroupParent, Request.Insecure));

        await bench.SolveAsync("FROM scratch\nENV TZ=UTC\nRUN --network=host [\"a\"]");
        Assert.DoesNotContain("TZ=Asia/Tokyo", Request.Environment);
        Assert.Equal(NetworkMode.Host, Request.Network);
    }

    [Fact]
    public async Task a_failure_has_the_exit_code_and_the_last_lines_and_leaves_no_record()
    {
        bench.Sandbox.End = result => result with { ExitCode = 7, Tail = ["it broke"], Emulated = true };
        var failure = await Assert.ThrowsAsync<StepFailedException>(() => bench.SolveAsync("FROM scratch\nRUN [\"false\"]"));
        Assert.Equal(7, failure.ProgramExitCode);
        Assert.Equal(["it broke"], failure.LogTail);
        Assert.True(Assert.Single(bench.Events.OfType<StepFailed>()).Emulated);

        bench.Sandbox.End = result => result;
        Assert.False((await bench.LastAsync("FROM scratch\nRUN [\"false\"]")).Cached);
    }

    [Fact]
    public async Task the_words_of_the_runtime_and_of_the_emulator_are_told()
    {
        bench.Sandbox.End = result => result with { ExitCode = 127, RuntimeFailure = "exec: not found" };
        var failure = await Assert.ThrowsAsync<StepFailedException>(() => bench.SolveAsync("FROM scratch\nRUN [\"x\"]"));
        Assert.Contains("exec: not found", failure.Message, StringComparison.Ordinal);

        bench.Sandbox.End = result => result with { ExitCode = 139, EmulatorCrash = "qemu: uncaught target signal 11" };
        failure = await Assert.ThrowsAsync<StepFailedException>(() => bench.SolveAsync("FROM scratch\nRUN [\"x\"]"));
        Assert.Contains("qemu: uncaught target signal 11", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task memory_and_secrets_are_mounted_and_a_secret_that_is_not_given_is_not()
    {
        bench.With = tools => tools with { Run = new RunSettings { Secrets = [new Secret("token", "s3cret"u8.ToArray())] } };
        await bench.SolveAsync("""
            FROM scratch
            RUN --mount=type=tmpfs,target=/t,size=4096 \
                --mount=type=secret,id=token,mode=0440,uid=3,gid=4 \
                --mount=type=secret,id=token,env=TOKEN \
                --mount=type=secret,id=absent \
                ["a"]
            """);
        var memory = Assert.Single(Request.Mounts, mount => mount.Kind == MountKind.Tmpfs);
        Assert.Equal(("/t", 4096L), (memory.Target, memory.SizeBytes!.Value));
        var secret = Assert.Single(Request.Mounts, mount => mount.Kind == MountKind.Memory);
        Assert.Equal("/run/secrets/token", secret.Target);
        Assert.Equal("s3cret", Encoding.UTF8.GetString(secret.Content.Span));
        Assert.Equal((0x120, 3u, 4u, true), (secret.Mode, secret.Uid, secret.Gid, secret.IsSecret)); // 0440
        var variable = Assert.Single(Request.SecretVariables);
        Assert.Equal("TOKEN", variable.Name);
    }

    [Fact]
    public async Task a_script_is_a_file_in_memory()
    {
        await bench.SolveAsync("FROM scratch\nRUN <<EOF\n#!/bin/x\necho\nEOF");
        var script = Assert.Single(Request.Mounts);
        Assert.Equal(("/dev/pipes/EOF", "#!/bin/x\necho\n", 0x1ED),
            (script.Target, Encoding.UTF8.GetString(script.Content.Span), script.Mode));
    }

    [Fact]
    public async Task a_cache_keeps_its_files_and_is_another_one_by_its_name()
    {
        var (uid, gid) = User.OfNewFiles;
        var found = "";
        bench.Sandbox.Run = (request, _) =>
        {
            var seen = Path.Combine(request.Mounts.Single().Source!, "seen");
            File.AppendAllText(seen, "x");
            found = File.ReadAllText(seen);
        };
        Assert.Equal("x", await CountAsync("a", "1"));
        Assert.Equal("xx", await CountAsync("a", "2"));
        Assert.Equal("x", await CountAsync("b", "3"));

        async Task<string> CountAsync(string id, string command)
        {
            await bench.SolveAsync(
                $"FROM scratch\nRUN --mount=type=cache,target=/c,id={id},uid={uid},gid={gid},mode=0700 [\"{command}\"]");
            return found;
        }
    }

    [Fact]
    public async Task an_agent_that_nobody_named_is_a_variable_only()
    {
        await bench.SolveAsync("FROM scratch\nRUN --mount=type=ssh,target=/agent [\"a\"]");
        Assert.Contains("SSH_AUTH_SOCK=/agent", Request.Environment);
        Assert.Empty(Request.Mounts);
    }

    [Fact]
    public async Task a_folder_of_the_context_is_shown_as_it_is_or_as_a_copy_without_what_is_ignored()
    {
        RequireSnapshots(); // a copy is root's
        bench.Write("d/g", "two");
        bench.Write("d/ignored", "three");
        var seen = new List<string>();
        bench.Sandbox.Run = (request, _) =>
            seen = [.. Directory.GetFiles(request.Mounts.Single().Source!).Select(file => Path.GetFileName(file))];
        await bench.SolveAsync("FROM scratch\nRUN --mount=target=/t,source=d [\"a\"]");
        Assert.Equal((MountKind.Bind, true), (Request.Mounts.Single().Kind, Request.Mounts.Single().ReadOnly));
        Assert.Equal(bench.Folder["context/d"], Request.Mounts.Single().Source);
        Assert.Equal(["g", "ignored"], seen.Order(StringComparer.Ordinal));

        bench.With = tools => tools with
        {
            Context = new ContextTree(bench.Folder["context"], IgnoreRules.Parse(".dockerignore", "d/ignored"),
                new FileDigests(bench.Store, bench.Folder["context"], TimeProvider.System)),
        };
        await bench.SolveAsync("FROM scratch\nRUN --mount=target=/t,source=d [\"a\"]");
        Assert.NotEqual(bench.Folder["context/d"], Request.Mounts.Single().Source);
        Assert.Equal(["g"], seen);
    }

    [Fact]
    public async Task what_a_mount_shows_has_to_be_there()
    {
        var failure = await Assert.ThrowsAsync<StepFailedException>(
            () => bench.SolveAsync("FROM scratch\nRUN --mount=target=/t,source=gone [\"a\"]"));
        Assert.Contains("'gone' is not in the build context", failure.Message, StringComparison.Ordinal);
        failure = await Assert.ThrowsAsync<StepFailedException>(() => bench.SolveAsync(
            "FROM scratch AS files\nFROM scratch\nRUN --mount=from=files,source=/gone,target=/t [\"a\"]"));
        Assert.Contains("'/gone' is not in", failure.Message, StringComparison.Ordinal);
        Assert.Empty(bench.Sandbox.Requests);
    }

    [Fact]
    public async Task an_agent_that_runs_is_reached_through_a_socket_of_the_RUNs_user()
    {
        var (uid, gid) = User.OfNewFiles;
        var settings = new RunSettings { Agents = [new SshAgent("default") { Socket = bench.Folder["agent"] }] };
        bench.With = tools => tools with { Run = settings, Agents = new SshAgents(settings, () => bench.Store.WorkFolder) };
        bench.Sandbox.Run = (request, _) => Assert.True(File.Exists(request.Mounts.Single().Source));
        await bench.SolveAsync($"FROM scratch\nRUN --mount=type=ssh,target=/agent,uid={uid},gid={gid} [\"a\"]");
        Assert.Equal((MountKind.Bind, "/agent"), (Request.Mounts.Single().Kind, Request.Mounts.Single().Target));
    }

    [Fact]
    public async Task a_cache_may_begin_with_the_files_of_a_stage()
    {
        RequireSnapshots();
        bench.Write("seed/f", "one");
        var seen = "";
        bench.Sandbox.Run = (request, _) => seen = File.ReadAllText(Path.Combine(request.Mounts.Single().Source!, "f"));
        await bench.SolveAsync(
            "FROM scratch AS files\nCOPY seed /seed\nFROM scratch\nRUN --mount=type=cache,from=files,source=/seed,target=/c [\"a\"]");
        Assert.Equal("one", seen);
        var failure = await Assert.ThrowsAsync<StepFailedException>(() => bench.SolveAsync(
            "FROM scratch AS files\nCOPY seed /seed\nFROM scratch\nRUN --mount=type=cache,from=files,source=/seed/f,target=/c [\"a\"]"));
        Assert.Contains("is not a folder in", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_mount_of_a_part_of_a_stage_counts_by_that_part()
    {
        RequireSnapshots();
        bench.Write("part/f", "one");
        bench.Write("rest", "a");
        const string dockerfile = """
            FROM scratch AS files
            COPY part /part
            COPY rest /rest
            FROM scratch
            RUN --mount=from=files,source=/part,target=/t ["a"]
            """;
        var (first, _) = await bench.LastAsync(dockerfile);
        Assert.Equal(MountKind.Layers, Request.Mounts.Single().Kind);
        // The stage is another one now, and the part is the same: the second key finds the record.
        bench.Write("rest", "b");
        var (second, cached) = await bench.LastAsync(dockerfile);
        Assert.NotEqual(first, second);
        Assert.True(cached);
        Assert.Single(bench.Sandbox.Requests);
        // The part changes.
        bench.Write("part/f", "two");
        Assert.False((await bench.LastAsync(dockerfile)).Cached);

        var failure = await Assert.ThrowsAsync<StepFailedException>(
            () => bench.SolveAsync(dockerfile.Replace("source=/part", "source=/gone", StringComparison.Ordinal)));
        Assert.Contains("'/gone' is not in", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_RUN_on_a_copy_stands_on_its_unpacked_layer_and_keeps_only_what_it_changed()
    {
        RequireSnapshots();
        bench.Write("f", "one");
        bench.Sandbox.Run = (request, changes) => File.WriteAllText(Path.Combine(changes, "made"), $"{request.Chain.Length}");
        var image = await bench.SolveAsync("FROM scratch\nCOPY f /f\nRUN [\"a\"]");
        Assert.Equal([image.Layers[0].DiffId], Request.Chain);
        Assert.Equal("1", bench.Text(image.Layers[1], "made"));
        Assert.Equal("one", await File.ReadAllTextAsync(Path.Combine(bench.Layers.UnpackedFolder(Request.Chain[0])!, "f")));
    }
}
