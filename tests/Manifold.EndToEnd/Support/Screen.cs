using System.Diagnostics;
using System.Text.RegularExpressions;
using Manifold.Text;

namespace Manifold.EndToEnd.Support;

/// <summary>A shell in a terminal of tmux, with the program as <c>manifold</c>. Times, sizes and digests are masked.</summary>
internal sealed partial class Screen(Workshop shop, string socket) : IDisposable
{
    private int commands;

    public static async Task<Screen> StartAsync(Workshop shop, int width)
    {
        var words = string.Join(' ', OurProgram.Words.Select(ShellWord.Quote));
        var program = shop.Write("programs/manifold", $"#!/bin/sh\nexec {words} \"$@\"\n");
        File.SetUnixFileMode(program, File.GetUnixFileMode(program) | UnixFileMode.UserExecute);
        var start = shop.Write("shell", $"PS1='$ '\nunset HISTFILE\nPROMPT_COMMAND='echo $? >>{shop["prompts"]}'\n");
        var screen = new Screen(shop, shop["tmux"]);
        try
        {
            await screen.Tmux("-f", "/dev/null", "-u", "new-session", "-d", "-s", "seen", "-x", $"{width}", "-y", "40", "-c", shop["app"],
                $"exec env -i PATH='{shop["programs"]}:{Environment.GetEnvironmentVariable("PATH")}' HOME='{shop.Path}' TERM=screen "
                    + $"LC_ALL=C.UTF-8 DOTNET_TieredPGO=0 MANIFOLD_ROOT='{shop.Root}' bash --noprofile --rcfile '{start}' -i");
            await screen.Ended();
            return screen;
        }
        catch
        {
            screen.Dispose();
            throw;
        }
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

    /// <summary>The screen with the escape sequences of its colors.</summary>
    public Task<string> ShownWithColors() => Tmux("capture-pane", "-e", "-p");

    /// <summary>The screen when the command under way has ended and the shell asks for the next.</summary>
    public async Task<string> Ended()
    {
        commands++;
        await Eventually.Is(() => File.Exists(shop["prompts"])
            && File.ReadAllLines(shop["prompts"]).Length >= commands);
        await Eventually.Is(async () => (await Shown()).TrimEnd().EndsWith('$'));
        return Masked(await Shown());
    }

    /// <summary>The text with the same times, sizes and digests in every run.</summary>
    internal static string Masked(string text)
    {
        var lines = text.Split('\n');
        MaskTimes(lines);
        text = string.Join('\n', lines.Select(line => TimePattern().Replace(line, "0.0 s").TrimEnd()));
        text = DigestPattern().Replace(text, match => new string('0', match.Length));
        text = BuildPattern().Replace(text, "20260101-000000-00000");
        return SizePattern().Replace(text, "0.0 MB").TrimEnd() + "\n";
    }

    /// <summary>A table's column of times is as wide as its longest one.</summary>
    private static void MaskTimes(string[] lines)
    {
        const string masked = "0.0 s  ";
        var head = Array.FindIndex(lines, line => TimeColumn().IsMatch(line));
        if (head < 0)
            return;
        var (start, end) = (lines[head].IndexOf("TIME", StringComparison.Ordinal), lines[head].IndexOf("CACHED", StringComparison.Ordinal));
        for (var row = head; row < lines.Length && lines[row].Length > end; row++)
        {
            var time = TimePattern().Replace(lines[row][start..end].TrimEnd(), "0.0 s");
            lines[row] = lines[row][..start] + time.PadRight(masked.Length) + lines[row][end..];
        }
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

    [GeneratedRegex(@"(?<![\w.])(\d+ min )?\d+(\.\d)? s\b")]
    private static partial Regex TimePattern();

    [GeneratedRegex("TIME +CACHED")]
    private static partial Regex TimeColumn();
}
