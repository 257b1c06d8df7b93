namespace Manifold.EndToEnd.Cli;

/// <summary>What each shell offers for a line, by the shell's own means.</summary>
public sealed class CompletingInAShell : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, string> Lines => new()
    {
        { "manifold b", "bake build builds" },
        { "manifold build --platform-", "--platform-tags" },
        { "manifold build --created ", "context now" },
        { "manifold bake --index ", "always never" },
        { "manifold push --check", "--check-all" },
        { "manifold build --progress p", "plain" },
        { "manifold build --platform linux/amd64,linux/arm6", "linux/amd64,linux/arm64" },
        { "manifold emulators ", "install list" },
        { "manifold index add --form", "--format" },
        { "manifold completion ", "bash fish zsh" },
    };

    [Theory, MemberData(nameof(Lines))]
    public async Task bash_offers_what_the_program_knows(string line, string offered) => Assert.Equal(offered, await InBash(line));

    [Theory, MemberData(nameof(Lines))]
    public async Task zsh_offers_what_the_program_knows(string line, string offered) => Assert.Equal(offered, await InZsh(line));

    [Theory, MemberData(nameof(Lines))]
    public async Task fish_offers_what_the_program_knows(string line, string offered) => Assert.Equal(offered, await InFish(line));

    // bash replaces only what follows the '='.
    [Fact]
    public async Task a_value_may_follow_the_option_after_an_equals_sign()
    {
        Assert.Equal("plain", await InBash("manifold build --progress=p"));
        Assert.Equal("--progress=plain", await InZsh("manifold build --progress=p"));
        Assert.Equal("--progress=plain", await InFish("manifold build --progress=p"));
    }

    [Theory]
    [InlineData("manifold build ./fi")]
    [InlineData("manifold build --file ./fi")]
    public async Task file_names_are_offered_where_any_text_may_stand(string line)
    {
        folder.Write("here/file-of-mine", "");

        Assert.Equal(line + "le-of-mine ", await TypedInBash(line + "\t"));
        Assert.Equal("file-of-mine", await InZsh(line));
        Assert.Equal("./file-of-mine", await InFish(line));
    }

    [Fact]
    public async Task Tab_completes_the_line_itself()
    {
        Assert.Equal("manifold plan --platform=linux/riscv64 ", await TypedInBash("manifold pla\t--platform=linux/ris\t"));
        Assert.Equal("manifold plan --platform=linux/riscv64 ", await TypedInZsh("manifold pla\t--platform=linux/ris\t"));
    }

    [Fact]
    public async Task fish_says_what_each_is_for()
    {
        Assert.Contains("bake\tBuild all or some of the images", await Fish("manifold ba"), StringComparison.Ordinal);
    }

    private async Task<string> InBash(string line)
    {
        var completing = folder.Write("completing.sh", $$"""
            source '{{await Script("bash")}}'
            COMP_LINE=$1 COMP_POINT=${#1}
            _manifold
            printf '%s\n' "${COMPREPLY[@]}"
            """);
        return Sorted(await Tool.Run("bash", completing, line));
    }

    private async Task<string> InZsh(string line)
    {
        await TypedInZsh(line + "\t");
        return File.Exists(folder["hits"]) ? Sorted(await File.ReadAllTextAsync(folder["hits"])) : "";
    }

    private async Task<string> InFish(string line) =>
        Sorted(string.Join('\n', (await Fish(line)).Split('\n').Select(each => each.Split('\t')[0])));

    private async Task<string> Fish(string line)
    {
        Tool.Need("fish");
        Directory.CreateDirectory(folder["here"]);
        return await Tool.Run("env", "-C", folder["here"], $"HOME={folder.Path}", OwnPath,
            "fish", "--no-config", "-c", $"source '{await Script("fish")}'; complete --do-complete '{line}'");
    }

    /// <summary>What the line is after these keys.</summary>
    private async Task<string> TypedInBash(string keys)
    {
        var start = folder.Write("bashrc", $$"""
            source '{{await Script("bash")}}'
            said() { printf %s "$READLINE_LINE" > '{{folder["line"]}}'; exit; }
            bind -x '"\C-x": said'
            """);
        return await Typed($"bash --noprofile --rcfile {start} -i", keys);
    }

    private async Task<string> TypedInZsh(string keys)
    {
        Tool.Need("zsh");
        File.Delete(folder["hits"]);
        // Each completion ends in the builtin compadd, which here also writes down what matched.
        folder.Write(".zshrc", $$"""
            autoload -Uz compinit; compinit -u -D
            source '{{await Script("zsh")}}'
            compadd() {
              local -a hits
              [[ " $* " == *' -'[OAD]' '* ]] || { builtin compadd -O hits "$@"; print -rl -- $hits >> '{{folder["hits"]}}'; }
              builtin compadd "$@"
            }
            said() { printf %s "$BUFFER" > '{{folder["line"]}}'; exit; }
            zle -N said
            bindkey '^X' said
            """);
        return await Typed("zsh -d -i", keys);
    }

    // A terminal of its own, whose keys wait until the shell reads them.
    private async Task<string> Typed(string shell, string keys)
    {
        File.Delete(folder["line"]);
        Directory.CreateDirectory(folder["here"]);
        var typed = folder.Write("typed", keys + "\u0018");
        await Tool.Run("env", "-C", folder["here"], $"HOME={folder.Path}", $"ZDOTDIR={folder.Path}", "TERM=xterm",
            OwnPath, "sh", "-c", $"script -qec '{shell}' /dev/null < '{typed}'");
        return await File.ReadAllTextAsync(folder["line"]);
    }

    private string OwnPath => $"PATH={folder.Path}:{Environment.GetEnvironmentVariable("PATH")}";

    private async Task<string> Script(string shell)
    {
        var program = folder.Write("manifold", $"#!/bin/sh\nexec {string.Join(' ', OurProgram.Words)} \"$@\"\n");
        File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
        var (_, script, _) = await Commanding.Manifold(folder, "completion", shell);
        return folder.Write($"completion.{shell}", $"{(shell == "bash" ? $"PATH='{folder.Path}':\"$PATH\"\n" : "")}{script}");
    }


    private static string Sorted(string lines) => string.Join(' ',
        lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim()).Distinct().Order(StringComparer.Ordinal));
}
