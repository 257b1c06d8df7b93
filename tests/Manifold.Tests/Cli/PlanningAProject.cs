namespace Manifold.Tests.Cli;

/// <summary><c>manifold plan</c> of a project: what is wrong is told of the right file, once, and hides nothing that is fine.</summary>
public sealed class PlanningAProject : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public PlanningAProject()
    {
        foreach (var name in new[] { "a", "b", "c" })
            folder.Write($"project/{name}/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
    }

    public void Dispose() => folder.Dispose();

    private Task<(int Code, string Output, string Error)> Plan(string yaml, params string[] more) =>
        Commanding.Manifold(folder, ["plan", "-f", folder.Write("project/manifold.yaml", yaml), "--platform", "linux/amd64", .. more]);

    [Fact]
    public async Task a_missing_base_is_told_of_each_file_that_names_it()
    {
        await Commanding.Manifold(folder, "build", "--platform", "linux/amd64", "-t", "base:1", folder["project/a"]);
        folder.Write("project/a/Dockerfile", "FROM base:1\n");
        folder.Write("project/b/Dockerfile", "# first line\nFROM base:1\n");
        var (code, _, error) = await Plan("platforms: [linux/s390x, linux/riscv64]\nimages:\n  a: {context: a}\n  b: {context: b}\n");
        Assert.Equal(2, code);
        Assert.Contains("a (linux/s390x): FROM docker.io/library/base:1 (", error, StringComparison.Ordinal);
        Assert.Contains("a/Dockerfile:1): there is no image for linux/s390x", Line(error, "a (linux/s390x)"), StringComparison.Ordinal);
        Assert.Contains("b/Dockerfile:2): there is no image for linux/s390x", Line(error, "b (linux/s390x)"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task who_stands_on_what_is_wrong_is_not_wrong_itself_and_the_rest_is_shown()
    {
        folder.Write("project/a/Dockerfile", "FROM scratch\nCOPY nothing /\n");
        var (code, output, error) = await Plan("platforms: [linux/amd64, linux/arm64]\nimages:\n"
            + "  a: {context: a}\n  b: {context: b, contexts: {x: 'image:a'}, dockerfile-inline: \"FROM x\\n\"}\n  c: {context: c}\n");
        Assert.Equal(1, code);
        Assert.Contains("c\n", output, StringComparison.Ordinal);
        Assert.Contains("a  not planned: see below\nb  not planned: it needs a\n", output, StringComparison.Ordinal);
        Assert.Single(error.Split('\n'), line => line.Contains("'nothing' is not in the build context", StringComparison.Ordinal));
        Assert.DoesNotContain("b (", error, StringComparison.Ordinal);
        Assert.DoesNotContain("has no linux", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_file_that_cannot_be_read_hides_no_plan_of_the_others()
    {
        folder.Write("project/a/Dockerfile", "FROM scratch\nRNU x\n");
        folder.Write("project/b/Dockerfile", "FROM scratch\nCOPY Dockerfil /\n");
        var (code, output, error) = await Plan("images:\n  a: {context: a}\n  b: {context: b}\n  c: {context: c}\n");
        Assert.Equal(2, code);
        Assert.StartsWith("c\n", output, StringComparison.Ordinal);
        Assert.Contains("Did you mean RUN?", error, StringComparison.Ordinal);
        Assert.Contains("'Dockerfil' is not in the build context", error, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'Dockerfile'?", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_bake_that_cannot_be_whole_begins_nothing()
    {
        folder.Write("project/a/Dockerfile", "FROM scratch\nCOPY nothing /\n");
        var (code, _, error) = await Commanding.Manifold(folder,
            "bake", "-f", folder.Write("project/manifold.yaml", "images:\n  a: {context: a}\n  c: {context: c, tags: [c/c:1]}\n"));
        Assert.Equal(1, code);
        Assert.Contains("'nothing' is not in the build context", error, StringComparison.Ordinal);
        Assert.DoesNotContain("c/c", (await Commanding.Manifold(folder, "images")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_a_hook_will_make_need_not_be_there()
    {
        folder.Write("project/a/Dockerfile", "FROM scratch\nCOPY made /\n");
        var (code, _, error) = await Plan("images:\n  a: {context: a, before: {run: 'touch made', folder: a, outputs: [made]}}\n");
        Assert.True(code == 0, error);
    }

    [Theory]
    [InlineData("args: {BASE: scratch}", false)]
    [InlineData("target: ''", true)]
    public async Task a_default_is_not_missed_where_the_project_gives_the_argument(string line, bool isTold)
    {
        folder.Write("project/a/Dockerfile",
            isTold ? "ARG BASE\nFROM scratch AS x\nFROM ${BASE:-x}\n" : "ARG BASE\nFROM $BASE\nCOPY Dockerfile /\n");
        folder.Write("project/manifold.yaml", $"images:\n  a: {{context: a, {line}}}\n");
        var (code, output, error) = await Commanding.Manifold(folder, "bake", "--check", "-f", folder["project/manifold.yaml"]);
        Assert.True(code == 0, error);
        Assert.DoesNotContain("InvalidDefaultArgInFrom", output, StringComparison.Ordinal);
        var planned = await Plan($"images:\n  a: {{context: a, {line}}}\n");
        Assert.DoesNotContain("InvalidDefaultArgInFrom", planned.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_file_that_wants_findings_to_be_errors_has_none_where_the_project_gives_the_argument()
    {
        folder.Write("project/a/Dockerfile", "# check=error=true\nARG BASE\nFROM $BASE\nCOPY Dockerfile /\n");
        var (code, _, error) = await Plan("images:\n  a: {context: a, args: {BASE: scratch}}\n");
        Assert.True(code == 0, error);
    }

    [Fact]
    public async Task a_folder_with_a_project_is_one()
    {
        folder.Write("project/Dockerfile", "FROM scratch\n");
        folder.Write("project/compose.yaml", "services:\n  web: {build: a}\n  api: {build: b}\n");
        var (code, output, error) = await Commanding.Manifold(folder, "plan", "-f", folder["project"]);
        Assert.True(code == 0, error);
        Assert.StartsWith("web\n", output, StringComparison.Ordinal);
        var one = await Commanding.Manifold(folder, "plan", "-f", folder["project"], "api");
        Assert.StartsWith("api\n", one.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_service_whose_folder_is_not_there_hides_no_plan_of_the_others()
    {
        folder.Write("project/compose.yaml", "services:\n  web: {build: nowhere}\n  api: {build: b}\n");
        var (code, output, error) = await Commanding.Manifold(folder, "plan", "-f", folder["project/compose.yaml"]);
        Assert.Equal(2, code);
        Assert.StartsWith("api\n", output, StringComparison.Ordinal);
        Assert.Contains("web  not planned: see below\n", output, StringComparison.Ordinal);
        Assert.Contains("the context 'nowhere' of image 'web' is not a folder.", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"b\", \"gone\"", "contains 'gone', which is not a target")]
    [InlineData("\"b\", \"bad\"", "'nope/!' is not a platform")]
    [InlineData("\"b\", \"heir\"", "'nope/!' is not a platform")]
    public async Task a_target_that_is_not_understood_hides_nothing_of_the_others(string asked, string message)
    {
        var file = folder.Write("project/docker-bake.hcl", $$"""
            group "default" { targets = [{{asked}}] }
            target "b" { context = "{{folder["project/b"]}}" }
            target "bad" {
              context   = "{{folder["project/a"]}}"
              platforms = ["nope/!"]
            }
            target "heir" {
              context  = "{{folder["project/c"]}}"
              contexts = { bad = "target:bad" }
              dockerfile-inline = "FROM bad"
            }
            """);
        var planned = await Commanding.Manifold(folder, "bake", "-f", file, "--plan");
        Assert.StartsWith("b\n", planned.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\nbad\n", planned.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("heir  after", planned.Output, StringComparison.Ordinal);
        Assert.Contains(message, planned.Error, StringComparison.Ordinal);
        Assert.Equal(2, planned.Code);
        if (asked.Contains("heir", StringComparison.Ordinal))
            return;
        var judged = await Commanding.Manifold(folder, "bake", "-f", file, "--check");
        Assert.Contains("/b/Dockerfile): no findings", judged.Output, StringComparison.Ordinal);
        Assert.Contains(message, judged.Error, StringComparison.Ordinal);
        Assert.Equal(2, judged.Code);
    }

    [Theory]
    [InlineData("imags: {a: {context: a}}", "the file has no key 'imags'.", "Did you mean images?")]
    [InlineData("image: {a: {context: a}}", "the file has no key 'image'.", "Did you mean images?")]
    public async Task a_mistyped_key_has_the_one_that_was_meant(string yaml, string message, string hint)
    {
        var (code, _, error) = await Plan(yaml);
        Assert.Equal(2, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.Contains(hint, error, StringComparison.Ordinal);
        Assert.DoesNotContain("has no images", error, StringComparison.Ordinal);
    }

    private static string Line(string text, string start) => text.Split('\n').First(line => line.Contains(start, StringComparison.Ordinal));
}
