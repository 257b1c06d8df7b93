using Manifold.Cli;

namespace Manifold.EndToEnd.Building;

/// <summary>Projects without RUN, built twice: no registry, no runtime.</summary>
[Trait("kind", "end-to-end")]
public sealed class BuildingTwiceWithoutARun : IDisposable
{
    private readonly Workshop shop = new();

    public void Dispose() => shop.Dispose();

    private Task<Workshop.Outcome> Check(params string[] arguments) =>
        shop.Run([.. arguments], "bake", "-f", shop["project"], "--verify-reproducible", "--progress", "quiet");

    private void Write(string path, string content)
    {
        var full = shop[Path.Combine("project", path)];
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
    }

    [Fact]
    public async Task an_honest_project_succeeds()
    {
        Write("manifold.yaml", "platforms: [linux/amd64, linux/arm64]\nimages: {app: {context: .}}\n");
        Write("Dockerfile", "FROM scratch\nARG TARGETARCH\nCOPY Dockerfile /$TARGETARCH/\n");
        var outcome = (await Check()).Succeeded();
        Assert.Contains("1 of 1 image is reproducible\n", outcome.Output, StringComparison.Ordinal);
        Assert.Equal(2, outcome.Output.Split("  identical\n").Length - 1);
    }

    [Fact]
    public async Task a_label_that_is_computed_anew_each_time_is_told()
    {
        Write("docker-bake.hcl", $"target \"app\" {{\n  context = \"{shop["project"]}\"\n"
            + $"  args = {{ BUILD_DATE = timestamp() }}\n}}\ngroup \"default\" {{ targets = [\"app\"] }}\n");
        Write("Dockerfile", "FROM scratch\nARG BUILD_DATE\nLABEL built=$BUILD_DATE\nCOPY Dockerfile /\n");
        var outcome = await Check();
        Assert.Equal(1, outcome.Code);
        Assert.Contains("app (linux/amd64): config.Labels.built\n", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("such as BUILD_DATE", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_a_hook_left_is_made_anew_the_second_time()
    {
        Write("manifold.yaml", "images: {app: {context: ., before: {run: './once.sh', outputs: [out]}}}\n");
        Write("once.sh", "#!/bin/sh\n[ -f out ] || date +%s > out\n");
        File.SetUnixFileMode(shop["project/once.sh"], (UnixFileMode)0b111_101_101);
        Write("out", "left from yesterday\n");
        Write("Dockerfile", "FROM scratch\nCOPY out /\n");
        var outcome = await Check();
        Assert.Equal(1, outcome.Code);
        Assert.Contains("first   left from yesterday\n", outcome.Output, StringComparison.Ordinal);
        Assert.Equal("left from yesterday\n", await File.ReadAllTextAsync(shop["project/out"], TestContext.Current.CancellationToken));
    }

    [Theory, InlineData("--push"), InlineData("--plan"), InlineData("--metadata-file=f"), InlineData("--created=now")]
    public async Task what_would_need_a_build_that_is_kept_is_refused(string flag)
    {
        Write("manifold.yaml", "images: {app: {context: .}}\n");
        Write("Dockerfile", "FROM scratch\n");
        var outcome = await Check(flag);
        Assert.Equal(2, outcome.Code);
        Assert.Contains("cannot be used together", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task variables_of_the_command_line_and_standard_input_are_those_of_both_builds()
    {
        Write("Dockerfile", "FROM scratch\nARG A\nLABEL a=$A\nCOPY Dockerfile /\n");
        var file = "variable \"FOLDER\" { default = \"/nowhere\" }\ntarget \"app\" { context = FOLDER }\n";
        using StringWriter output = new(), error = new();
        var code = await CommandTree.RunAsync(new CliContext
        {
            Environment = shop.Variables,
            In = new StringReader(file),
            Out = output,
            Error = error,
            Time = TimeProvider.System,
            Interactive = false,
        }, ["bake", "-f", "-", "app", "--var", $"FOLDER={shop["project"]}", "--verify-reproducible", "--progress", "quiet"]);
        Assert.True(code == 0, error.ToString());
        Assert.Contains("1 of 1 image is reproducible\n", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_build_that_fails_fails_as_a_bake_does()
    {
        Write("manifold.yaml", "images: {app: {context: .}}\n");
        Write("Dockerfile", "FROM scratch\nCOPY noth*ng /\n");
        var outcome = await Check();
        Assert.Equal(1, outcome.Code);
        Assert.Contains("The first build failed", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("Dockerfile:2", outcome.Error, StringComparison.Ordinal);
    }
}
