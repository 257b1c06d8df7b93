using FsCheck;
using FsCheck.Fluent;
using Manifold.Dockerfile;
using Manifold.Linux;
using Manifold.Planning;

namespace Manifold.Tests.Nodes.Contexts;

/// <summary>Each step chooses in the unpacked folder what it chooses in the folder that was packed.</summary>
public sealed class ChoosingFromAnUnpackedContext : IDisposable
{
    private readonly ContextBench bench = new();

    public void Dispose() => bench.Dispose();

    public static TheoryData<string, string> Cases()
    {
        string[] instructions =
        [
            "COPY . /all",
            "COPY app /app",
            "COPY app/main.go /x",
            "COPY app/main.go docs/a.md empty /x/",
            "COPY *.txt app/*.go /x/",
            "COPY d*/*.md /x/",
            "COPY */main.go /x/",
            "COPY current /x",
            "COPY current/main.go /x",
            "COPY chain/sub/deep /x",
            "COPY abs /x",
            "COPY app/up/b.md /x",
            "COPY docs/back /x",
            "COPY curr*/main.go /x/",
            "COPY --parents app/sub/deep/x.txt docs /x/",
            "COPY --parents ./app/./sub /x/",
            "COPY --parents **/*.md /x/",
            "COPY --exclude=*.md app /x",
            "COPY --exclude=sub/** --exclude=!sub/deep app docs /x/",
            "COPY --exclude=app --exclude=docs . /x",
            "COPY --exclude=docs/b.md . /x",
            "ADD bundle.tar /x/",
            "COPY --chmod=700 --chown=5:6 app /x",
            "COPY app/one /a\nCOPY app/two /b",
            "COPY app/one docs/three /x/",
            "RUN --mount=type=bind,source=app,target=/s true",
            "RUN --mount=type=bind,target=/s true",
            "RUN --mount=type=bind,source=current,target=/s true\nCOPY docs /d",
            "RUN --mount=type=bind,source=docs/a.md,target=/s true\nCOPY app /x",
            "RUN --mount=type=bind,source=app/one,target=/s true\nCOPY app docs/three /x/",
            "COPY forbidden /x",
            "COPY special /x",
            "COPY bytes /x",
            "RUN --mount=type=bind,source=whiteouts,target=/s true",
            "COPY <<EOF /x\ntext\nEOF",
        ];
        string[] ignored = ["", "current\n", "docs\n!docs/b.md\n", "**/*.md\n!docs\n", "app/sub\nforbidden/file\n"];
        var cases = new TheoryData<string, string>();
        foreach (var instruction in instructions)
            foreach (var rules in ignored)
                cases.Add(instruction, rules);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task a_step_alone(string instructions, string ignored)
    {
        WriteTree();
        bench.Ignored = ignored;
        var steps = bench.Steps(instructions);
        var expected = bench.Chosen(bench.Folder["context"], bench.Rules, steps).ToList();
        if (expected.Any(line => line.EndsWith("fails", StringComparison.Ordinal)))
        {
            await Assert.ThrowsAsync<StepFailedException>(() => bench.PackAsync(instructions));
            return;
        }
        using var unpacked = await bench.SendAndUnpackAsync(instructions);
        Assert.Equal(expected, bench.Chosen(unpacked.Folder, unpacked.Rules, steps));
        Assert.Equal(expected, bench.Chosen(unpacked.Folder, IgnoreRules.None, steps));
    }

    [Fact]
    public async Task a_link_that_is_left_out_leads_on_and_is_not_there_itself()
    {
        WriteTree();
        bench.Ignored = "current\n";
        string[] instructions = ["COPY current/main.go /x", "COPY . /all"];
        var steps = bench.Steps(instructions);
        using var unpacked = await bench.SendAndUnpackAsync(instructions);
        Assert.NotNull(new FileInfo($"{unpacked.Folder}/current").LinkTarget);
        Assert.Equal(bench.Chosen(bench.Folder["context"], bench.Rules, steps), bench.Chosen(unpacked.Folder, unpacked.Rules, steps));
    }

    [Fact]
    public void steps_together_whatever_the_tree_and_the_rules() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            using var random = new RandomContext(seed);
            random.CheckAsync().GetAwaiter().GetResult();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(50));

    private void WriteTree()
    {
        foreach (var (path, content) in new[]
        {
            ("app/main.go", "package main"), ("app/readme.md", "read me"), ("app/sub/deep/x.txt", "x"), ("app/sub/y.go", "y"),
            ("app/.hidden", "h"), ("app/one", "linked"), ("docs/a.md", "a"), ("docs/b.md", "b"), ("top.txt", "top"), ("with space/f", "f"),
            ("forbidden/file", "1"), ("forbidden/below/file", "2"), ("whiteouts/.wh.gone", ""), ("whiteouts/.wh..wh..opq", "3"),
            ("bundle.tar", "not really"), ("special/script", "#!"), ("Dockerfile", "FROM scratch"),
        })
            bench.Write(path, content);
        Directory.CreateDirectory(bench.Folder["context/empty"]);
        bench.HardLink("app/two", "app/one");
        bench.HardLink("docs/three", "app/one");
        bench.Link("current", "app");
        bench.Link("chain", "./current");
        bench.Link("abs", "/docs/a.md");
        bench.Link("app/up", "../docs");
        bench.Link("docs/back", "../app/sub/../../docs/b.md");
        bench.Link("app/broken", "no/such/file");
        NamesOfBytes.Write(bench.Folder["context/bytes/\udcff"], NamesOfBytes.Latin1, "caf");
        using var special = DirectoryHandle.Open(bench.Folder["context/special"]);
        special.SetMode("script", 0b101_111_101_101);
        special.TryCreateNode("pipe", FileStatus.Fifo, 0, 0);
        special.SetModified("script", new FileTime(-3, 500_000_001));
        using var app = DirectoryHandle.Open(bench.Folder["context/app"]);
        app.SetModified("main.go", new FileTime(1_700_000_000, 1));
        app.SetModified("readme.md", new FileTime(1_700_000_000));
        app.SetModified("broken", new FileTime(5_000_000_000, 999_999_999));
        app.SetModified("sub", new FileTime(12, 345_678_900));
        File.SetUnixFileMode(bench.Folder["context/forbidden/below"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.SetUnixFileMode(bench.Folder["context/forbidden"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }
}
