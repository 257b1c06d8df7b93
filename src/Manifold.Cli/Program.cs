using System.Collections;
using System.Collections.Immutable;
using Manifold.Cli;

var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
    .ToImmutableSortedDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);
var context = new CliContext
{
    Environment = variables,
    Out = Console.Out,
    Error = Console.Error,
    Time = TimeProvider.System,
    OutIsTerminal = !Console.IsOutputRedirected,
    Begin = Rootless.EnterAsync,
    Interactive = !Console.IsErrorRedirected && variables.GetValueOrDefault("TERM") is not (null or "dumb"),
};
// What a thread of its own throws passes every catch, and the runtime would print it.
AppDomain.CurrentDomain.UnhandledException += (_, e) =>
    Environment.Exit(Failure.Tell(context, e.ExceptionObject as Exception ?? new InvalidOperationException(),
        context.Variable("MANIFOLD_DEBUG") is not (null or "0")));
return await CommandTree.RunAsync(context, args);
