using Manifold.Oci;

namespace Manifold.EndToEnd.Building;

/// <summary>What is wrong gets one clear message on standard error, the right exit code, and leaves the store as it was.</summary>
[Trait("kind", "end-to-end")]
public sealed class Trouble : IDisposable
{
    private readonly Workshop shop = new();

    public void Dispose() => shop.Dispose();

    [Fact]
    public async Task a_Dockerfile_that_does_not_parse_shows_all_errors_each_with_its_line_and_a_caret()
    {
        var error = await Fails(2, shop.Context("FROM scratch\nCOPPY a b\nEXPOSE http\nCOPY --form=x a b\n"));
        Assert.Contains("Dockerfile:2:1: error: ", error, StringComparison.Ordinal);
        Assert.Contains("COPPY a b\n  ^^^^^\n", error, StringComparison.Ordinal);
        Assert.Contains("Did you mean COPY?", error, StringComparison.Ordinal);
        Assert.Contains("Dockerfile:4:6: error: ", error, StringComparison.Ordinal);
        Assert.Contains("  COPY --form=x a b\n       ^^^^^^", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_unknown_target_is_answered_with_the_stages_that_exist()
    {
        var error = await Fails(2, shop.Context("FROM scratch AS one\nFROM one AS two\n"), "--target", "tow");
        Assert.Contains("--target tow: the Dockerfile has no such stage. It has: one, two.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_unknown_stage_number_is_an_error_at_its_line()
    {
        var error = await Fails(2, shop.Context("FROM scratch\nCOPY --from=3 a b\n"));
        Assert.Contains("Dockerfile:2:8: error: --from=3: there is no such stage.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_missing_file_is_named_with_the_instruction_and_its_line()
    {
        var error = await Fails(1, shop.Context("FROM scratch\nCOPY there /\nCOPY web/dist /srv/\n", ("there", "")));
        Assert.Contains("COPY web/dist /srv/ (", error, StringComparison.Ordinal);
        Assert.Contains("Dockerfile:3): 'web/dist' is not in the build context", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_hidden_file_is_told_apart_with_the_rule_that_hides_it()
    {
        var error = await Fails(1,
            shop.Context("FROM scratch\nCOPY web/dist /srv/\n", ("web/dist/a", ""), (".dockerignore", "*.log\nweb\n")));
        Assert.Contains("Dockerfile:2): 'web/dist' is excluded from the build context by .dockerignore:2", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_base_without_a_platform_ends_the_build_before_any_work_and_names_those_that_exist()
    {
        await Workshop.NeedBusyBox();
        var outcome = await shop.Build(shop.Context("FROM BASE\nCOPY Dockerfile /\n"), "--platform", "linux/amd64,linux/s390x,linux/386");
        Assert.Equal(2, outcome.Code);
        Assert.Empty(outcome.Steps);
        Assert.Contains(
            "FROM localhost:5001/busybox:1 (Dockerfile:1): there is no image for linux/s390x. It has: linux/amd64, linux/arm64, ",
            outcome.Error, StringComparison.Ordinal);
        Assert.Contains("no image for linux/386", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(shop.State());
    }

    [Fact]
    public async Task a_registry_that_is_not_there_is_named()
    {
        var error = await Fails(3, shop.Context("FROM 127.0.0.1:1/base:1\n"));
        Assert.Contains("127.0.0.1:1", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_registry_that_refuses_is_answered_with_the_next_command()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        registry.Fault = async context =>
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"here\"";
            await ScriptedRegistry.RefuseAsync(context, 401, "UNAUTHORIZED");
            return true;
        };
        var error = await Fails(3, shop.Context($"FROM {registry.Name}/base:1\n"));
        Assert.Contains($"manifold login {registry.Name}", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_push_that_would_be_refused_is_refused_before_any_work()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        registry.Fault = async context =>
        {
            if (context.Request.Method is "GET" or "HEAD")
                return false;
            await ScriptedRegistry.RefuseAsync(context, 403, "DENIED");
            return true;
        };
        var outcome = await shop.Build(shop.Context("FROM scratch\nCOPY Dockerfile /\n"), "-t", $"{registry.Name}/app:1", "--push");
        Assert.Equal(3, outcome.Code);
        Assert.Contains("403", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Steps);
        Assert.Empty(shop.State());
    }

    [Fact]
    public async Task a_push_that_is_refused_at_its_end_keeps_the_image_and_says_so()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        registry.Fault = async context =>
        {
            if (context.Request.Method != "PUT")
                return false;
            await ScriptedRegistry.RefuseAsync(context, 403, "DENIED");
            return true;
        };
        var outcome = await shop.Build(shop.Context("FROM scratch\nCOPY Dockerfile /\n"), "-t", $"{registry.Name}/app:1", "--push");
        Assert.Equal(3, outcome.Code);
        Assert.Contains("403", outcome.Error, StringComparison.Ordinal);
        Assert.StartsWith($"{registry.Name}/app:1 sha256:", shop.State(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_blob_that_does_not_match_its_digest_is_never_used()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var layer = new byte[] { 1, 2, 3, 4 };
        var config = new ImageConfig { Os = "linux", Architecture = "amd64", RootFs = new RootFs { DiffIds = [Digest.Of("tar")] } };
        registry.AddManifest("base", "1", new Manifest
        {
            Config = registry.AddBlob("base", config.ToJson(), MediaType.Config),
            Layers = [registry.AddBlob("base", layer)],
        }.ToJson());
        registry.Blobs[Digest.Of(layer)] = [1, 2, 3, 5];
        var error = await Fails(3, shop.Context($"FROM {registry.Name}/base:1\nCOPY Dockerfile /opt/\n"), "--platform", "linux/amd64");
        Assert.Contains($"blob {Digest.Of(layer).Short}: the registry '{registry.Name}' sent content with a different digest", error,
            StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(shop.Root, "blobs", "sha256", Digest.Of(layer).Hex)));
    }

    [Fact]
    public async Task a_full_disk_is_named_and_a_prune_is_advised()
    {
        using var disk = await SmallDisk.MountAsync(shop.Root, "size=3m");
        var context = shop.Context("FROM scratch\nCOPY . /\n");
        await File.WriteAllBytesAsync(Path.Combine(context, "large"),
            Random.Shared.GetItems(Enumerable.Range(0, 256).Select(i => (byte)i).ToArray(), 6_000_000));
        var outcome = await shop.Build(context, "-t", "app:1");
        Assert.Equal(4, outcome.Code);
        Assert.Contains($"'{shop.Root}': the disk mounted on '{shop.Root}' is full", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("manifold prune", outcome.Error, StringComparison.Ordinal);
        using var store = Manifold.Content.Store.Open(shop.Root);
        Assert.Empty(store.Tags.List());
        Assert.DoesNotContain(Directory.EnumerateFiles(Path.Combine(shop.Root, "blobs"), "*", SearchOption.AllDirectories),
            file => new FileInfo(file).Length > 1_000_000);
    }

    [Fact]
    public async Task a_RUN_that_fails_shows_its_last_20_lines_its_platform_and_its_exit_code()
    {
        await NeedRun();
        var error = await Fails(1, shop.Context("FROM BASE\nRUN i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo line $i.; done; exit 42\n"),
            "--platform", "linux/arm64");
        Assert.Contains("(linux/arm64, Dockerfile:2): exit code 42. Its last lines:\n    line 11.\n    line 12.\n",
            error, StringComparison.Ordinal);
        Assert.EndsWith("    line 30.\n", error, StringComparison.Ordinal);
        Assert.DoesNotContain("line 10.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_emulator_that_is_missing_is_found_before_any_work()
    {
        await NeedRun();
        var outcome =
            await shop.Build(shop.Context("FROM scratch\nCOPY Dockerfile /\nRUN [\"/x\"]\n"), "--platform", "linux/amd64,linux/sparc64");
        Assert.True(outcome.Code == 4, outcome.Error);
        Assert.Contains("RUN for linux/sparc64 on this ", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Steps);
        Assert.Empty(shop.State());
    }

    [Fact]
    public async Task without_a_working_OCI_runtime_it_says_why_and_what_to_install()
    {
        await NeedRun();
        using var lame = new Workshop { SearchPath = $"{shop["bin"]}:{Environment.GetEnvironmentVariable("PATH")}" };
        Directory.CreateDirectory(shop["bin"]);
        foreach (var name in new[] { "crun", "runc" })
        {
            await File.WriteAllTextAsync(Path.Combine(shop["bin"], name), "#!/bin/sh\necho 'no luck today' >&2\nexit 1\n");
            File.SetUnixFileMode(Path.Combine(shop["bin"], name), (UnixFileMode)0x1ED);
        }
        var outcome = await lame.Build(lame.Context("FROM BASE\nRUN true\n"));
        Assert.Equal(4, outcome.Code);
        Assert.Contains("no luck today", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("Run: manifold doctor", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Steps);
        Assert.Empty(lame.State());
    }

    private static async Task NeedRun()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        await Workshop.NeedBusyBox();
    }

    /// <summary>Builds, and is refused; nothing but the message came of it.</summary>
    private async Task<string> Fails(int code, string context, params string[] arguments)
    {
        var before = shop.State();
        var outcome = await shop.Run([.. arguments, "-t", "never:1", context], "build", "--progress", "quiet");
        Assert.True(outcome.Code == code, $"exit code {outcome.Code}: {outcome.Error}");
        Assert.Empty(outcome.Output);
        Assert.StartsWith("manifold: ", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(before, shop.State());
        return outcome.Error;
    }
}
