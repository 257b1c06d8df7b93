using System.Text.RegularExpressions;

namespace Manifold.Tests.Cli;

public sealed class MistypingACommand : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("buld .", "There is no command 'buld'. Did you mean build?")]
    [InlineData("emulators lst", "There is no command 'lst'. Did you mean list?")]
    [InlineData("emulators", "Which command? There are: list, install.")]
    [InlineData("build --plattform linux/amd64 .", "There is no option '--plattform'. Did you mean --platform?")]
    [InlineData("--progress", "There is no option '--progress'.")]
    [InlineData("build --progress foo .", "--progress foo: expected auto, tty, plain, json or quiet.")]
    [InlineData("images --format xml", "--format xml: expected table or json.")]
    [InlineData("manifest inspect app:1", "There is no command 'manifest'. See what an image is with 'manifold inspect'; make and change indexes with 'manifold index'.")]
    [InlineData("generate-key-pair", "There is no command 'generate-key-pair'. Use: manifold key generate")]
    [InlineData("copy --all app:1 app:2", "There is no option '--all'. All platforms go along where no --platform names some: leave it out.")]
    [InlineData("pull --tls-verify=false app:1", "There is no option '--tls-verify=false'. For a registry without a trusted certificate, or without TLS: --insecure-registry HOST. Registries of this machine need nothing.")]
    [InlineData("push -t app:1", "There is no option '-t'.")]
    [InlineData("copy app:1", "TARGET is missing. Where it goes; any of the same.")]
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
    public async Task lists_the_commands_that_help_shows()
    {
        var (code, _, error) = await Commanding.Manifold(folder);
        Assert.Equal(2, code);
        Assert.StartsWith("manifold: Which command? There are: build, bake,", error, StringComparison.Ordinal);
        foreach (var hidden in (string[])["__complete", "man"])
            Assert.DoesNotMatch($"[ ,]{hidden}[,.]", error.Split('\n')[0]);
    }
}

public sealed class AskingForWhatDoesNotGoTogether : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("build --platform-tags {0}", "--platform-tags, --force and --allow-platform-removal say how tags are written: add --push")]
    [InlineData("build -t app --check-all {0}",
        "--check-all asks the registry for every blob: add --push, or give it to manifold push later.")]
    [InlineData("build -t app --force {0}", "--platform-tags, --force and --allow-platform-removal say how tags are written: add --push")]
    [InlineData("plan --push {0}", "--push needs a name")]
    [InlineData("build --provenance=mode=full {0}", "--provenance 'type=provenance,mode=full': mode=full: expected min or max.")]
    [InlineData("build --sbom=generator=x {0}", "packages are read from their own databases, and no generator is run. Leave generator out.")]
    [InlineData("build --call=outline {0}", "--call outline is not available. The file's stages, arguments and mounts are shown by: manifold build --print=tree")]
    [InlineData("build --call targets,format=json {0}", "--call targets is not available.")]
    [InlineData("build --call check,format=xml {0}", "--call check,format=xml: there is no 'format=xml'. Expected format=json or format=text.")]
    [InlineData("bake --var NAME -f {0}/none.hcl", "--var NAME: expected NAME=VALUE.")]
    [InlineData("plan --shard amd64.json -t app {0}", "--shard needs --push")]
    [InlineData("build --iidfile /nowhere/iid {0}", "mkdir -p /nowhere")]
    [InlineData("build -o type=oci,dest=/nowhere/image.tar {0}", "The folder '/nowhere' for 'image.tar' does not exist.")]
    [InlineData("key generate --output-key-prefix /nowhere/cosign", "The folder '/nowhere' for 'cosign.key' does not exist.")]
    [InlineData("copy app:1 dir:folder", "'dir:folder': dir: is a transport of skopeo that manifold does not have.")]
    [InlineData("copy --all-tags localhost/app:1 localhost/other", "--all-tags copies them all; name the source without one: 'localhost/app:1'.")]
    [InlineData("index annotate localhost/app:1", "There is nothing to annotate. Add --annotation KEY=VALUE")]
    [InlineData("merge {0}", "is a folder. Name the shards in it, e.g. ")]
    [InlineData("merge {0}/Dockerfile", "it is not a shard; 'manifold build --push --shard FILE' writes them (")]
    [InlineData("sign --key env://NO_SUCH_KEY localhost/app:1", "--key env://NO_SUCH_KEY: the environment has no variable 'NO_SUCH_KEY'.")]
    [InlineData("sign --key awskms://alias/release localhost/app:1", "keys of key services are not supported. Give a file, or env://VARIABLE.")]
    [InlineData("verify --key cosign.pub --run=--version app", "--key and --run: --key checks the signatures of the whole image, and nothing else.")]
    [InlineData("verify --parity --platform linux/arm64 app", "--parity and --platform: --parity compares all platforms, and does nothing else.")]
    [InlineData("verify --require-run app", "--require-run is for --run: add --run")]
    [InlineData("inspect --raw --config app", "--raw and --config: ")]
    [InlineData("inspect --authfile /nowhere/auth.json localhost/app", "There is no file of credentials '/nowhere/auth.json'. Write it with: manifold login --authfile /nowhere/auth.json HOST")]
    [InlineData("serve --read-only --allow-delete", "--read-only and --allow-delete: ")]
    public async Task is_refused_before_any_work_and_nothing_is_ignored(string line, string message)
    {
        folder.Write("context/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        var (code, output, error) = await Commanding.Manifold(folder, line.Split(' ').Select(word => word.Replace("{0}", folder["context"], StringComparison.Ordinal)).ToArray());
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
        Assert.StartsWith("Description:", output, StringComparison.Ordinal);
    }
}

public sealed class AskingTheProgramAboutItself : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("--help", "Usage:\n  manifold [command] [options]\n")]
    [InlineData("build --help", "Usage:\n  manifold build <CONTEXT> [options]\n")]
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
