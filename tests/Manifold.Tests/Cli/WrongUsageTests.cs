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
    [InlineData("completion ksh", "completion ksh: only bash is supported yet.")]
    public async Task is_told_in_one_line(string line, string message)
    {
        var (code, output, error) = await Commanding.Manifold(folder, line.Split(' '));
        Assert.Equal(2, code);
        Assert.Equal($"manifold: {message}", error.Split('\n')[0]);
        Assert.Equal("", Regex.Replace(error[error.IndexOf('\n', StringComparison.Ordinal)..].Trim(), "^See: manifold .*--help$", ""));
        Assert.Equal("", output);
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
