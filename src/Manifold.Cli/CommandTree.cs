using System.CommandLine;
using Manifold.Linux;

namespace Manifold.Cli;

/// <summary>All commands, and the one place where what went wrong becomes a message and an exit code.</summary>
public static class CommandTree
{
    private const int Interrupted = 130;

    public static RootCommand Create(CliContext context)
    {
        var root = new RootCommand("Builds container images for many architectures and publishes them as one.")
        {
            // one line per command, in the order of the road
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
            InspectCommand.Create(context),
            TagCommand.Create(context),
            RemoveCommand.Create(context),
            PruneCommand.Create(context),
            ServeCommand.Create(context),
            CompletionCommand.Create(context),
            VersionCommand(context),
        };
        ProgramName.AddTo(root);
        return root;
    }

    public static async Task<int> RunAsync(CliContext context, IReadOnlyList<string> arguments)
    {
        var parsed = Create(context).Parse(arguments);
        if (WrongUsage.Find(parsed, arguments) is { } wrong)
        {
            foreach (var mistake in wrong.Mistakes)
                await context.Error.WriteLineAsync($"manifold: {mistake}");
            await context.Error.WriteLineAsync($"See: manifold {string.Concat(PathOf(wrong.Command))}--help");
            return 2;
        }
        await context.Begin(parsed);
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false, Output = context.Out, Error = context.Error,
                ProcessTerminationTimeout = TimeSpan.FromSeconds(20),
            });
        }
        catch (OperationCanceledException)
        {
            TransferLines.ClearStatus(context);
            await context.Error.WriteLineAsync("manifold: interrupted");
            return Interrupted;
        }
        catch (Exception e) when (DiskTrouble.Explain(e, context.StoreRoot, Path.GetTempPath(), Environment.CurrentDirectory) is { } trouble)
        {
            TransferLines.ClearStatus(context);
            await context.Error.WriteLineAsync($"manifold: {trouble.Message}");
            return trouble.ExitCode;
        }
        catch (ManifoldException e)
        {
            TransferLines.ClearStatus(context);
            await context.Error.WriteLineAsync($"manifold: {e.Message}");
            return e.ExitCode;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What the disk says of a file that the user named; the system's message has its path.
            await context.Error.WriteLineAsync($"manifold: {e.Message}");
            return 1;
        }
    }

    private static IEnumerable<string> PathOf(Command command) =>
        command is RootCommand ? [] : PathOf(command.Parents.OfType<Command>().First()).Append(command.Name + " ");

    private static Command VersionCommand(CliContext context)
    {
        var command = new Command("version", "Print the version.");
        command.SetAction(_ => context.Out.WriteLine(ProgramName.Version));
        return command;
    }
}
