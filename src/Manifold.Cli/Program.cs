using System.Collections;
using System.Collections.Immutable;
using Manifold.Cli;
using Manifold.Linux;
using Manifold.Text;

var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
    .ToImmutableSortedDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);
string? Variable(string name) => variables.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
var isAscii = AsciiWriter.IsNeeded(Variable);
// A pipe gets the bytes that it always got; its reader decides.
TextWriter Shown(TextWriter writer, bool isPipe) => isAscii && !isPipe ? new AsciiWriter(writer) : writer;
var context = new CliContext
{
    Environment = variables,
    Out = Shown(Console.Out, Console.IsOutputRedirected),
    Error = Shown(Console.Error, Console.IsErrorRedirected),
    IsAscii = isAscii,
    OutWidth = Console.IsOutputRedirected ? null : Terminal.SizeOfOutput?.Width ?? 80,
    ErrorSize = () => Terminal.SizeOfError,
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
