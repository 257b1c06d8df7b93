using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Manifold.Cli;

/// <summary>What the program calls itself: <c>manifold</c>, whatever its file is called.</summary>
internal static class ProgramName
{
    public const string Name = "manifold";

    public static string Version => $"{Name} {typeof(ProgramName).Assembly.GetName().Version?.ToString(3)}";

    public static void AddTo(RootCommand root)
    {
        foreach (var help in root.Options.OfType<HelpOption>())
            help.Action = new NamedHelp((SynchronousCommandLineAction)help.Action!);
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

    // The library takes the name of the executable, and offers no other.
    private sealed class NamedHelp(SynchronousCommandLineAction help) : SynchronousCommandLineAction
    {
        // Who asks for help need not have said the rest.
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var output = parseResult.InvocationConfiguration.Output;
            using var text = new StringWriter();
            parseResult.InvocationConfiguration.Output = text;
            var code = help.Invoke(parseResult);
            output.Write(text.ToString().Replace($"  {RootCommand.ExecutableName} ", $"  {Name} ", StringComparison.Ordinal).TrimEnd() + "\n");
            return code;
        }
    }
}
