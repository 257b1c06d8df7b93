using System.CommandLine;

namespace Manifold.Cli;

/// <summary><c>manifold completion</c>: prints the script that makes a shell complete commands, options and their values.</summary>
/// <remarks>The script asks the program itself, by the command line library's directive <c>[suggest:POSITION]</c>. Where it has nothing to say, file names are completed.</remarks>
internal static class CompletionCommand
{
    // It suggests whatever contains the word, also "/h" for "-h"; options are offered to who began one.
    private const string Bash = """
        _manifold() {
          local line=${COMP_LINE:0:COMP_POINT} word=${COMP_WORDS[COMP_CWORD]} found
          line=${line#* }
          found=$(manifold "[suggest:${#line}]" "$line" 2> /dev/null | grep -v '^/')
          [[ $word == -* ]] || found=$(grep -v '^-' <<< "$found")
          mapfile -t COMPREPLY < <(compgen -W "$found" -- "$word")
        }
        complete -o default -F _manifold manifold
        """;

    public static Command Create(CliContext context)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash." };
        shell.CompletionSources.Add("bash");
        var command = new Command("completion", "Print a shell's completion script. In ~/.bashrc: source <(manifold completion bash)") { shell };
        command.SetAction(parsed => context.Out.WriteLine(parsed.GetRequiredValue(shell) is "bash" ? Bash
            : throw new UsageException($"completion {parsed.GetValue(shell)}: only bash is supported yet.")));
        return command;
    }
}
