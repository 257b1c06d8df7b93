using System.CommandLine;
using Manifold.Linux;
using Manifold.Nodes;

namespace Manifold.Cli;

/// <summary>Commands that unpack, run or remove unpacked files do so in a user namespace, where the user is not root.</summary>
internal static class Rootless
{
    private static readonly string[] Always = ["bake", "build", "doctor", "plan", "prune", NodeServeCommand.Name,
        NodeVisits.FactsCommand, NodeVisits.PruneCommand];

    /// <summary>
    /// Restarts the program in a user namespace if the command needs one and the machine allows it. Otherwise, does nothing.
    /// </summary>
    public static async Task EnterAsync(ParseResult parsed)
    {
        if (!Environment.IsPrivilegedProcess && Needs(parsed) && await UserNamespaceEntry.TryAsync() is null)
            UserNamespaceEntry.Enter();
    }

    private static bool Needs(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.Action != command.Action)
            return false; // help, a version
        bool Given(string option) => parsed.GetResult(option) is not null;
        if (!command.Parents.OfType<RootCommand>().Any())
            return false; // 'nodes prune' works elsewhere
        return command.Name == "verify" ? Given("--run") : Always.Contains(command.Name) && !Given("--print");
    }
}
