using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text.RegularExpressions;
using Manifold.EndToEnd.Registry;
using Manifold.Linux;
using Manifold.Sandbox;

namespace Manifold.EndToEnd.Building;

/// <summary>The program for arm64 does under qemu-user what needs no namespaces, and gives what this machine's gives.</summary>
[Trait("kind", "end-to-end")]
public sealed class OnEmulatedArm64 : IAsyncLifetime
{
    private const string BothPlatforms = "linux/amd64,linux/arm64";
    private readonly Workshop here = new();
    private DebianRegistry? registry;
    private string[] program = [];

    public async ValueTask InitializeAsync()
    {
        program = Arm64Program.Here();
        Assert.SkipWhen(ChildProcess.Find("docker-registry", null) is null,
            "'docker-registry' is not installed here; test.sh installs it.");
        registry = await DebianRegistry.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (registry is not null)
            await registry.DisposeAsync();
        here.Dispose();
    }

    [Fact]
    public async Task its_own_platform_is_arm64_in_plans_and_arguments()
    {
        var context = here.Context(
            "FROM --platform=$BUILDPLATFORM scratch AS tools\nARG BUILDPLATFORM\nCOPY . /${BUILDPLATFORM}/\nRUN make\n"
                + "FROM scratch AS given\nARG BUILDPLATFORM\nARG BUILDARCH\nLABEL at=$BUILDPLATFORM arch=$BUILDARCH\nCOPY Dockerfile /\n"
                + "FROM scratch\nCOPY --from=tools / /\n");

        var plan = await Arm64("plan", "--platform", BothPlatforms, context);
        Assert.Matches("(?m)^linux/amd64 .* cross \\(on linux/arm64\\)$", plan);
        Assert.Matches("(?m)^linux/arm64 .* native$", plan);
        await Arm64("build", "-q", "--target", "given", "-t", "given:1", context);
        var described = await Arm64("inspect", "--config", "store:given:1");
        Assert.Contains("\"at\":\"linux/arm64\"", described, StringComparison.Ordinal);
        Assert.Contains("\"arch\":\"arm64\"", described, StringComparison.Ordinal);
        Assert.Contains("\"architecture\":\"arm64\"", described, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public async Task a_build_without_RUN_is_pushed_byte_for_byte_as_this_machines(string compression)
    {
        var context = Everything();
        string[] flags = ["-q", "--platform", BothPlatforms, "-t", $"{registry!.Name}/app:1", "--push", "--compression", compression];

        var there = await Arm64(["build", .. flags, context]);

        flags[^4] = $"{registry.Name}/ours:1";
        Assert.Equal((await here.Run([.. flags, context], "build")).Succeeded().Output, there);
        Assert.Equal(await Raw("ours:1"), await Raw("app:1"));
        await Arm64("verify", $"docker://{registry.Name}/app:1");
        await Pull($"{registry.Name}/app:1");
    }

    [Fact]
    public async Task what_it_copies_lists_and_joins_is_what_this_machine_makes()
    {
        var context = Everything();
        var shards = (Theirs: here["arm64.json"], Ours: here["amd64.json"]);
        string[] Shard(string platform, string file) =>
            ["build", "-q", "--platform", platform, "--shard", file, "-t", $"{registry!.Name}/app:1", "--push", context];

        await Arm64(Shard("linux/arm64", shards.Theirs));
        (await here.Run(Shard("linux/amd64", shards.Ours))).Succeeded();
        await Arm64("merge", shards.Theirs, shards.Ours, "--platform", BothPlatforms);

        string[] whole = ["-q", "--platform", BothPlatforms, "-t", $"{registry!.Name}/whole:1", "--push", context];
        (await here.Run(whole, "build")).Succeeded();
        Assert.Equal(await Raw("whole:1"), await Raw("app:1"));
        await Arm64("copy", $"docker://{registry.Name}/app:1", $"docker://{registry.Name}/copied:1");
        Assert.Equal(await Raw("app:1"), await Raw("copied:1"));
        await Arm64("index", "create", $"{registry.Name}/created:1", $"{registry.Name}/app:1", "--annotation", "a.b=c");
        (await here.Run([$"{registry.Name}/ours:1", $"{registry.Name}/app:1", "--annotation", "a.b=c"], "index", "create")).Succeeded();
        Assert.Equal(await Raw("ours:1"), await Raw("created:1"));
    }

    [Fact]
    public async Task a_program_for_the_wrong_processor_is_found_as_it_is_here()
    {
        var context = here.Context("FROM scratch\nCOPY program /\nENTRYPOINT [\"/program\"]\n");
        await File.WriteAllBytesAsync(Path.Combine(context, "program"),
            Processor.All.Single(processor => processor.Architecture == "riscv64").Program());
        File.SetUnixFileMode(Path.Combine(context, "program"), (UnixFileMode)0b111_101_101);

        var there = await Try("build", "-q", "--platform", BothPlatforms, "-t", "wrong:1", context);

        var ours = await here.Run([context], "build", "-q", "--platform", BothPlatforms, "-t", "wrong:1");
        Assert.Equal((ours.Code, ours.Error), (there.ExitCode, there.Error));
        Assert.Equal(1, there.ExitCode);
    }

    [Fact]
    public async Task a_project_is_baked_as_it_is_here()
    {
        here.Write("project/manifold.yaml", $$"""
            platforms: [linux/amd64, linux/arm64]
            tags: ["1"]
            registry: {{registry!.Name}}/${FOLDER}
            images:
              base: {context: base}
              app:
                context: app
                contexts: {base: "image:base"}
            """);
        here.Write("project/base/Dockerfile", "FROM scratch\nCOPY Dockerfile /base/\n");
        here.Write("project/app/Dockerfile", "FROM base\nARG TARGETARCH\nCOPY Dockerfile /$TARGETARCH/\n");
        here.Set["FOLDER"] = "ours";
        (await here.Run([], "bake", "-f", here["project/manifold.yaml"], "--push")).Succeeded();

        await Arm64With("FOLDER=theirs", "bake", "-f", here["project/manifold.yaml"], "--push");

        foreach (var image in (string[])["base", "app"])
            Assert.Equal(await Raw($"ours/{image}:1"), await Raw($"theirs/{image}:1"));
    }

    [Fact]
    public async Task what_it_serves_is_pushed_and_pulled_by_others()
    {
        var start = new ProcessStartInfo(program[0], [.. program[1..], "serve", "--listen", "127.0.0.1:0"])
        {
            RedirectStandardError = true,
        };
        start.Environment["MANIFOLD_ROOT"] = here["served"];
        using var server = Process.Start(start)!;
        try
        {
            var line = "";
            while (!line.Contains("http://", StringComparison.Ordinal))
                line = await server.StandardError.ReadLineAsync(Cancellation) ?? throw new InvalidOperationException(line);
            var name = Regex.Match(line, "http://([0-9.]+:[0-9]+)").Groups[1].Value;

            (await here.Run([Everything()], "build", "-q", "--platform", BothPlatforms, "-t", $"{name}/app:1", "--push")).Succeeded();
            await Pull($"{name}/app:1");
            await Arm64("copy", $"docker://{name}/app:1", $"docker://{name}/again:1");

            Assert.Equal(await Raw("app:1", name), await Raw("again:1", name));
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>A context that uses what writes layers: owners, modes, links, an archive, files that compress and that do not.</summary>
    private string Everything()
    {
        var context = here.Context("""
            FROM scratch AS made
            COPY --chown=12:13 --chmod=4755 files /files/
            ADD archive.tar.gz /unpacked/
            COPY files/b /mine/
            FROM scratch
            ARG TARGETARCH
            COPY --from=made / /all/
            COPY --from=made --chown=7:8 /files/b /mine/
            COPY noise text /$TARGETARCH/
            WORKDIR /work/here
            USER 70:71
            ENV A=b
            LABEL a=b
            """,
            ("files/a", "a"), ("files/b/c", "c"),
            ("text", string.Concat(Enumerable.Range(0, 200_000).Select(i => $"{i * 7919L % 1000} line {i}\n"))));
        var noise = new byte[1_000_000];
        new Random(12).NextBytes(noise);
        File.WriteAllBytes(Path.Combine(context, "noise"), noise);
        using var tar = new TarWriter(new GZipStream(File.Create(Path.Combine(context, "archive.tar.gz")), CompressionLevel.Fastest));
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "tool")
        {
            Uid = 5,
            Gid = 6,
            Mode = (UnixFileMode)0b100_111_101_101,
            DataStream = new MemoryStream("tool"u8.ToArray()),
        });
        tar.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "same") { LinkName = "tool" });
        tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = "tool" });
        return context;
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Task Pull(string image) =>
        Tool.Run("skopeo", "copy", "-q", "--all", "--src-tls-verify=false", $"docker://{image}", $"oci:{here["pulled"]}:x");

    private Task<string> Raw(string image, string? at = null) =>
        Tool.Run("skopeo", "inspect", "--tls-verify=false", "--raw", $"docker://{at ?? registry!.Name}/{image}");

    private Task<string> Arm64(params string[] arguments) => Arm64With("A=b", arguments);

    private async Task<string> Arm64With(string variable, params string[] arguments)
    {
        var result = await TryWith(variable, arguments);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', arguments)}: exit code {result.ExitCode}\n{result.Error}");
        return result.Output;
    }

    private Task<ChildProcess.Result> Try(params string[] arguments) => TryWith("A=b", arguments);

    /// <summary>The program with a store of its own, and a variable, as <c>NAME=VALUE</c>.</summary>
    private async Task<ChildProcess.Result> TryWith(string variable, string[] arguments) =>
        (await ChildProcess.RunAsync("env", [variable, $"MANIFOLD_ROOT={here["store-of-arm64"]}", .. program, .. arguments]))!;
}
