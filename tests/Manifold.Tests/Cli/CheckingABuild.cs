using System.Text.Json;

namespace Manifold.Tests.Cli;

/// <summary><c>manifold build --check</c>, and what an ordinary build tells of the same findings.</summary>
public sealed class CheckingABuild : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task findings_come_in_the_order_of_lines_with_caret_mend_and_page_and_nothing_is_built()
    {
        var (code, output, _) = await Check("FROM scratch AS Base\nEXPOSE 80/TCP\nWORKDIR app\n", "-t", "app:1");
        Assert.Equal(0, code);
        Assert.Equal(
            """
            Dockerfile:1:17: warning: the stage name 'Base' is not lowercase [StageNameCasing]
              FROM scratch AS Base
                              ^^^^
              hint: Write base. Stage names are not case-sensitive.
              see:  docs/rules/StageNameCasing.md

            Dockerfile:2:8: warning: the protocol in '80/TCP' is not lowercase [ExposeProtoCasing]
              EXPOSE 80/TCP
                     ^^^^^^
              hint: Write 80/tcp.
              see:  docs/rules/ExposeProtoCasing.md

            Dockerfile:3:9: warning: 'app' is relative to the working directory of the base image [WorkdirRelativePath]
              WORKDIR app
                      ^^^
              hint: Write WORKDIR /app.
              see:  docs/rules/WorkdirRelativePath.md

            3 warnings

            """, output);
        var (_, images, _) = await Commanding.Manifold(folder, "images");
        Assert.DoesNotContain("app", images, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_file_without_fault_has_no_findings()
    {
        var (code, output, _) = await Check("FROM scratch AS base\nCOPY Dockerfile /\n");
        Assert.Equal((0, "no findings\n"), (code, output));
    }

    [Theory]
    [InlineData("FROM scratch\nARG TARGETARCH=amd64\n", "1 error")]
    [InlineData("FROM scratch\nRNU x\nCOPY --chwon=1 a /\n", "2 errors")]
    [InlineData("# check=error=true\nFROM scratch AS Base\n", "1 error")]
    [InlineData("FROM scratch\nCOPY --from=9 a /\n", "1 error")]
    public async Task an_error_ends_it_with_exit_code_1(string text, string count)
    {
        var (code, output, _) = await Check(text);
        Assert.Equal(1, code);
        Assert.EndsWith($"\n{count}\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task programs_read_a_line_of_JSON_for_each_finding()
    {
        var (_, output, _) = await Check("FROM scratch AS Base\nARG TARGETARCH=amd64\n", "--progress", "json");
        var lines = output.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["finding", "finding", "checked"], lines.Select(line => line.GetProperty("event").GetString()));
        Assert.Equal(("StageNameCasing", "warning", 1, 17, 4), (Text(lines[0], "rule"),
            Text(lines[0], "severity"), Number(lines[0], "line"), Number(lines[0], "column"), Number(lines[0], "length")));
        Assert.Equal(("PlatformArgDefault", "error", "docs/rules/PlatformArgDefault.md"),
            (Text(lines[1], "rule"), Text(lines[1], "severity"), Text(lines[1], "page")));
        Assert.Equal((1, 1), (Number(lines[2], "errors"), Number(lines[2], "warnings")));
        Assert.All(lines, line => Assert.False(line.TryGetProperty("component", out _)));
    }

    [Fact]
    public async Task a_context_without_a_Dockerfile_is_an_error_that_names_no_image()
    {
        var context = folder["empty"];
        Directory.CreateDirectory(context);
        var (code, output, error) = await Commanding.Manifold(folder, "build", "--check", context);
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith($"manifold: '{context}' contains no Dockerfile", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_call_of_buildx_is_known()
    {
        Assert.Contains("StageNameCasing", (await Manifold("FROM scratch AS Base\n", "--call", "check")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await Manifold("FROM scratch\n", "--call", "outline")).Code);
    }

    [Fact]
    public async Task a_build_argument_says_what_is_wanted_of_the_checks()
    {
        const string text = "# check=skip=all\nFROM scratch AS Base\nEXPOSE 80/TCP\n";
        Assert.Equal("no findings\n", (await Check(text)).Output);
        var (code, output, _) = await Check(text, "--build-arg", "BUILDKIT_DOCKERFILE_CHECK=skip=StageNameCasing;error=true");
        Assert.Equal(1, code);
        Assert.Contains("3:8: error", output, StringComparison.Ordinal);
        Assert.DoesNotContain("StageNameCasing", output, StringComparison.Ordinal);

        var (wrong, _, error) = await Check(text, "--build-arg", "BUILDKIT_DOCKERFILE_CHECK=skp=all");
        Assert.Equal(2, wrong);
        Assert.Contains("Did you mean skip?", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_ordinary_build_tells_its_warnings_in_a_line_each()
    {
        var (code, _, error) = await Manifold("FROM scratch AS Base\nCOPY $NOTHING Dockerfile /\n");
        Assert.Equal(0, code);
        Assert.Contains("warning: Dockerfile:1:17: the stage name 'Base' is not lowercase [StageNameCasing]\n", error,
            StringComparison.Ordinal);
        Assert.Contains("[UndefinedVar]\n", error, StringComparison.Ordinal);
        Assert.DoesNotContain("^^^", error, StringComparison.Ordinal);
        Assert.Equal("", (await Manifold("FROM scratch AS Base\nCOPY Dockerfile /\n", "--progress", "quiet")).Error);
    }

    [Fact]
    public async Task in_JSON_an_ordinary_builds_warning_has_its_finding()
    {
        var (_, _, error) = await Manifold("FROM scratch AS Base\nCOPY Dockerfile /\n", "--progress", "json");
        var finding = error.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement)
            .Single(line => line.GetProperty("event").GetString() == "warning").GetProperty("finding");
        Assert.Equal(("StageNameCasing", 1), (Text(finding, "rule"), Number(finding, "line")));
    }

    [Fact]
    public async Task a_file_that_wants_no_warnings_is_not_built_with_one()
    {
        var (code, _, error) = await Manifold("# check=error=true\nFROM scratch\nCOPY $NOTHING Dockerfile /\n");
        Assert.Equal(2, code);
        Assert.Matches(@"3:7: error: .*\$NOTHING.* \[UndefinedVar\]", error);
        Assert.Equal(0, (await Manifold("# check=error=true;skip=UndefinedVar\nFROM scratch\nCOPY $NOTHING Dockerfile /\n")).Code);
    }

    [Fact]
    public async Task a_default_that_is_meant_to_win_does_when_its_rule_is_skipped()
    {
        var (code, _, error) =
            await Manifold("# check=skip=PlatformArgDefault\nFROM scratch\nARG TARGETARCH=any\nCOPY Dockerfile /$TARGETARCH/\n");
        Assert.True(code == 0, error);
    }

    [Fact]
    public async Task what_the_context_leaves_out_or_has_for_another_machine_is_told()
    {
        folder.Write("context/.dockerignore", "secret\n");
        folder.Write("context/node_modules/a/index.js", "");
        Directory.CreateDirectory(folder["context/bin"]);
        File.Copy("/bin/sh", folder["context/bin/sh"]);
        var (_, output, _) = await Check("FROM scratch\nCOPY secret /\nCOPY bin/sh /\nCOPY node_modules /app/\n",
            "--platform", "linux/amd64,linux/s390x");
        Assert.Matches(@"2:6: warning: 'secret'.*\.dockerignore:1.* \[CopyIgnoredFile\]", output);
        Assert.Contains("3:6: warning: 'bin/sh'", output, StringComparison.Ordinal);
        Assert.Contains(" run on linux/s390x [HostBinaryInContext]", output, StringComparison.Ordinal);
        Assert.Contains("[HostNodeModules]", output, StringComparison.Ordinal);
        Assert.EndsWith("\n3 warnings\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task bases_are_asked_for_all_stages()
    {
        await Commanding.Manifold(folder,
            "build", "--platform", "linux/amd64", "-t", "base:1", Context("FROM scratch\nENV KNOWN=1\nCOPY Dockerfile /\n"));
        var (code, output, _) = await Check("FROM base:1 AS unneeded\nCOPY $KNOWN $UNKNOWN Dockerfile /\nFROM scratch\n",
            "--platform", "linux/amd64,linux/s390x");
        Assert.Equal(1, code);
        Assert.Contains("1:6: error: 'docker.io/library/base:1' has no image for linux/s390x [BaseMissingPlatform]",
            output, StringComparison.Ordinal);
        Assert.Contains("hint: It has: linux/amd64.", output, StringComparison.Ordinal);
        Assert.Matches(@"2:14: warning: .*\$UNKNOWN.* \[UndefinedVar\]", output);
        Assert.EndsWith("\n1 error, 1 warning\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_base_that_cannot_be_looked_up_is_named_and_not_judged()
    {
        var (code, output, _) = await Check("FROM 127.0.0.1:1/nowhere\nCOPY $UNKNOWN Dockerfile /\n");
        Assert.Equal(0, code);
        Assert.Contains("not checked: ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("UndefinedVar", output, StringComparison.Ordinal);
    }

    private Task<(int Code, string Output, string Error)> Check(string dockerfile, params string[] flags) =>
        Manifold(dockerfile, ["--check", .. flags]);

    /// <summary>The Dockerfile's name in messages is short: it is in the context, and nobody names it.</summary>
    private Task<(int Code, string Output, string Error)> Manifold(string dockerfile, params string[] flags) =>
        Commanding.Manifold(folder, ["build", .. flags, Context(dockerfile)]);

    private string Context(string dockerfile)
    {
        folder.Write("context/Dockerfile", dockerfile);
        return folder["context"];
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static int Number(JsonElement json, string name) => json.GetProperty(name).GetInt32();
}
