using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Manifold.Cli;

/// <summary>The program's name, <c>manifold</c>, even if its file has another one.</summary>
internal static class ProgramName
{
    public const string Name = Product.Name;

    public static string Version => Product.Version;

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
            parseResult.InvocationConfiguration.Output.WriteLine(Version);
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
