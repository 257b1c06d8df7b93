using System.Text.RegularExpressions;

namespace Manifold.Tests.Cli;

public sealed class MistypingACommand : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("buld .", "There is no command 'buld'. Did you mean build?")]
    [InlineData("emulators lst", "There is no command 'lst'. Did you mean list?")]
    [InlineData("emulators", "'manifold emulators' needs a command: list or install.")]
    [InlineData("help buld", "There is no command 'buld'. Did you mean build?")]
    [InlineData("help key generat", "There is no command 'generat'. Did you mean generate?")]
    [InlineData("help key generate now", "There is no command 'now'.")]
    [InlineData("build one two", "'two' is an extra argument. Expected: manifold build CONTEXT")]
    [InlineData("build . --tag", "--tag needs a value: --tag REF.")]
    [InlineData("build --plattform linux/amd64 .", "There is no option '--plattform'. Did you mean --platform?")]
    [InlineData("--progress", "There is no option '--progress'.")]
    [InlineData("build --progress foo .", "--progress foo: expected auto, tty, plain, json or quiet.")]
    [InlineData("images --format xml", "--format xml: expected table or json.")]
    [InlineData("manifest inspect app:1", "There is no command 'manifest'. Use 'manifold inspect' to show an image, or 'manifold index' "
        + "to create and change indexes.")]
    [InlineData("generate-key-pair", "There is no command 'generate-key-pair'. Use: manifold key generate")]
    [InlineData("copy --all app:1 app:2", "There is no option '--all'. Leave it out: without --platform, all platforms are included.")]
    [InlineData("pull --tls-verify=false app:1", "There is no option '--tls-verify=false'. For a registry without TLS or a trusted "
        + "certificate, use --insecure-registry HOST. Registries on localhost do not need it.")]
    [InlineData("push -t app:1", "There is no option '-t'.")]
    [InlineData("copy app:1", "TARGET is missing. Where to copy the image, in the same form as SOURCE.")]
    [InlineData("build --push=maybe .", "--push=maybe: expected true or false. Write --push alone, or leave it out.")]
    [InlineData("completion ksh", "completion ksh: expected bash, zsh or fish.")]
    public async Task is_told_in_one_line(string line, string message)
    {
        var (code, output, error) = await Commanding.Manifold(folder, line.Split(' '));
        Assert.Equal(2, code);
        Assert.Equal($"manifold: {message}", error.Split('\n')[0]);
        Assert.Equal("", Regex.Replace(error[error.IndexOf('\n', StringComparison.Ordinal)..].Trim(), "^See: manifold .*--help$", ""));
        Assert.Equal("", output);
    }
}

public sealed class NamingNoCommand : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task shows_the_commands_of_a_first_day_and_the_way_to_the_others()
    {
        var (code, output, error) = await Commanding.Manifold(folder);
        Assert.Equal((2, ""), (code, output));
        foreach (var command in (string[])["build", "bake", "plan", "verify", "doctor", "manifold --help", "manifold help COMMAND"])
            Assert.Matches($@"\n  {command} +\S", error);
        Assert.DoesNotContain("manifold:", error, StringComparison.Ordinal);
        Assert.InRange(error.Split('\n').Length, 8, 20);
    }
}

