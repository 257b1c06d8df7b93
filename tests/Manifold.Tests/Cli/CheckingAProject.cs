using System.Text.Json;

namespace Manifold.Tests.Cli;

/// <summary><c>manifold bake --check</c>: the build checks for all Dockerfiles of a project.</summary>
public sealed class CheckingAProject : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private Task<(int Code, string Output, string Error)> Check(string yaml, params string[] more) =>
        Commanding.Manifold(folder, ["bake", "--check", "-f", folder.Write("project/manifold.yaml", yaml), .. more]);

    [Fact]
    public async Task each_image_has_its_block_and_nothing_is_built()
    {
        folder.Write("project/api/Dockerfile", "FROM scratch AS Base\nCOPY Dockerfile /\n");
        folder.Write("project/web/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        var (code, output, _) = await Check("images:\n  api: {context: api}\n  web: {context: web}\n");
        Assert.Equal(0, code);
        var file = Path.GetRelativePath(Directory.GetCurrentDirectory(), folder["project"]);
        var shown = file.StartsWith("..", StringComparison.Ordinal) ? folder["project"] : file;
        Assert.Equal(
            $"""
            api ({shown}/api/Dockerfile): 1 warning

            {shown}/api/Dockerfile:1:17: warning: the stage name 'Base' is not lowercase [StageNameCasing]
              FROM scratch AS Base
                              ^^^^
              hint: Write base. Stage names are not case-sensitive.
              see:  docs/rules/StageNameCasing.md

            web ({shown}/web/Dockerfile): no findings

            1 warning

            """, output);
        Assert.DoesNotContain("api", (await Commanding.Manifold(folder, "images")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_file_of_several_images_is_judged_once()
    {
        folder.Write("project/Dockerfile", "FROM scratch AS Base\nCOPY Dockerfile /\n");
        var (_, output, _) =
            await Check("images:\n  tool: {context: ., matrix: {version: [\"1\", \"2\"]}, args: {VERSION: \"${version}\"}}\n");
        Assert.Single(output.Split('\n'), line => line.Contains("[StageNameCasing]", StringComparison.Ordinal));
        Assert.Matches(@"\): no findings other than .*same file\n", output);
        Assert.EndsWith("\n1 warning\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_file_that_cannot_be_read_as_a_Dockerfile_hides_no_finding_of_the_others()
    {
        folder.Write("project/api/Dockerfile", "FROM scratch\nRNU x\n");
        folder.Write("project/web/Dockerfile", "FROM scratch\nARG TARGETARCH=amd64\n");
        var (code, output, _) = await Check("images:\n  api: {context: api}\n  web: {context: web}\n");
        Assert.Equal(1, code);
        Assert.Contains("RUN", output, StringComparison.Ordinal);
        Assert.Contains("[PlatformArgDefault]", output, StringComparison.Ordinal);
        Assert.EndsWith("\n2 errors\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task programs_read_the_image_in_each_line()
    {
        folder.Write("project/Dockerfile", "FROM scratch AS Base\nCOPY Dockerfile /\n");
        var (code, output, _) = await Check("images: {api: {context: .}}\n", "--progress", "json");
        Assert.Equal(0, code);
        var lines = output.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["finding", "checked"], lines.Select(line => line.GetProperty("event").GetString()));
        Assert.Equal(("api", "StageNameCasing"), (lines[0].GetProperty("component").GetString(), lines[0].GetProperty("rule").GetString()));
        Assert.Equal(1, lines[1].GetProperty("warnings").GetInt32());
    }

    [Fact]
    public async Task a_sibling_is_not_looked_for_elsewhere_and_its_platforms_are_judged()
    {
        folder.Write("project/base/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        folder.Write("project/api/Dockerfile", "FROM base\nCOPY Dockerfile /\n");
        var (code, output, error) = await Check(
            "images:\n  base: {context: base, platforms: [linux/amd64]}\n  api: {context: api, platforms: [linux/amd64, linux/s390x]}\n");
        Assert.Equal(1, code);
        Assert.DoesNotContain("not checked", output + error, StringComparison.Ordinal);
        Assert.Contains("has no image for linux/s390x [BaseMissingPlatform]", output, StringComparison.Ordinal);
        Assert.EndsWith("\n1 error\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_else_a_bake_does_is_not_asked_for_in_the_same_breath()
    {
        folder.Write("project/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        var (code, _, error) = await Check("images: {api: {context: .}}\n", "--push");
        Assert.Equal(2, code);
        Assert.Contains("--check and --push", error, StringComparison.Ordinal);
    }
}
