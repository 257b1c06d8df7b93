using System.CommandLine;

namespace Manifold.Cli;

/// <summary><c>manifold help build</c>: the same page as <c>manifold build --help</c>.</summary>
internal static class HelpCommand
{
    public const string Name = "help";

    public static Command Create(CliContext context, RootCommand root)
    {
        var words = new Argument<string[]>("COMMAND")
        {
            Description = "The command to explain, such as 'build' or 'key generate'. Default: list all commands.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command(Name, "Show the help of a command.") { words };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(words) ?? [];
            if (WrongUsage.FindCommand(root, path, out var found) is { } wrong)
                return wrong.Tell(context);
            HelpPage.Show(context, (width, bold) => HelpPage.Of(found, width, bold));
            return 0;
        });
        return command;
    }
}
