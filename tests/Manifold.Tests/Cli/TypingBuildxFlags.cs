namespace Manifold.Tests.Cli;

/// <summary>
/// Every flag that <c>docker buildx build --help</c> and <c>docker buildx bake --help</c> name, hidden ones included, as of buildx 0.30 and
/// later.
/// </summary>
public sealed class TypingBuildxFlags : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public TypingBuildxFlags()
    {
        folder.Write("Dockerfile", "FROM scratch AS first\nARG A\nCOPY Dockerfile /\nFROM first\nCOPY Dockerfile /\n");
        folder.Write("bake.hcl", "variable \"V\" { default = \"file\" }\ntarget \"default\" {\n  context = \".\"\n  args = { A = V }\n}\n");
        folder.Write("secret", "s");
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("--add-host a:10.0.0.1,b:10.0.0.2")]
    [InlineData("--allow network.host")]
    [InlineData("--annotation a=b")]
    [InlineData("--attest type=provenance,mode=max -t a --push")]
    [InlineData("--build-arg A=1")]
    [InlineData("--build-context x=.")]
    [InlineData("--cache-from type=local,src=cache")]
    [InlineData("--cache-to type=local,dest=cache")]
    [InlineData("--call build")]
    [InlineData("--debug")]
    [InlineData("-D")]
    [InlineData("--file Dockerfile")]
    [InlineData("--iidfile iid")]
    [InlineData("--label a=b")]
    [InlineData("--load")]
    [InlineData("--metadata-file meta.json")]
    [InlineData("--network none")]
    [InlineData("--no-cache")]
    [InlineData("--no-cache-filter first")]
    [InlineData("--no-cache-filter first,second")]
    [InlineData("--output type=local,dest=out")]
    [InlineData("--platform linux/arm64")]
    [InlineData("--progress plain")]
    [InlineData("--progress none")]
    [InlineData("--progress quiet")]
    [InlineData("--provenance false")]
    [InlineData("--provenance mode=min -t a --push")]
    [InlineData("--pull")]
    [InlineData("--push -t a")]
    [InlineData("--quiet")]
    [InlineData("--sbom false")]
    [InlineData("--sbom true -t a --push")]
    [InlineData("--secret id=s,src=secret")]
    [InlineData("--shm-size 64m")]
    [InlineData("--ssh other=secret")]
    [InlineData("--tag a:1")]
    [InlineData("--target first")]
    [InlineData("--ulimit nofile=1024")]
    public async Task is_taken_with_its_value_after_it_or_joined_to_it(string flags)
    {
        foreach (var line in new[] { flags, Joined(flags) })
        {
            var (code, output, error) = await InFolder(["build", "--print=tree", .. Rooted(line).Split(' ')]);
            Assert.True(code == 0, $"{line}: {error}");
            Assert.StartsWith("{", output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--builder", "default", "builds run in this program")]
    [InlineData("--policy", "filename=p.rego", "manifold lock")]
    [InlineData("--resource", "memory=2g", "--cgroup-parent")]
    [InlineData("--memory", "2g", "--cgroup-parent")]
    [InlineData("-m", "2g", "--cgroup-parent")]
    [InlineData("--memory-swap", "-1", "--cgroup-parent")]
    [InlineData("--cpu-period", "100", "--cgroup-parent")]
    [InlineData("--cpu-quota", "100", "--cgroup-parent")]
    [InlineData("--cpu-shares", "100", "--cgroup-parent")]
    [InlineData("-c", "100", "--cgroup-parent")]
    [InlineData("--cpuset-cpus", "0", "--cgroup-parent")]
    [InlineData("--cpuset-mems", "0", "--cgroup-parent")]
    [InlineData("--security-opt", "seccomp=x", "RUN --security=insecure")]
    [InlineData("--isolation", "hyperv", "Windows")]
    [InlineData("--squash", null, "FROM scratch")]
    [InlineData("--compress", null, "Leave it out")]
    [InlineData("--force-rm", null, "Leave it out")]
    [InlineData("--rm", null, "Leave it out")]
    [InlineData("--disable-content-trust", null, "--sign")]
    [InlineData("--progress", "rawjson", "--progress json")]
    [InlineData("--call", "outline", "--print=tree")]
    [InlineData("--call", "targets", "--print=tree")]
    [InlineData("--sbom", "generator=docker/scout", "without a generator")]
    public async Task is_refused_with_what_does_it_here(string flag, string? value, string substitute)
    {
        string[][] forms = value is null ? [[flag], [flag + "=true"]] : [[flag, value], [$"{flag}={value}"]];
        foreach (var form in forms)
        {
            var (code, _, error) = await InFolder(["build", .. form]);
            Assert.Equal(2, code);
            Assert.Contains(substitute, error, StringComparison.Ordinal);
            Assert.Contains(flag, error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--builder", "default", "builds run in this program")]
    [InlineData("--policy", "disabled=true", "manifold lock")]
    [InlineData("--list", "targets", "--print")]
    public async Task bake_refuses_it_with_what_does_it_here(string flag, string value, string substitute)
    {
        foreach (var form in new[] { $"{flag} {value}", $"{flag}={value}" })
        {
            var (code, _, error) = await Commanding.Manifold(folder, ["bake", "-f", folder["bake.hcl"], .. form.Split(' ')]);
            Assert.Equal(2, code);
            Assert.Contains(substitute, error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--debug")]
    [InlineData("--load")]
    [InlineData("--metadata-file meta.json")]
    [InlineData("--no-cache")]
    [InlineData("--progress plain")]
    [InlineData("--provenance mode=max --push")]
    [InlineData("--provenance false")]
    [InlineData("--pull")]
    [InlineData("--sbom true --push")]
    [InlineData("--set *.args.A=1")]
    [InlineData("--var V=flag")]
    public async Task bake_takes_it(string flags)
    {
        foreach (var line in new[] { flags, Joined(flags) })
        {
            var (code, output, error) =
                await Commanding.Manifold(folder, ["bake", "-f", folder["bake.hcl"], "--print=yaml", .. Rooted(line).Split(' ')]);
            Assert.True(code == 0, $"{line}: {error}");
            Assert.Contains(flags.StartsWith("--var", StringComparison.Ordinal) ? "A: flag" : "images:", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task what_follows_a_switch_is_the_context()
    {
        foreach (var flags in new[] { "--provenance", "--sbom", "--provenance mode=min", "--provenance false", "--sbom=true --provenance" })
        {
            var (code, _, error) =
                await Commanding.Manifold(folder, ["build", "--print=tree", "-t", "a", "--push", .. flags.Split(' '), folder.Path]);
            Assert.True(code == 0, $"{flags}: {error}");
        }
    }

    [Theory]
    [InlineData("--print app", "  app:")]
    [InlineData("app --print", "  app:")]
    [InlineData("--print json app", "\"app\": {")]
    [InlineData("--print=bake app", "\"app\": {")]
    public async Task a_target_may_follow_the_wish_to_print(string words, string expected)
    {
        folder.Write("two.hcl", "target \"app\" {}\ntarget \"other\" {}\n");
        var (code, output, error) =
            await Commanding.Manifold(folder, ["bake", "-f", Path.Combine(folder.Path, "two.hcl"), .. words.Split(' ')]);
        Assert.True(code == 0, error);
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.DoesNotContain("other", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task only_the_steps_of_a_filtered_stage_are_done_again()
    {
        await InFolder(["build", "--progress", "plain"]);
        var (_, _, cached) = await InFolder(["build", "--progress", "plain"]);
        var (_, _, first) = await InFolder(["build", "--progress", "plain", "--no-cache-filter", "FIRST"]);
        Assert.Equal((true, true), (Cached(cached, "[first 2/2]"), Cached(cached, "[stage-1 2/2]")));
        Assert.Equal((false, true), (Cached(first, "[first 2/2]"), Cached(first, "[stage-1 2/2]")));
        var (_, _, none) = await InFolder(["build", "--progress", "plain", "--no-cache-filter", "frist"]);
        Assert.Matches(@"--no-cache-filter frist: .*\. Did you mean first\?", none);

        folder.Write("docker-bake.hcl", "target \"default\" {\n  no-cache-filter = [\"first\"]\n}");
        var (_, _, baked) = await Commanding.Manifold(folder,
            ["bake", "--progress", "plain", "-f", Path.Combine(folder.Path, "docker-bake.hcl"), "--set", $"*.context={folder.Path}"]);
        Assert.Equal((false, true), (Cached(baked, "first 2/2]"), Cached(baked, "stage-1 2/2]")));

        static bool Cached(string log, string step) =>
            log.Split('\n').First(line => line.Contains(step, StringComparison.Ordinal)).Split(' ')[0] is var number
                && log.Contains($"{number} CACHED", StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_argument_that_nothing_declares_is_told_with_the_one_that_was_meant()
    {
        folder.Write("Dockerfile", "ARG BASE=scratch\nFROM scratch\nARG VERSION=1\nCOPY Dockerfile /$VERSION\n");
        var (code, _, error) = await InFolder(
        [
            "build", "--build-arg", "VERSOIN=2", "--build-arg", "VERSION=2", "--build-arg", "BASE=x",
            "--build-arg", "HTTPS_PROXY=x", "--build-arg", "BUILDKIT_X=1", "--build-arg", "SOURCE_DATE_EPOCH=0",
        ]);
        Assert.Equal(0, code);
        Assert.Contains("--build-arg VERSOIN: no ARG ", Assert.Single(error.Split('\n'), line => line.Contains("--build-arg",
            StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("no effect. Did you mean VERSION?", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_argument_that_a_trigger_of_the_file_declares_is_not_told()
    {
        folder.Write("Dockerfile", "FROM scratch AS a\nONBUILD ARG V\nONBUILD LABEL v=$V\nFROM a\nCOPY Dockerfile /\n");
        var (code, _, error) = await InFolder(["build", "--build-arg", "V=1"]);
        Assert.Equal(0, code);
        Assert.DoesNotContain("--build-arg", error, StringComparison.Ordinal);
    }

    private Task<(int Code, string Output, string Error)> InFolder(string[] words) => Commanding.Manifold(folder, [.. words, folder.Path]);

    private string Rooted(string line) => string.Join(' ', line.Split(' ').Select(word => word switch
    {
        "Dockerfile" or "iid" or "meta.json" => folder[word],
        "--file=Dockerfile" or "--iidfile=iid" or "--metadata-file=meta.json" =>
            word.Split('=') is [var flag, var file] ? $"{flag}={folder[file]}" : word,
        _ => word.Replace("=secret", "=" + folder["secret"], StringComparison.Ordinal),
    }));

    private static string Joined(string flags) =>
        flags.Split(' ', 3) is [var flag, var value, ..] && flag.StartsWith("--", StringComparison.Ordinal) && !value.StartsWith('-')
            ? $"{flag}={flags[(flag.Length + 1)..]}" : flags;
}
