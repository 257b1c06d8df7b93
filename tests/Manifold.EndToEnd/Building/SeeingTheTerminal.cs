using Manifold.Text;

namespace Manifold.EndToEnd.Building;

/// <summary>The terminal's contents after a command has ended: golden screens, seen through tmux.</summary>
/// <remarks>Steps have short names, so that no time makes the terminal cut them.</remarks>
[Trait("kind", "end-to-end")]
public sealed class SeeingTheTerminal : IDisposable
{
    private const string Busy = "/usr/bin/busybox";

    // .NET's console writes terminfo's keypad_xmit to a terminal when a program reads its size. It shows nothing.
    private const string OfTheRuntime = "\e[?1h\e=";

    private const string Dockerfile = """
        FROM scratch AS build
        COPY bin /bin
        RUN --network=none make
        FROM scratch
        COPY --from=build /bin /program /
        CMD ["/sh"]
        """;

    private static readonly (string, string)[] Succeeding =
    [
        ("Dockerfile", Dockerfile), ("bin/make", "#!/bin/sh\necho compiling\necho done >/program\n"),
    ];

    private static readonly (string, string)[] Failing =
    [
        ("Dockerfile", Dockerfile.Replace("none make", $"none \\\n    make\n# {new string('-', 100)}", StringComparison.Ordinal)),
        ("bin/make", """
            #!/bin/sh
            echo compiling a program with a name that is longer than a terminal is wide
            echo 'main.c:3: error: expected ";"'
            exit 2

            """),
    ];

    private readonly Workshop shop = new();
    private Screen? screen;

    public void Dispose()
    {
        screen?.Dispose();
        shop.Dispose();
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public async Task after_a_build(int width)
    {
        await StartAsync(width, Succeeding);
        Cases.Expect(File("success", width), await screen!.Run("manifold build -t app:1 ."));
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public async Task after_a_build_that_failed(int width)
    {
        await StartAsync(width, Failing);
        Cases.Expect(File("failure", width), await screen!.Run("manifold build -t app:1 ."));
        Assert.Matches(@"\e\[31m✗ failed", await screen.ShownWithColors());
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public async Task after_a_bake_with_an_image_that_failed(int width)
    {
        await StartAsync(width, ("manifold.yaml", """
            registry: example.com/shop
            tags: [dev]
            images:
              base: {context: ., dockerfile: Dockerfile}
              api: {context: ., dockerfile: Dockerfile.api}
              web: {context: ., dockerfile: Dockerfile.web}
            """),
            ("Dockerfile", "FROM scratch\nCOPY bin /bin\nRUN --network=none make\n"), ("bin/make", "#!/bin/sh\necho compiling\n"),
            ("Dockerfile.api", "FROM base\nRUN --network=none check\n"), ("bin/check", "#!/bin/sh\necho testing\nexit 3\n"),
            ("Dockerfile.web", "FROM api\nLABEL a=b\n"));
        Cases.Expect(File("bake", width), await screen!.Run("manifold bake"));
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public async Task after_ctrl_c(int width)
    {
        var pause = await StartWaitingAsync(width);
        await pause.Reached(Task.Delay(Eventually.Bound));
        await Eventually.Is(async () => (await screen!.Shown()).Contains("[3/3] RUN", StringComparison.Ordinal));
        await screen!.Press("C-c");
        Cases.Expect(File("ctrl-c", width), await screen.Ended());
    }

    [Fact]
    public async Task a_resize_in_the_middle_leaves_nothing_behind()
    {
        var pause = await StartWaitingAsync(80);
        await pause.Reached(Task.Delay(Eventually.Bound));
        await Eventually.Is(async () => (await screen!.Shown()).Contains("[3/3] RUN", StringComparison.Ordinal));
        await screen!.Resize(50);
        // tmux wraps what was there; only a new picture is narrower.
        await Eventually.Is(async () => (await screen.Shown()).Split('\n').Any(line =>
            line.Contains("[3/3] RUN", StringComparison.Ordinal) && line.Contains('…', StringComparison.Ordinal)
            && Cells.Width(line.TrimEnd()) <= 49));
        await screen.Resize(100);
        pause.GoOn();
        var last = await screen.Ended();
        Assert.Single(last.Split('\n'), line => line.Contains("[3/3] RUN", StringComparison.Ordinal));
        Assert.Contains("✓ Built 1 platform", last, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM=dumb")]
    [InlineData("CI=true")]
    public async Task a_dumb_terminal_and_ci_get_plain_lines(string variable)
    {
        await StartAsync(80, Succeeding);
        foreach (var command in new[] { "manifold build . 2>&1 | cat -v", "manifold build --no-cache . >log 2>&1; cat -v log" })
            AssertPlain(await screen!.Run($"clear; {variable} {command}"));

        // A terminal, and every byte that it gets.
        await screen!.Run($"{variable} NO_COLOR=1 script -qec 'manifold build --no-cache .' log >nowhere");
        var bytes = await System.IO.File.ReadAllTextAsync(shop["app/log"], TestContext.Current.CancellationToken);
        AssertPlain(bytes.Replace(OfTheRuntime, "", StringComparison.Ordinal));

        static void AssertPlain(string text)
        {
            Assert.Contains("#1 [build 2/3] COPY", text, StringComparison.Ordinal);
            Assert.DoesNotContain("^[", text, StringComparison.Ordinal);
            Assert.DoesNotContain('\e', text);
        }
    }

    [Fact]
    public async Task forty_columns_without_colors_and_without_UTF_8_are_enough()
    {
        await StartAsync(40, Failing);
        var last = await screen!.Run("export LC_ALL=C NO_COLOR=1; clear; manifold build .");
        Assert.Contains("x failed", last, StringComparison.Ordinal);
        Assert.Contains("...", last, StringComparison.Ordinal);
        Assert.True(System.Text.Ascii.IsValid(last), last);
        Assert.DoesNotContain("\e[3", await screen.ShownWithColors(), StringComparison.Ordinal);
    }

    private async Task<Pause> StartWaitingAsync(int width)
    {
        await StartAsync(width, ("Dockerfile", $"FROM scratch\nCOPY bin /bin\nRUN --network=none {Pause.Mount} {Pause.Command}\n"));
        await screen!.Type("manifold build .");
        return new Pause(shop.Root);
    }

    private async Task StartAsync(int width, params (string Path, string Content)[] files)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        Assert.SkipUnless(
            System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.X64,
            "The screens show linux/amd64.");
        Tool.Need("tmux", "busybox");
        foreach (var (path, content) in files)
            shop.Write(Path.Combine("app", path), content);
        Directory.CreateDirectory(shop["app/bin"]);
        foreach (var program in Directory.EnumerateFiles(shop["app/bin"]))
            System.IO.File.SetUnixFileMode(program, System.IO.File.GetUnixFileMode(program) | UnixFileMode.UserExecute);
        System.IO.File.Copy(Busy, shop["app/bin/busybox"]);
        System.IO.File.CreateSymbolicLink(shop["app/bin/sh"], "busybox");
        screen = await Screen.StartAsync(shop, width);
    }

    private static string File(string name, int width) => Path.Combine(Cases.Folder("screens"), $"{name}-{width}.txt");
}
