using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Manifold.Tests.EndToEnd;

/// <summary>What stands on a terminal when a command has ended: golden screens, seen through tmux. Times, sizes and digests are
/// masked.</summary>
[Trait("kind", "end-to-end")]
public sealed partial class SeeingTheTerminal : IDisposable
{
    private const string Busy = "/usr/bin/busybox";

    private const string Dockerfile = """
        FROM scratch AS build
        COPY bin /bin
        RUN --network=none echo compiling a program with a name that is longer than a terminal is wide; echo done >/program
        FROM scratch
        COPY --from=build /bin /program /
        CMD ["/sh"]
        """;

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
        await StartAsync(width, ("Dockerfile", Dockerfile));
        Cases.Expect(File("success", width), await screen!.Run("manifold build -t app:1 ."));
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public async Task after_a_build_that_failed(int width)
    {
        await StartAsync(width, ("Dockerfile", Dockerfile.Replace("echo done >/program",
            "\\\n    echo 'main.c:3: error: expected \";\"'; exit 2", StringComparison.Ordinal)));
        Cases.Expect(File("failure", width), await screen!.Run("manifold build -t app:1 ."));
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
            """), ("Dockerfile", Dockerfile.Replace("/bin /program /", "/bin /bin", StringComparison.Ordinal).Replace("\"/sh", "\"/bin/sh", StringComparison.Ordinal)),
            ("Dockerfile.api", "FROM base\nRUN --network=none echo testing; exit 3\n"), ("Dockerfile.web", "FROM api\nLABEL a=b\n"));
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
        await Eventually.Is(async () => (await screen.Shown()).Contains('…', StringComparison.Ordinal));
        await screen.Resize(100);
        pause.GoOn();
        var last = await screen.Ended();
        Assert.Single(last.Split('\n'), line => line.Contains("[3/3] RUN", StringComparison.Ordinal));
        Assert.Contains("✓ Built 1 platform", last, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM=dumb")]
    [InlineData("CI=true")]
    public async Task a_terminal_that_is_none_gets_lines(string variable)
    {
        await StartAsync(80, ("Dockerfile", Dockerfile));
        var last = await screen!.Run($"{variable} manifold build . 2>&1 | cat -v; {variable} manifold build --no-cache . 2>log >log; cat "
            + "-v log");
        Assert.DoesNotContain("^[", last, StringComparison.Ordinal);
        Assert.Contains("#1 [build 2/3] COPY", await screen.Run($"clear; {variable} manifold build --no-cache ."),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task forty_columns_without_colors_and_without_UTF_8_are_enough()
    {
        await StartAsync(40, ("Dockerfile", Dockerfile.Replace("echo done >/program", "exit 2", StringComparison.Ordinal)));
        var last = await screen!.Run("export LC_ALL=C NO_COLOR=1; clear; manifold build .");
        Assert.Contains("x failed", last, StringComparison.Ordinal);
        Assert.Contains("...", last, StringComparison.Ordinal);
        Assert.True(System.Text.Ascii.IsValid(last), last);
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
        Assert.SkipUnless(System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.X64,
            "The screens show linux/amd64.");
        Tool.Need("tmux", "busybox");
        foreach (var (path, content) in files)
            shop.Write(Path.Combine("app", path), content);
        Directory.CreateDirectory(shop["app/bin"]);
        System.IO.File.Copy(Busy, shop["app/bin/busybox"]);
        System.IO.File.CreateSymbolicLink(shop["app/bin/sh"], "busybox");
        screen = await Screen.StartAsync(shop, width);
    }

    private static string File(string name, int width) => Path.Combine(Cases.Folder("screens"), $"{name}-{width}.txt");

    /// <summary>A shell in a terminal of tmux, with the program as <c>manifold</c>.</summary>
    private sealed partial class Screen(Workshop shop, string socket) : IDisposable
    {
        private int commands;

        public static async Task<Screen> StartAsync(Workshop shop, int width)
        {
            var program = string.Join(' ', OurProgram.Words.Select(word => $"'{word}'"));
            var start = shop.Write("shell", $"PS1='$ '\nunset HISTFILE\nmanifold() {{ {program} \"$@\"; }}\nPROMPT_COMMAND='echo $? "
                + $">>{shop["prompts"]}'\n");
            var screen = new Screen(shop, shop["tmux"]);
            await screen.Tmux("-f", "/dev/null", "-u", "new-session", "-d", "-s", "seen", "-x", $"{width}", "-y", "40", "-c", shop["app"],
                $"exec env -i PATH='{Environment.GetEnvironmentVariable("PATH")}' HOME='{shop.Path}' TERM=screen LC_ALL=C.UTF-8 "
                    + "DOTNET_TieredPGO=0 "
                    + $"MANIFOLD_ROOT='{shop.Root}' bash --noprofile --rcfile '{start}' -i");
            await screen.Ended();
            return screen;
        }

        public async Task<string> Run(string command)
        {
            await Type(command);
            return await Ended();
        }

        public async Task Type(string command)
        {
            await Tmux("send-keys", "-l", command);
            await Press("Enter");
        }

        public Task Press(string key) => Tmux("send-keys", key);

        public Task Resize(int width) => Tmux("resize-window", "-x", $"{width}");

        public Task<string> Shown() => Tmux("capture-pane", "-p");

        /// <summary>The screen when the command under way has ended and the shell asks for the next.</summary>
        public async Task<string> Ended()
        {
            commands++;
            await Eventually.Is(() => System.IO.File.Exists(shop["prompts"])
                && System.IO.File.ReadAllLines(shop["prompts"]).Length >= commands);
            await Eventually.Is(async () => (await Shown()).TrimEnd().EndsWith('$'));
            return Masked(await Shown());
        }

        private static string Masked(string text)
        {
            text = DigestPattern().Replace(text, match => new string('0', match.Length));
            text = BuildPattern().Replace(text, "20260101-000000-00000");
            text = SizePattern().Replace(text, "0.0 MB");
            return string.Join('\n', TimePattern().Replace(text, "0.0 s").Split('\n').Select(line => line.TrimEnd())).TrimEnd() + "\n";
        }

        private Task<string> Tmux(params string[] arguments) => Tool.Run("tmux", ["-S", socket, .. arguments]);

        public void Dispose()
        {
            using var end = Process.Start(new ProcessStartInfo("tmux", ["-S", socket, "kill-server"]) { RedirectStandardError = true });
            end?.WaitForExit();
        }

        [GeneratedRegex("(?<=sha256:)[0-9a-f]{64}|(?<![0-9a-f])[0-9a-f]{12}(?![0-9a-f])")]
        private static partial Regex DigestPattern();

        [GeneratedRegex(@"\d{8}-\d{6}-[0-9a-f]{5}")]
        private static partial Regex BuildPattern();

        [GeneratedRegex(@"\d+(\.\d)? [kM]B")]
        private static partial Regex SizePattern();

        [GeneratedRegex(@"\d\.\d s|\d\d s(  ?)?(?= |$)", RegexOptions.Multiline)]
        private static partial Regex TimePattern();
    }
}
