using System.CommandLine;

namespace Manifold.Cli;

/// <summary><c>manifold completion</c>: prints the script that makes a shell complete commands, options and their values.</summary>
/// <remarks>
/// The scripts hold no list of commands: they ask the program itself (<see cref="CompleteCommand"/>), so they are never out of date. If the
/// program has no answer, the shell completes file names.
/// </remarks>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = ShellScripts.Bash,
        ["zsh"] = ShellScripts.Zsh,
        ["fish"] = ShellScripts.Fish,
    };

    public static Command Create(CliContext context)
    {
        var shell = new Argument<string>("SHELL")
        {
            Description = """
                bash, zsh or fish. For bash, add 'source <(manifold completion bash)' to ~/.bashrc.
                For zsh, add 'source <(manifold completion zsh)' to ~/.zshrc, below compinit.
                For fish, run: manifold completion fish > ~/.config/fish/completions/manifold.fish
                """.ReplaceLineEndings(" "),
            HelpName = "SHELL",
        };
        shell.CompletionSources.Add([.. Scripts.Keys]);
        var command = new Command("completion", "Print the completion script of a shell.") { shell };
        command.SetAction(parsed => context.Out.WriteLine(Scripts.GetValueOrDefault(parsed.GetRequiredValue(shell))
            ?? throw new UsageException($"completion {parsed.GetValue(shell)}: expected bash, zsh or fish.")));
        return command;
    }
}
