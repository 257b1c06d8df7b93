using System.Text.Json;
using Manifold.Linux;

namespace Manifold.EndToEnd.Building;

/// <summary>
/// What mounts show, what they keep from build to build, and when they make a RUN run again. What they leave in images,
/// <see cref="ComparedWithBuildKit"/> compares.
/// </summary>
[Trait("kind", "end-to-end")]
public sealed class MountingIntoARun : WithRuns
{
    [Fact]
    public async Task a_file_that_is_not_shown_may_change_and_one_that_is_runs_it_again()
    {
        var context = shop.Context("FROM BASE\nRUN --mount=source=src,target=/src cat /src/shown >/seen",
            ("src/shown", "1"), ("src/ignored", "1"), ("other", "1"), (".dockerignore", "src/ignored"));
        (await shop.Build(context)).Succeeded();

        await File.WriteAllTextAsync(Path.Combine(context, "other"), "2");
        await File.WriteAllTextAsync(Path.Combine(context, "src/ignored"), "2");
        Assert.True((await shop.Build(context)).Succeeded().Steps.Single().Cached);

        await File.WriteAllTextAsync(Path.Combine(context, "src/shown"), "2");
        Assert.False((await shop.Build(context)).Succeeded().Steps.Single().Cached);
    }

    [Fact]
    public async Task the_context_is_roots_whoever_owns_it_and_stays_as_it_is()
    {
        var context = shop.Context(
            "FROM BASE\nRUN --mount=target=/c,rw ls -ln /c; test \"$(busybox stat -c %u:%g "
                + "/c/file /c/sub/deep | sort -u)\" = 0:0 && echo changed >/c/file && busybox rm /c/sub/deep && echo more >/c/more",
            ("file", "kept"), ("sub/deep", "kept"));
        await Tool.Run("chown", "-R", "1234:1234", context);
        (await shop.Build(context)).Succeeded();
        await Tool.Run("chown", "-R", "0:0", context);
        (await shop.Build(context, "--no-cache")).Succeeded(); // now shown without a copy
        Assert.Equal("kept", await File.ReadAllTextAsync(Path.Combine(context, "file")));
        Assert.Equal(["Dockerfile", "file", "sub/deep"],
            Directory.GetFiles(context, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(context, file)).Order());
    }

    [Fact]
    public async Task a_source_that_is_not_there_fails_with_its_name()
    {
        var missing = await shop.Build(shop.Context("FROM BASE AS one\nFROM BASE\nRUN --mount=from=one,source=/nowhere,target=/m true"));
        Assert.Equal(1, missing.Code);
        Assert.Contains("'/nowhere' is not in", missing.Error, StringComparison.Ordinal);
        var excluded = await shop.Build(shop.Context("FROM BASE\nRUN --mount=source=a,target=/m true", ("a", ""), (".dockerignore", "a")));
        Assert.Contains("excluded from the build context by .dockerignore:1", excluded.Error, StringComparison.Ordinal);
    }

