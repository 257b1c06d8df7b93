namespace Manifold.Tests.Cli;

/// <summary>The files that a build is asked for beside its images: <c>--metadata-file</c>, <c>--iidfile</c>, <c>--shard</c>.</summary>
public sealed class WritingResultFiles : IDisposable
{
    // Every write to this device fails, for root too.
    private const string FullDisk = "/dev/full";

    private readonly TemporaryFolder folder = new();

    public WritingResultFiles()
    {
        folder.Write("app/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        folder.Write("manifold.yaml", "images: {one: {context: app}, two: {context: app}}\n");
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("build", "--metadata-file")]
    [InlineData("build", "--iidfile")]
    [InlineData("bake", "--metadata-file")]
    public async Task a_file_that_cannot_be_written_is_named_and_the_images_are_there(string command, string flag)
    {
        var (code, output, error) = await Run(command, flag, FullDisk);

        Assert.Equal(4, code); // that of any full disk
        var message = Assert.Single(error.Split('\n'), line => line.StartsWith("manifold: ", StringComparison.Ordinal));
        Assert.StartsWith($"manifold: The {(command == "build" ? "image was" : "images were")} built, but {flag} could not be "
            + $"written: Writing '{FullDisk}': ", message, StringComparison.Ordinal);
        foreach (var name in Names(command))
        {
            var (found, _, _) = await Commanding.Manifold(folder, "inspect", name);
            Assert.Equal(0, found);
            Assert.Contains(name, output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("build", "--metadata-file")]
    [InlineData("build", "--iidfile")]
    [InlineData("bake", "--metadata-file")]
    public async Task a_file_that_cannot_be_created_is_named(string command, string flag)
    {
        var (code, _, error) = await Run(command, flag, "/proc/manifold-result");

        Assert.Equal(1, code);
        Assert.Contains($" built, but {flag} could not be written: ", error, StringComparison.Ordinal);
        Assert.Contains("'/proc/manifold-result'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_was_pushed_stays_pushed_and_the_message_says_so()
    {
        await using var registry = await ScriptedRegistry.StartAsync();

        var (code, output, error) = await Commanding.Manifold(folder,
            "build", "-t", $"{registry.Name}/app:1", "--push", "--metadata-file", FullDisk, folder["app"]);

        Assert.Equal(4, code);
        Assert.Contains("manifold: The image was built and pushed, but --metadata-file could not be written: ", error,
            StringComparison.Ordinal);
        Assert.True(registry.Manifests.ContainsKey("app:1"));
        Assert.Contains($"{registry.Name}/app:1", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task all_files_are_tried_and_each_problem_is_told()
    {
        var (code, _, error) = await Commanding.Manifold(folder,
            "build", "--iidfile", FullDisk, "--metadata-file", "/proc/manifold-result", folder["app"]);

        Assert.Equal(4, code);
        Assert.Contains("--iidfile could not be written: ", error, StringComparison.Ordinal);
        Assert.Contains("--metadata-file could not be written: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_digest_that_was_asked_for_is_printed_all_the_same()
    {
        var (_, output, _) = await Commanding.Manifold(folder, "build", "-q", "--iidfile", FullDisk, folder["app"]);

        Assert.Matches("^sha256:[0-9a-f]{64}\n$", output);
    }

    [Theory]
    [InlineData("build", "--metadata-file")]
    [InlineData("build", "--iidfile")]
    [InlineData("build", "--shard")]
    [InlineData("bake", "--metadata-file")]
    public async Task a_folder_is_refused_before_the_build(string command, string flag)
    {
        var (code, _, error) = await Run(command, flag, folder.Path);

        Assert.Equal(2, code);
        Assert.Contains($"'{folder.Path}' is a folder.", error, StringComparison.Ordinal);
        Assert.DoesNotContain("COPY", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("build", "--metadata-file", "missing/file")]
    [InlineData("build", "--iidfile", "missing/file")]
    [InlineData("build", "--shard", "missing/file")]
    [InlineData("bake", "--metadata-file", "missing/file")]
    [InlineData("bake", "--metadata-file", "manifold.yaml/file")]
    public async Task a_file_in_no_folder_is_refused_before_the_build(string command, string flag, string file)
    {
        var (code, _, error) = await Run(command, flag, folder[file]);

        Assert.Equal(2, code);
        Assert.Contains($"The folder '{Path.GetDirectoryName(folder[file])}' for 'file' does not exist.", error, StringComparison.Ordinal);
        Assert.DoesNotContain("COPY", error, StringComparison.Ordinal);
    }

    private static string[] Names(string command) => command == "build" ? ["app:1"] : ["one", "two"];

    private Task<(int Code, string Output, string Error)> Run(string command, string flag, string file) =>
        Commanding.Manifold(folder, command == "build"
            ? ["build", "-t", "app:1", flag, file, folder["app"]]
            : ["bake", "-f", folder["manifold.yaml"], flag, file]);
}
