using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Manifold.Cli;

/// <summary>The options <c>--help</c> and <c>--version</c>. They name the program <c>manifold</c>, whatever its file is called.</summary>
internal static class HelpAndVersion
{
    public static void AddTo(CliContext context, RootCommand root)
    {
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Description = "Show this help.";
            help.Action = new ShownHelp(context);
        }
        foreach (var version in root.Options.OfType<VersionOption>())
        {
            version.Description = "Print the version.";
            version.Action = new PrintedVersion();
        }
    }

    private sealed class PrintedVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(Product.Version);
            return 0;
        }
    }

    private sealed class ShownHelp(CliContext context) : SynchronousCommandLineAction
    {
        // Help does not need the rest of the line to be right.
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            HelpPage.Show(context, (width, bold) => HelpPage.Of(parseResult.CommandResult.Command, width, bold));
            return 0;
        }
    }
}
