using System.CommandLine;

namespace Manifold.Cli;

/// <summary>All commands, and the steps from the words of a command line to an exit code.</summary>
public static class CommandTree
{
    private const string DebugFlag = "--debug", ShortDebugFlag = "-D";

    public static RootCommand Create(CliContext context)
    {
        var root = new RootCommand("Build container images for many architectures and publish each as one image.")
        {
            // One line for each command. Help lists them by HelpGroups.
            InitCommand.Create(context),
            BuildCommand.Create(context),
            BakeCommand.Create(context),
            LockCommand.Create(context),
            PlanCommand.Create(context),
            PullCommand.Create(context),
            PushCommand.Create(context),
            CopyCommand.Create(context),
            IndexCommand.Create(context),
            VerifyCommand.Create(context),
            MergeCommand.Create(context),
            ReportCommand.Create(context),
            BuildsCommand.Create(context),
            CompareCommand.Create(context),
            SignCommand.Create(context),
            KeyCommand.Create(context),
            LoginCommand.Create(context),
            LogoutCommand.Create(context),
            DoctorCommand.Create(context),
            EmulatorsCommand.Create(context),
            ImagesCommand.Create(context),
            LsCommand.Create(context),
            InspectCommand.Create(context),
            TagCommand.Create(context),
            RemoveCommand.Create(context),
            DuCommand.Create(context),
            PruneCommand.Create(context),
            ServeCommand.Create(context),
            CompletionCommand.Create(context),
            NodesCommand.Create(context),
            NodeServeCommand.Create(context),
            NodeRelayCommand.Create(context),
            NodeVisitCommands.Facts(context),
            NodeVisitCommands.Prune(context),
            VersionCommand(context),
        };
        root.Add(new Option<bool>(DebugFlag, ShortDebugFlag)
        {
            Description = "Print a stack trace when the command fails. MANIFOLD_DEBUG=1 does the same.",
            Recursive = true,
        });
        root.Add(HelpCommand.Create(context, root));
        root.Add(CompleteCommand.Create(context, root));
        root.Add(ManCommand.Create(context, root));
        HelpAndVersion.AddTo(context, root);
        return root;
    }

    /// <summary>Runs a command to its end. Never throws: <see cref="Failure"/> says what went wrong.</summary>
    public static async Task<int> RunAsync(CliContext context, IReadOnlyList<string> arguments)
    {
        var debug = context.Variable("MANIFOLD_DEBUG") is not (null or "0")
            || arguments.TakeWhile(word => word != "--").Any(word => word is DebugFlag or ShortDebugFlag);
#pragma warning disable CA1031 // the last line of defence
        try
        {
            return await InvokeAsync(context, arguments);
        }
        catch (Exception e)
        {
            return Failure.Tell(context, e, debug);
        }
#pragma warning restore CA1031
    }

    /// <summary>Parses a command line. Returns its words, too: an optional value that is not one goes back to the arguments.</summary>
    internal static (ParseResult Parsed, IReadOnlyList<string> Words) Read(RootCommand root, IReadOnlyList<string> words)
    {
        var parsed = root.Parse(words);
        return OptionalValues.Returned(parsed, words) is { } returned ? (root.Parse(returned), returned) : (parsed, words);
    }

    private static async Task<int> InvokeAsync(CliContext context, IReadOnlyList<string> arguments)
    {
        arguments = BuildxHabits.Joined(arguments);
        var root = Create(context);
        if (arguments.Count == 0)
        {
            // Not a result, so it goes to standard error, with the exit code of wrong usage.
            await context.Error.WriteAsync(HelpPage.First(root, HelpPage.UsualWidth));
            return 2;
        }
        (var parsed, arguments) = Read(root, arguments);
        if (WrongUsage.Find(parsed, arguments) is { } wrong)
            return wrong.Tell(context);
        await context.Begin(parsed);
        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            Output = context.Out,
            Error = context.Error,
            ProcessTerminationTimeout = TimeSpan.FromSeconds(20),
        });
    }

    /// <summary>The words that call a command: <c>manifold key generate</c>.</summary>
    internal static string PathOf(Command command) =>
        command is RootCommand ? Product.Name : $"{PathOf(command.Parents.OfType<Command>().First())} {command.Name}";

    /// <summary>The visible options of a command, including those of the commands above it.</summary>
    internal static IEnumerable<Option> OptionsOf(Command command) => command.Options
        .Concat(command.Parents.OfType<Command>().SelectMany(OptionsOf).Where(each => each.Recursive)).Where(each => !each.Hidden);

    private static Command VersionCommand(CliContext context)
    {
        var command = new Command("version", "Print the version.");
        command.SetAction(_ => context.Out.WriteLine(Product.Version));
        return command;
    }
}
