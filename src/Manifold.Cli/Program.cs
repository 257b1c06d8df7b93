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
return await CommandTree.RunAsync(context, args);
