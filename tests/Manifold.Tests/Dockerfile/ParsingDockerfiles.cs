using System.Text;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;

namespace Manifold.Tests.Dockerfile;

/// <summary>The cases' verdicts are checked against BuildKit by <c>ComparedWithBuildKit</c>; their trees were read by people.</summary>
public sealed class ParsingDockerfiles
{
    public static TheoryData<string> All => [.. Cases.Names("parse")];

    [Theory]
    [MemberData(nameof(All))]
    public void each_case_gives_its_tree_or_its_diagnostics(string name)
    {
        var folder = Path.Combine(Cases.Folder("parse"), name);
        var parsed = DockerfileParser.Parse("Dockerfile", File.ReadAllBytes(Path.Combine(folder, "Dockerfile")));
        var diagnostics = string.Concat(parsed.Diagnostics.Select(each => each.Render() + "\n"));

        Cases.Expect(Path.Combine(folder, "diagnostics.txt"), diagnostics.Length == 0 ? null : diagnostics);
        Cases.Expect(Path.Combine(folder, "tree.json"), parsed.HasErrors ? null : DockerfileJson.Write(parsed.Tree));
    }

    /// <summary>Source: BuildKit's parser, line_parsers.go: the text as a whole is JSON, or the shell reads it.</summary>
    [Theory]
    [InlineData("[ \"$F\" ] && make")]
    [InlineData("[\"make\"] # a comment")]
    [InlineData("[\"make\"], [\"all\"]")]
    [InlineData("[\"make\"]]")]
    [InlineData("[]random string")]
    [InlineData("[\"a\" \"b\"]")]
    [InlineData("['make']")]
    [InlineData("[\"make\",]")]
    public void text_after_an_array_makes_it_the_shell_form(string text)
    {
        foreach (var keyword in new[] { "RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK CMD" })
        {
            var instruction = DockerfileParser.Parse("Dockerfile", $"FROM a\n{keyword} {text}\n").OrThrow().Instructions[1];
            var command = instruction switch
            {
                RunInstruction run => run.Command,
                CmdInstruction cmd => cmd.Command,
                EntrypointInstruction entrypoint => entrypoint.Command,
                _ => ((HealthcheckInstruction)instruction).Test!,
            };
            Assert.False(command.IsExec);
            Assert.Equal([text], command.Words);
        }
    }

    [Theory]
    [InlineData("[\"make\", \"all\"]")]
    [InlineData("[\"make\", \"all\"]   ")]
    [InlineData("[ \"make\" , \"all\" ]\t")]
    public void an_array_alone_is_the_exec_form(string text)
    {
        var run = Assert.IsType<RunInstruction>(DockerfileParser.Parse("Dockerfile", $"FROM a\nRUN {text}\n").OrThrow().Instructions[1]);

        Assert.True(run.Command.IsExec);
        Assert.Equal(["make", "all"], run.Command.Words);
    }

    [Fact]
    public void text_after_an_array_of_COPY_and_VOLUME_makes_it_words()
    {
        var tree = DockerfileParser.Parse("Dockerfile", "FROM a\nCOPY [\"a\", \"/b\"] c/\nVOLUME [\"/a\"] /b\n").OrThrow();

        Assert.Equal(["[\"a\",", "\"/b\"]"], Assert.IsType<CopyInstruction>(tree.Instructions[1]).Sources);
        Assert.Equal(["[\"/a\"]", "/b"], Assert.IsType<VolumeInstruction>(tree.Instructions[2]).Paths);
    }

    [Fact]
    public void all_errors_are_in_one_exception_that_ends_with_exit_code_2()
    {
        var parsed = DockerfileParser.Parse("app/Dockerfile", "FROM base\nRNU make\n\nCOPY a\n");

        var exception = Assert.Throws<DockerfileException>(() => parsed.OrThrow());

        Assert.Equal(2, exception.ExitCode);
        Assert.Equal(
            """
            app/Dockerfile:2:1: error: unknown instruction: RNU
              RNU make
              ^^^
              hint: Did you mean RUN?
            app/Dockerfile:4:6: error: COPY a has no destination
              COPY a
                   ^
              hint: COPY source … destination
            """, exception.Message);
    }

    [Fact]
    public void the_caret_of_a_very_long_line_is_shown_with_what_surrounds_it()
    {
        var parsed = DockerfileParser.Parse("Dockerfile", $"FROM base\nCOPY {new string('x', 100_000)} --bad\\\n y/ <<E\n");

        Assert.All(parsed.Diagnostics, each => Assert.All(each.Render().Split('\n'), line => Assert.InRange(line.Length, 1, 200)));
        Assert.NotEmpty(parsed.Diagnostics);
    }