    /// <summary>Source: BuildKit, docker build, and its testCacheMountSourceEscape.</summary>
    [Theory]
    [InlineData("mkdir -p /c/sel/deep && echo hi >/c/sel/deep/f", "sel/deep", true)]
    [InlineData("mkdir -p /c/sel/deep && echo hi >/c/sel/deep/f", "/sel/./x/../deep/", true)]
    [InlineData("true", "missing", false)]
    [InlineData("echo hi >/c/file", "file", false)]
    [InlineData("mkdir /c/real && echo hi >/c/real/f && busybox ln -s /etc /c/sel", "sel", false)]
    [InlineData("mkdir /c/real && echo hi >/c/real/f && busybox ln -s ../../../../../../etc /c/sel", "sel", false)]
    public async Task the_source_of_a_cache_is_a_folder_in_it(string fill, string source, bool works)
    {
        var built = await shop.Build(shop.Context($"FROM BASE\nRUN --mount=type=cache,id=x,target=/c {fill}\n"
            + $"RUN --mount=type=cache,id=x,source={source},target=/v cat /v/f >/copy && echo more >/v/more\n"
            + $"RUN --mount=type=cache,id=x,target=/c cat /c/sel/deep/more\n"));

        Assert.Equal(works, built.Code == 0);
        if (!works)
            Assert.Contains("is not a folder in the cache", built.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_cache_belongs_to_its_platform_unless_it_is_shared()
    {
        var context = shop.Context("""
            FROM BASE
            ARG TARGETARCH
            RUN --mount=type=cache,target=/own --mount=type=cache,target=/all,share-arch=true,sharing=locked echo $TARGETARCH >>/own/log && echo $TARGETARCH >>/all/log
            FROM BASE
            ARG TARGETARCH
            ARG AGAIN
            COPY --from=0 /bin/busybox /x
            RUN --mount=type=cache,target=/own --mount=type=cache,id=/all,target=/elsewhere,share-arch=true cat /own/log; test "$(cat /own/log)" = $TARGETARCH && test $(busybox wc -l </elsewhere/log) = 2
            """);
        // Both platforms have written before either reads.
        (await shop.Build(context, "--platform", "linux/amd64,linux/arm64", "--target", "0")).Succeeded();
        (await shop.Build(context, "--platform", "linux/amd64,linux/arm64")).Succeeded();
        Assert.Equal(3, Directory.GetDirectories(Path.Combine(shop.Root, "cache", "mounts")).Length);
    }

    [Fact]
    public async Task a_cache_stays_until_prune_is_told_to_take_all()
    {
        var context = shop.Context("FROM BASE\nARG N\n"
            + "RUN --mount=type=cache,target=/cache echo $N >>/cache/log && cat /cache/log && test $(busybox wc -l </cache/log) = $N");
        (await shop.Build(context, "--build-arg", "N=1")).Succeeded();
        (await shop.Run([], "prune")).Succeeded();
        (await shop.Build(context, "--build-arg", "N=2")).Succeeded();

        var pruned = (await shop.Run([], "prune", "--all", "--format", "json")).Succeeded();

        Assert.Equal(1, JsonDocument.Parse(pruned.Output).RootElement.GetProperty("cacheFolders").GetInt32());
        Assert.Empty(Directory.GetDirectories(Path.Combine(shop.Root, "cache", "mounts")));
        (await shop.Build(context, "--no-cache", "--build-arg", "N=1")).Succeeded();
    }

    [Theory]
    [InlineData("locked", "one at a time")]
    [InlineData("private", "a folder each")]
    public async Task a_cache_that_two_builds_want_at_once(string sharing, string outcome)
    {
        var context = shop.Context(
            $"FROM BASE\nARG N\nRUN --mount=type=cache,target=/cache,sharing={sharing} test ! -e /cache/mark && echo >/cache/mark && while "
                + "[ $N = 1 ] && [ ! -e /cache/go ]; do busybox sleep 0.05; done; busybox rm /cache/mark");
        (await shop.Build(shop.Context("FROM BASE\nRUN true"))).Succeeded(); // the base and the runtime's trial
        using var other = shop.Start("build", "--progress", "plain", "--build-arg", "N=1", context);
        var folder = Path.Combine(shop.Root, "cache", "mounts");
        await Eventually.Is(() => other.HasExited
            || (Directory.Exists(folder) && Directory.GetFiles(folder, "mark", SearchOption.AllDirectories).Length > 0));
        if (other.HasExited)
            Assert.Fail(await other.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        var mark = Directory.GetFiles(folder, "mark", SearchOption.AllDirectories).Single();

        var speech = new Speech();
        var building = shop.Run(speech, ["--build-arg", "N=2", context], "build", "--progress", "json");
        await Task.WhenAny(building, sharing == "locked" ? speech.Says("release the cache '/cache'") : building);
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(mark)!, "go"), "");

        var mine = await building;
        var error = await other.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await other.WaitForExitAsync(TestContext.Current.CancellationToken);
        mine.Succeeded();
        Assert.True(other.ExitCode == 0, error);
        Assert.Equal(outcome == "a folder each" ? 2 : 1, Directory.GetDirectories(Directory.GetDirectories(folder).Single()).Length);
        Assert.Equal(sharing == "locked", mine.Error.Contains("release the cache '/cache'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task an_agent_with_keys_answers_in_the_run_that_asks_for_it_and_in_no_other()
    {
        Assert.SkipWhen(ChildProcess.Find("ssh-agent", null) is null, "ssh-agent is not installed here; test.sh installs openssh-client.");
        await Tool.Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "the-key", "-f", shop["key"]);
        // Asked for its identities (1, SSH_AGENTC_REQUEST_IDENTITIES) it answers with one (12, SSH_AGENT_IDENTITIES_ANSWER).
        var context = shop.Context("""
            FROM localhost:5001/debian:bookworm
            USER 77:88
            RUN --mount=type=ssh,id=git,required,uid=77,gid=88,mode=0600 test "$(stat -c '%a %u:%g' $SSH_AUTH_SOCK)" = '600 77:88' && \
                perl -MIO::Socket::UNIX -e '$s=IO::Socket::UNIX->new($ENV{SSH_AUTH_SOCK}) or die; syswrite $s, pack("NC",1,11); sysread $s,$b,9; exit(substr(unpack("H*",$b),8) ne "0c00000001")'
            RUN test -z "$SSH_AUTH_SOCK"
            RUN --mount=type=ssh test ! -e "$SSH_AUTH_SOCK"
            """);

        (await shop.Build(context, "--ssh", $"git={shop["key"]}")).Succeeded();
    }

    [Theory]
    [InlineData("default")]
    [InlineData("default=SOCKET")]
    public async Task an_agent_that_runs_already_answers_with_its_own_keys(string flag)
    {
        Assert.SkipWhen(ChildProcess.Find("ssh-agent", null) is null, "ssh-agent is not installed here; test.sh installs openssh-client.");
        await Tool.Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "a-key-of-mine", "-f", shop["key"]);
        // It goes on in the background when its socket is there, and says under which number.
        var said = await Tool.Run("ssh-agent", "-s", "-a", shop["agent"]);
        var number = said.Split("SSH_AGENT_PID=")[1].Split(';')[0];
        try
        {
            await Tool.Run("env", $"SSH_AUTH_SOCK={shop["agent"]}", "ssh-add", "-q", shop["key"]);
            if (flag == "default")
                shop.Set["SSH_AUTH_SOCK"] = shop["agent"];
            // What ssh-add -l asks (11), and the keys' comments in the answer.
            var context = shop.Context("""
                FROM localhost:5001/debian:bookworm
                RUN --mount=type=ssh,required perl -MIO::Socket::UNIX -e '$s=IO::Socket::UNIX->new($ENV{SSH_AUTH_SOCK}) or die; syswrite $s, pack("NC",1,11); sysread $s,$b,4096; exit($b !~ /a-key-of-mine/)'
                """);
            (await shop.Build(context, "--ssh", flag.Replace("SOCKET", shop["agent"], StringComparison.Ordinal))).Succeeded();
            // It is still the user's own: nobody ended it or took its key.
            Assert.Contains("a-key-of-mine",
                await Tool.Run("env", $"SSH_AUTH_SOCK={shop["agent"]}", "ssh-add", "-l"), StringComparison.Ordinal);
        }
        finally
        {
            await Tool.Run("env", $"SSH_AGENT_PID={number}", "ssh-agent", "-k");
        }
    }

    [Fact]
    public async Task a_run_is_in_the_control_group_that_was_asked_for()
    {
        var root = new[] { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" }
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "cgroup.controllers")));
        Assert.SkipWhen(root is null, "There are no control groups of version 2 here.");
        var parent = $"manifold-test-{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(Path.Combine(root, parent));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"Control groups cannot be made here: {e.Message}");
        }
        var groups = new List<string>();
        using var bell = new Doorbell(() =>
        {
            // From inside the group is the root of its namespace, so we look from outside while the RUN waits.
            foreach (var process in Directory.EnumerateFiles(Path.Combine(root, parent), "cgroup.procs", SearchOption.AllDirectories)
                .SelectMany(File.ReadLines))
            {
                try
                {
                    groups.Add(File.ReadLines($"/proc/{process}/cgroup").Last(line => line.StartsWith("0::", StringComparison.Ordinal)));
                }
                catch (IOException)
                {
                    // It is gone by now; the one that rings is not.
                }
            }
            return Task.CompletedTask;
        });
        try
        {
            (await shop.Build(shop.Context($"FROM BASE\nRUN busybox wget -q -O /dev/null {bell.Address}\n"),
                "--network", "host", "--cgroup-parent", $"/{parent}")).Succeeded();
            Assert.NotEmpty(groups);
            Assert.All(groups, group => Assert.StartsWith($"0::/{parent}/", group, StringComparison.Ordinal));
            Assert.Empty(Directory.GetDirectories(Path.Combine(root, parent)));
        }
        finally
        {
            Directory.Delete(Path.Combine(root, parent));
        }
    }

    [Fact]
    public async Task a_script_is_started_by_what_its_first_line_names_and_may_print_itself()
    {
        var built = (await shop.Build(shop.Context("FROM BASE\nRUN <<EOF\n#!/bin/busybox cat\na line of the script\nEOF"))).Succeeded();
        Assert.Contains("\"a line of the script\"", built.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RUN --mount=type=ssh,required true", "Add: --ssh default")]
    [InlineData("RUN --security=insecure true", "add: --allow security.insecure")]
    [InlineData("RUN --network=host true", "add: --allow network.host")]
    [InlineData("RUN --mount=type=bind,source=x true", "the target is missing")]
    [InlineData("RUN --mount=target=/ true", "cannot be the root folder")]
    [InlineData("ARG T=tmpf\nRUN --mount=type=$T,target=/t true", "Did you mean tmpfs?")]
    public async Task what_is_missing_or_not_allowed_is_said_before_any_work(string run, string said)
    {
        var refused = await shop.Build(shop.Context("FROM BASE\n" + run));
        Assert.Equal(2, refused.Code);
        Assert.Contains(said, refused.Error, StringComparison.Ordinal);
        Assert.Empty(refused.Steps);
    }

    [Fact]
    public async Task insecure_has_all_rights_of_this_machine_where_it_is_allowed()
    {
        var own = File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
        // The kernel's log (mem(4), minor 11) is a device that no other RUN may open.
        const string opensADevice = "busybox mknod /log c 1 11 && busybox dd if=/log of=/dev/null count=0 && busybox rm /log";
        var context = shop.Context($"FROM BASE\nRUN --security=insecure busybox grep -q '{own}' /proc/self/status "
            + $"&& busybox grep -q 'Seccomp:.0' /proc/self/status && {opensADevice}");
        Assert.NotEqual(0, (await shop.Build(shop.Context($"FROM BASE\nRUN {opensADevice}"))).Code);
        (await shop.Build(context, "--allow", "security.insecure")).Succeeded();
    }

    [Theory]
    [InlineData("--network", "bridge", "expected default, none, host")]
    [InlineData("--allow", "security.insecur", "Did you mean security.insecure?")]
    [InlineData("--add-host", "name", "expected HOST:IP")]
    [InlineData("--add-host", "name:somewhere", "'somewhere' is not an IP address")]
    [InlineData("--ulimit", "nofiles=1", "Did you mean nofile?")]
    [InlineData("--ulimit", "nofile=5:2", "higher than the hard limit")]
    [InlineData("--shm-size", "big", "is not a size")]
    [InlineData("--ssh", "default=/not/there", "'/not/there' does not exist")]
    [InlineData("--cgroup-parent", "../up", "must not contain '..'")]
    public async Task a_wrong_flag_is_explained(string flag, string value, string said)
    {
        var refused = await shop.Build(shop.Context("FROM BASE"), flag, value);
        Assert.Equal(2, refused.Code);
        Assert.Contains(said, refused.Error, StringComparison.Ordinal);
    }
}
