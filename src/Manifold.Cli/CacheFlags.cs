using System.CommandLine;
using Manifold.Planning;

namespace Manifold.Cli;

/// <summary><c>--cache-from</c> and <c>--cache-to</c>.</summary>
internal sealed class CacheFlags
{
    private readonly Option<string[]> from = Many("--cache-from",
        "Reuse results of other builds, such as type=registry,ref=REF or type=local,src=FOLDER. Repeatable.");
    private readonly Option<string[]> to = Many("--cache-to", "Save results for other builds, such as type=registry,ref=REF[,mode=max], "
        + "type=local,dest=FOLDER or type=inline. Repeatable.");

    public static CacheFlags AddTo(Command command)
    {
        var flags = new CacheFlags();
        command.Add(flags.from);
        command.Add(flags.to);
        return flags;
    }

    public CacheRequest Read(ParseResult parsed) => CacheRequest.Parse(parsed.GetValue(from) ?? [], parsed.GetValue(to) ?? []);

    private static Option<string[]> Many(string name, string description) =>
        new(name)
        {
            Description = description,
            HelpName = "CACHE",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
}