    [Fact]
    public void a_stage_is_found_by_its_name_in_any_case_or_by_its_number()
    {
        var tree = DockerfileParser.Parse("Dockerfile", "FROM a AS one\nFROM b AS Two\nFROM c AS ONE\nFROM one\n").OrThrow();

        Assert.Equal(1, tree.Find("TWO")?.Index);
        Assert.Equal(2, tree.Find("one")?.Index);
        Assert.Equal(0, tree.FindByName("one", before: 2)?.Index);
        Assert.Equal(3, tree.Find("3")?.Index);
        Assert.Null(tree.Find("4"));
        Assert.Null(tree.Find("three"));
        Assert.Null(tree.FindByName("0"));
    }

    [Theory]
    [InlineData("RUN <<EOF\necho a\nEOF\n", "echo a\n", false)]
    [InlineData("RUN <<-EOF\n\techo a\nEOF\n", "echo a\n", false)]
    [InlineData("RUN <<EOF\n#!/bin/x\na\nEOF\n", "#!/bin/x\na\n", true)]
    [InlineData("RUN <<-EOF\n\t#!/bin/x\nEOF\n", "#!/bin/x\n", true)]
    [InlineData("RUN <<EOF\n\t#!/bin/x\nEOF\n", "\t#!/bin/x\n", false)]
    [InlineData("RUN <<  EOF\na\nEOF\n", "a\n", false)]
    [InlineData("RUN <<- EOF\n\ta\nEOF\n", "a\n", false)]
    [InlineData("RUN cat << EOF >f\na\nEOF\n", "cat << EOF >f\na\nEOF", false)]
    [InlineData("RUN cat 3<< 'E O F' >f\na\nE O F\n", "cat 3<< 'E O F' >f\na\nE O F", false)]
    [InlineData("RUN cat << -EOF\na\n-EOF\n", "cat << -EOF\na\n-EOF", false)]
    [InlineData("RUN echo '<< EOF'\n", "echo '<< EOF'", false)]
    [InlineData("RUN echo \\<< EOF\n", "echo \\<< EOF", false)]
    [InlineData("RUN\n", "", false)]
    [InlineData("RUN --network=none\n", "", false)]
    [InlineData("RUN cat <<EOF >f\na\nEOF\n", "cat <<EOF >f\na\nEOF", false)]
    [InlineData("RUN cat <<-A && cat <<'B'\n\ta\nA\nb\nB\n", "cat <<-A && cat <<'B'\n\ta\nA\nb\nB", false)]
    [InlineData("RUN make\n", "make", false)]
    public void a_run_step_knows_what_its_shell_reads(string text, string shellText, bool isFile)
    {
        var run = Assert.IsType<RunInstruction>(DockerfileParser.Parse("Dockerfile", "FROM a\n" + text).OrThrow().Instructions[1]);

        Assert.Equal(shellText, run.ShellText);
        Assert.Equal(isFile, run.ScriptIsFile);
    }

    [Fact]
    public void a_mount_is_read_anew_once_its_variables_have_values()
    {
        var run = (RunInstruction)DockerfileParser.Parse("Dockerfile", "FROM a\nRUN --mount=type=$T,target=${D:-/c},size=${S}m x\n")
            .OrThrow().Instructions[1];
        var values = new Dictionary<string, string> { ["T"] = "tmpfs", ["S"] = "2" };

        Assert.True(run.Mounts[0].NeedsExpansion);
        Assert.True(RunMount.TryParse(run.Mounts[0].Text,
            word => Expansion.Expand(word, name => values.GetValueOrDefault(name)), out var mount, out _));

        Assert.Equal((MountType.Tmpfs, "/c", 2L << 20), (mount.Type, mount.Target, mount.Size!.Value));
    }

    [Fact]
    public void a_file_that_is_too_large_is_refused_unread()
    {
        var parsed = DockerfileParser.Parse("Dockerfile", new byte[Limits.DockerfileBytes + 1]);

        Assert.Contains("larger than 4194304 bytes", Assert.Single(parsed.Diagnostics).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ten_thousand_lines_take_well_under_a_second()
    {
        var text = new StringBuilder("FROM base\n");
        for (var i = 0; i < 2_500; i++)
            text.Append("RUN --mount=type=cache,target=/c apt-get update && \\\n    apt-get install -y a b c\nENV A").Append(i)
                .Append("=\"x y\" B=z\nCOPY a b c/\n");
        var bytes = Encoding.UTF8.GetBytes(text.ToString());

        var fastest = TimeSpan.MaxValue; // of a few passes, of which the first compile the program
        for (var pass = 0; pass < 5; pass++)
        {
            var took = ProcessorTime.Of(
                () => Assert.Equal(7_501, DockerfileParser.Parse("Dockerfile", bytes).OrThrow().Instructions.Length));
            fastest = TimeSpan.FromTicks(Math.Min(fastest.Ticks, took.Ticks));
        }

        Assert.InRange(fastest.TotalSeconds, 0, 1);
    }
}
