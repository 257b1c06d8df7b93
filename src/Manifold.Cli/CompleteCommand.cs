using System.CommandLine;

namespace Manifold.Cli;

/// <summary>
/// <c>manifold __complete -- WORD…</c>: the words that may stand in the place of the last one. Not for people: the scripts of
/// <see cref="CompletionCommand"/> ask it.
/// </summary>
/// <remarks>
/// Prints nothing where any text may stand; the shell then offers file names. Reads the command tree, and for --on the names of nodes.
/// </remarks>
internal static class CompleteCommand
{
    public static Command Create(CliContext context, RootCommand root)
    {
        var words = new Argument<string[]>("WORD") { Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("__complete", "Print the possible completions of the last WORD.") { words };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            foreach (var (word, description) in CompletedWord.Find(root, parsed.GetValue(words) ?? []))
                context.Out.WriteLine(description.Length > 0 ? $"{word}\t{description}" : word);
        });
        return command;
    }
}
