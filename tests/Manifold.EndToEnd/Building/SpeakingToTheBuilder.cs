using System.Text.Json;

namespace Manifold.EndToEnd.Building;

/// <summary>Build arguments that mean the builder: SOURCE_DATE_EPOCH and BUILDKIT_*.</summary>
[Trait("kind", "end-to-end")]
public sealed class SpeakingToTheBuilder : IDisposable
{
    private const string Declared = "FROM scratch\nARG SOURCE_DATE_EPOCH\nLABEL epoch=$SOURCE_DATE_EPOCH\nCOPY x /\n";

    private readonly Workshop shop = new();

    [Theory]
    [InlineData(Declared, "7000", null, "1970-01-01T01:56:40Z", "7000")]
    [InlineData(Declared, "7000", "8000", "1970-01-01T02:13:20Z", "8000")]
    [InlineData(Declared, null, null, "1970-01-01T00:00:00Z", "")]
    [InlineData("ARG SOURCE_DATE_EPOCH=9000\n" + Declared, null, null, "1970-01-01T02:30:00Z", "9000")]
    [InlineData("ARG SOURCE_DATE_EPOCH=9000\n" + Declared, "7000", null, "1970-01-01T01:56:40Z", "7000")]
    public async Task the_time_comes_from_the_argument_the_environment_or_the_file_and_an_arg_sees_it(
        string dockerfile, string? environment, string? argument, string created, string label)
    {
        if (environment is not null)
            shop.Set["SOURCE_DATE_EPOCH"] = environment;
        string[] more = argument is null ? [] : ["--build-arg", $"SOURCE_DATE_EPOCH={argument}"];
        (await shop.Build(shop.Context(dockerfile, ("x", "")),
            ["-o", $"type=oci,tar=false,dest={shop["layout"]}", "-o", $"type=tar,dest={shop["files.tar"]}", .. more]))
            .Succeeded();
        var config = JsonDocument.Parse(await Tool.Run("skopeo", "inspect", "--config", "--raw", $"oci:{shop["layout"]}")).RootElement;
        Assert.Equal(created, config.GetProperty("created").GetDateTimeOffset()
            .ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(label, config.GetProperty("config").GetProperty("Labels").GetProperty("epoch").GetString());
        Assert.Contains(created[..10], await Tool.Run("tar", "--utc", "-tvf", shop["files.tar"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("git", "argument", "1111111111")]
    [InlineData("git", "environment", "1111111111")]
    [InlineData("git", "file", "1111111111")]
    [InlineData("git in a project", "argument", "1111111111")]
    [InlineData("tarball", "argument", "1580702706")]
    [InlineData("standard input", "argument", "1222222222")]
    [InlineData("folder", "argument", "")]
    [InlineData("folder", "file", "")]
    public async Task the_time_may_be_that_of_the_context(string kind, string asking, string expected)
    {
        using var server = new StaticServer();
        var context = shop.Context((asking == "file" ? "ARG SOURCE_DATE_EPOCH=context\n" : "") + Declared, ("x", ""));
        await Tool.Run("tar", "--mtime=@1222222222", "-C", context, "-cf", shop["context.tar"], ".");
        shop.Input = await File.ReadAllBytesAsync(shop["context.tar"]);
        if (asking == "environment")
            shop.Set["SOURCE_DATE_EPOCH"] = "context";
        var what = kind switch
        {
            "tarball" => server.Put("context.tar", shop.Input, "1"),
            "standard input" => "-",
            "folder" => context,
            _ => await Repository(context, server),
        };
        var built = kind == "git in a project"
            ? await shop.Run([], "bake", "--progress", "plain", "-f", shop.Write("project/manifold.yaml",
                $"images:\n  app: {{context: '{what}', args: {{SOURCE_DATE_EPOCH: context}}, tags: ['localhost/app:1']}}\n"))
            : await shop.Build(what,
                ["-t", "localhost/app:1", .. asking == "argument" ? ["--build-arg", "SOURCE_DATE_EPOCH=context"] : Array.Empty<string>()]);
        built.Succeeded();
        (await shop.Run([], "copy", "store:localhost/app:1", $"oci:{shop["layout"]}")).Succeeded();
        var config = JsonDocument.Parse(await Tool.Run("skopeo", "inspect", "--config", "--raw", $"oci:{shop["layout"]}")).RootElement;
        Assert.Equal(expected.Length == 0 ? "0" : expected, config.GetProperty("created").GetDateTimeOffset().ToUnixTimeSeconds()
            .ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(expected, config.GetProperty("config").GetProperty("Labels").GetProperty("epoch").GetString());
    }

    private async Task<string> Repository(string context, StaticServer server)
    {
        foreach (var arguments in new[] { "init -q -b main", "add ." })
            await Tool.Run("git", ["-C", context, .. arguments.Split(' ')]);
        await Tool.Run("env", "GIT_COMMITTER_DATE=1111111111 +0200",
            "git", "-C", context, "-c", "user.email=a@example.com", "-c", "user.name=a", "commit", "-q", "-m", "one");
        await Tool.Run("git", "clone", "-q", "--bare", context, shop["served/x.git"]);
        await Tool.Run("git", "-C", shop["served/x.git"], "update-server-info");
        server.Folder = shop["served"];
        return $"{server.Address}/x.git";
    }

    [Fact]
    public async Task one_platform_has_a_folder_where_the_output_shall_be_as_of_many()
    {
        (await shop.Build(shop.Context("FROM scratch\nCOPY x /\n", ("x", "")),
            "--build-arg", "BUILDKIT_MULTI_PLATFORM=1", "--platform", "linux/arm/v7", "-o", shop["files"]))
            .Succeeded();
        Assert.True(File.Exists(shop["files/linux_arm_v7/x"]));
    }

    [Fact]
    public async Task a_run_finds_the_host_name_that_was_asked_for()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        await Workshop.NeedBusyBox();
        var context = shop.Context("FROM BASE\nRUN busybox hostname >/name\n");
        foreach (var (more, expected) in new (string[], string)[] {
            ([], "manifold\n"), (["--build-arg", "BUILDKIT_SANDBOX_HOSTNAME=buildhost"], "buildhost\n") })
        {
            (await shop.Build(context, ["-o", shop["files"], .. more])).Succeeded();
            Assert.Equal(expected, await File.ReadAllTextAsync(shop["files/name"]));
        }
    }

    [Theory]
    [InlineData("BUILDKIT_SYNTAX=docker/dockerfile:1.7", 0, "")]
    [InlineData(
        "BUILDKIT_SYNTAX=docker.io/docker/dockerfile-upstream@sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d",
        0, "")]
    [InlineData("BUILDKIT_SYNTAX=example.com/frontend:1", 2, "this frontend is not supported")]
    [InlineData("BUILDKIT_INLINE_CACHE=maybe", 2, "BUILDKIT_INLINE_CACHE=maybe: expected 1 or 0.")]
    [InlineData("BUILDKIT_SANDBOX_HOSTNAME=a b", 2, "expected a host name")]
    [InlineData("SOURCE_DATE_EPOCH=yesterday", 2, "SOURCE_DATE_EPOCH is 'yesterday'. Expected one of: seconds since 1970")]
    [InlineData("BUILDKIT_SOMETHING_ELSE=1", 0, "")]
    public async Task what_is_not_here_is_refused_and_what_nobody_knows_is_not(string argument, int code, string expected)
    {
        var built = await shop.Build(shop.Context("FROM scratch\n"), "--build-arg", argument);
        Assert.Equal(code, built.Code);
        Assert.Contains(expected, built.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--attest", "type=sbom", "--sbom and --provenance need an output that can store them. Add --push")]
    [InlineData("--attest", "type=sbom,disabled=true", "")]
    [InlineData("--attest", "type=sbon", "unknown type 'sbon'. Did you mean sbom?")]
    [InlineData("--attest", "type=provenance,mod=max", "'mod'. Did you mean mode?")]
    [InlineData("--attest", "type=sbom,generator=x", "without a generator")]
    [InlineData("--cache-to",
        "type=gha", "the cache of GitHub Actions is not supported. Use --cache-to type=registry,ref=REPOSITORY:cache")]
    [InlineData("--cache-from", "type=s3,bucket=x", "the cache of Amazon S3 is not supported.")]
    [InlineData("--cache-to", "type=locl,dest=x", "'locl'. Did you mean local?")]
    [InlineData("--cache-to", "type=local,src=x", "unknown key 'src'.")]
    [InlineData("--cache-to", "type=local,dest=x,mode=all", "mode=all: expected min")]
    [InlineData("--cache-from", "type=local", "'src' is missing. Example: type=local,src=FOLDER")]
    [InlineData("--cache-from", "UPPER", "'UPPER' is not an image reference.")]
    [InlineData("--cache-from", "type=inline", "type=registry,ref=IMAGE")]
    public async Task flags_say_what_is_wrong_with_them(string flag, string value, string expected)
    {
        var built = await shop.Build(shop.Context("FROM scratch\n"), flag, value);
        Assert.Equal(expected.Length == 0 ? 0 : 2, built.Code);
        Assert.Contains(expected, built.Error, StringComparison.Ordinal);
    }

    public void Dispose() => shop.Dispose();
}