public sealed class AskingForWhatDoesNotGoTogether : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("build --platform-tags {0}", "--platform-tags, --force and --allow-platform-removal need --push.")]
    [InlineData("build -t app --check-all {0}",
        "--check-all needs --push.")]
    [InlineData("build -t app --force {0}", "--platform-tags, --force and --allow-platform-removal need --push.")]
    [InlineData("plan --push {0}", "--push needs a name")]
    [InlineData("build --provenance=mode=full {0}", "--provenance 'type=provenance,mode=full': mode=full: expected min or max.")]
    [InlineData("build --sbom=generator=x {0}", "Remove the key 'generator'.")]
    [InlineData("build --call=outline {0}", "--call outline is not available. To see the stages, arguments and mounts of the file, run: "
        + "manifold build --print=tree")]
    [InlineData("build --call targets,format=json {0}", "--call targets is not available.")]
    [InlineData("build --call check,format=xml {0}", "--call check,format=xml: 'format=xml' is not supported. Expected format=json or "
        + "format=text.")]
    [InlineData("bake --var NAME -f {0}/none.hcl", "--var NAME: expected NAME=VALUE.")]
    [InlineData("plan --shard amd64.json -t app {0}", "--shard needs --push")]
    [InlineData("build --iidfile /nowhere/iid {0}", "mkdir -p /nowhere")]
    [InlineData("build -o type=oci,dest=/nowhere/image.tar {0}", "The folder '/nowhere' for 'image.tar' does not exist.")]
    [InlineData("key generate --output-key-prefix /nowhere/cosign", "The folder '/nowhere' for 'cosign.key' does not exist.")]
    [InlineData("copy app:1 dir:folder", "'dir:folder': manifold does not support skopeo's transport 'dir:'.")]
    [InlineData("copy --all-tags localhost/app:1 localhost/other",
        "--all-tags copies every tag, so the source must not have a tag: 'localhost/app:1'.")]
    [InlineData("index annotate localhost/app:1", "There is nothing to change. Add --annotation KEY=VALUE")]
    [InlineData("merge {0}", "is a folder. Name the shards in it, such as ")]
    [InlineData("merge {0}/Dockerfile", "it is not a shard; create one with 'manifold build --push --shard FILE' (")]
    [InlineData("sign --key env://NO_SUCH_KEY localhost/app:1",
        "--key env://NO_SUCH_KEY: the environment variable 'NO_SUCH_KEY' is not set.")]
    [InlineData("sign --key awskms://alias/release localhost/app:1",
        "key management services are not supported. Use a file or env://VARIABLE.")]
    [InlineData("verify --key cosign.pub --run=--version app", "--key and --run cannot be used together")]
    [InlineData("verify --parity --platform linux/arm64 app", "--parity and --platform cannot be used together")]
    [InlineData("verify --require-run app", "--require-run needs --run.")]
    [InlineData("inspect --raw --config app", "--raw and --config cannot be used together")]
    [InlineData("inspect --authfile /nowhere/auth.json localhost/app",
        "There is no credentials file '/nowhere/auth.json'. To create it, run: manifold login --authfile /nowhere/auth.json HOST")]
    [InlineData("serve --read-only --allow-delete", "--read-only and --allow-delete cannot be used together")]
    public async Task is_refused_before_any_work_and_nothing_is_ignored(string line, string message)
    {
        folder.Write("context/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        var (code, output, error) = await Commanding.Manifold(folder,
            line.Split(' ').Select(word => word.Replace("{0}", folder["context"], StringComparison.Ordinal)).ToArray());
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.Equal((2, ""), (code, output));
    }

    [Theory]
    [InlineData("build --iidfile=-x --help")]
    [InlineData("copy --all --help")]
    public async Task who_asks_for_help_gets_it(string line)
    {
        var (code, output, _) = await Commanding.Manifold(folder, line.Split(' '));
        Assert.Equal(0, code);
        Assert.Contains($"\nUsage: manifold {line.Split(' ')[0]} [OPTIONS]", output, StringComparison.Ordinal);
    }
}

public sealed class AskingTheProgramAboutItself : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("--help", "\nUsage: manifold COMMAND [OPTIONS]\n")]
    [InlineData("build --help", "\nUsage: manifold build [OPTIONS] CONTEXT\n")]
    [InlineData("copy --help", "\nUsage: manifold copy [OPTIONS] SOURCE TARGET...\n")]
    [InlineData("sign --help", "\nUsage: manifold sign [OPTIONS] --key FILE IMAGE\n")]
    public async Task help_calls_it_by_its_name(string line, string usage)
    {
        var (code, output, _) = await Commanding.Manifold(folder, line.Split(' '));
        Assert.Equal(0, code);
        Assert.Contains(usage, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task both_ways_to_the_version_lead_to_the_same()
    {
        var (_, option, _) = await Commanding.Manifold(folder, "--version");
        var (_, command, _) = await Commanding.Manifold(folder, "version");
        Assert.Matches(@"^manifold \d+\.\d+\.\d+\n$", option);
        Assert.Equal(option, command);
    }

    [Fact]
    public async Task an_image_that_bears_the_epoch_has_no_time_in_the_list()
    {
        folder.Write("context/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        await Commanding.Manifold(folder, "build", "-t", "app", folder["context"]);
        var (_, output, _) = await Commanding.Manifold(folder, "images");
        Assert.EndsWith("  -\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_doctor_ends_with_its_verdict()
    {
        var (_, output, _) = await Commanding.Manifold(folder, "doctor");
        Assert.Matches(@"\n\nThis machine [^\n]+\n$", output);
    }
}
