using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Nodes;
using Manifold.Projects;
using Manifold.Projects.ManifoldFile;
using Manifold.Projects.Reading;

namespace Manifold.Cli;

/// <summary><c>--on</c>: the other machines that build, too.</summary>
internal sealed class NodeFlags
{
    internal const string Name = "--on";

    private readonly Option<string[]> on = new(Name)
    {
        Description = "Another machine that also builds, reached by ssh: ssh://[user@]host[:port], or a name from 'nodes' in manifold.yaml "
            + "or in ~/.config/manifold/config.yaml. Separate several with commas. Repeatable.",
        HelpName = "NODE",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    public static NodeFlags AddTo(Command command, CliContext context)
    {
        var flags = new NodeFlags();
        flags.on.CompletionSources.Add(_ => KnownNames(context).Append(ConfiguredNodes.Local)
            .Select(name => new System.CommandLine.Completions.CompletionItem(name)));
        command.Add(flags.on);
        return flags;
    }

    /// <summary>The values as they are given, commas included.</summary>
    public ImmutableArray<string> Read(ParseResult parsed) => [.. parsed.GetValue(on) ?? []];

    /// <summary>Returns the nodes of a build.</summary>
    /// <param name="given">The result of <see cref="Read"/>.</param>
    /// <param name="project">The nodes of the project's file.</param>
    /// <exception cref="ManifoldException">A node is not known, or the user's configuration is wrong.</exception>
    public static NodeChoice Choose(CliContext context, ImmutableArray<string> given, ConfiguredNodes project)
    {
        var names = new NodeNames(project, OfUser(context));
        return new NodeChoice(names.Resolve(given), names.AllowsEmulation, names.NamesThisMachine(given));
    }

    /// <summary>
    /// Returns the nodes that the arguments of a command mean: all that the project of the working folder and the user's
    /// configuration name, if there are none.
    /// </summary>
    /// <exception cref="ManifoldException">A node is not known, or a file is wrong.</exception>
    public static ImmutableArray<NodeSettings> List(CliContext context, string[] given)
    {
        var names = new NodeNames(OfWorkingFolder(context), OfUser(context));
        return given.Length > 0 ? names.Named(given) : names.All();
    }

    private static ConfiguredNodes OfWorkingFolder(CliContext context) => !ProjectReader.IsProject(".") ? ConfiguredNodes.None
        : ProjectReader.Read([], BakeCommandLine.Reading(context, [], [])).Nodes;

    private static ConfiguredNodes OfUser(CliContext context) =>
        UserConfiguration.Read(context.Environment, Directory.GetCurrentDirectory());

    /// <summary>The names of nodes in the project of the working folder and in the user's configuration.</summary>
    public static IEnumerable<string> KnownNames(CliContext context) =>
        new NodeNames(Try(() => OfWorkingFolder(context)), Try(() => OfUser(context))).Names;

    // A file that is wrong is reported by the command itself.
    private static ConfiguredNodes Try(Func<ConfiguredNodes> read)
    {
        try
        {
            return read();
        }
        catch (ManifoldException)
        {
            return ConfiguredNodes.None;
        }
    }
}

/// <summary>The nodes of a build.</summary>
/// <param name="AllowsEmulation">Whether this machine may emulate platforms that no node executes natively.</param>
/// <param name="SharesWork">Whether this machine is as good as the nodes for what it executes natively.</param>
internal sealed record NodeChoice(ImmutableArray<NodeSettings> Nodes, bool AllowsEmulation, bool SharesWork);
