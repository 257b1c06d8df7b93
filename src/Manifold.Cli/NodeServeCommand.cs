using System.CommandLine;
using Manifold.Content;
using Manifold.Nodes.Units;
using Manifold.Registry;
using Manifold.Server;

namespace Manifold.Cli;

/// <summary><c>manifold node-serve</c>: the server of a session on a node. <see cref="NodeRelayCommand"/> starts it.</summary>
internal static class NodeServeCommand
{
    public const string Name = "node-serve";

    /// <summary>Printed when the server listens.</summary>
    public const string Ready = "ready";

    public static Command Create(CliContext context)
    {
        var session = new Argument<string>("SESSION");
        var folder = new Option<string>("--folder") { Required = true };
        var ownStore = new Option<bool>("--own-store");
        var command = new Command(Name, "Serve the session of another machine's build.") { session, folder, ownStore };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellation) =>
        {
            var root = parsed.GetValue(ownStore) ? Path.Combine(parsed.GetRequiredValue(folder), "store") : context.StoreRoot;
            using var store = Store.Open(root, Sandbox.AbandonedRuns.End);
            var lent = new LentCredentials();
            using var registry = new RegistryClient(lent.Applied(RegistryOptions.From(context.Environment)));
            using var inUse = await store.LockSharedAsync(() => { }, cancellation);
            var tools = context.ToolsOn(store, registry);
            await using var worker = new NodeWorker(tools, lent);
            await using var server = await NodeServer.StartAsync(store, worker, new NodeServerOptions
            {
                Socket = NodeSessions.Enter(parsed.GetRequiredValue(folder), parsed.GetRequiredValue(session)),
                Survey = () => NodeSurvey.RunAsync(tools),
                Time = context.Time,
            }, cancellation);
            await context.Out.WriteLineAsync(Ready);
            await context.Out.FlushAsync(cancellation);
            await server.WaitAsync(cancellation);
            return 0;
        });
        return command;
    }
}

/// <summary>The sockets of sessions on a node.</summary>
internal static class NodeSessions
{
    /// <summary>Enters the folder of the sockets, and returns a path of one that is short, however long the folder's is.</summary>
    /// <remarks>The path of a socket has at most 107 bytes: unix(7).</remarks>
    public static string Enter(string folder, string session)
    {
        if (!Guid.TryParseExact(session, "N", out _))
            throw new UsageException($"'{session}' is not the id of a session.");
        var sockets = Path.Combine(folder, "sessions");
        Directory.CreateDirectory(sockets, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.SetCurrentDirectory(sockets);
        return $"/proc/self/cwd/{session}";
    }
}
