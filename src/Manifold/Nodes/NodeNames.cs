using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Projects;
using Manifold.Projects.Yaml;

namespace Manifold.Nodes;

/// <summary>Finds the nodes that the command line and the files mean. Pure.</summary>
/// <remarks>
/// <code>
/// 1  names are those of the project's file, then those of the user's configuration
/// 2  --on, else 'on' of the project's file, else 'on' of the user's configuration
/// 3  each of these is a name, an address, or 'local', which stands for this machine
/// </code>
/// Two names for one address stay two nodes here: only the machines can tell whether they are the same.
/// </remarks>
internal sealed class NodeNames(ConfiguredNodes project, ConfiguredNodes user)
{
    private readonly ImmutableArray<NodeSettings> known = [.. project.Nodes.Concat(user.Nodes).DistinctBy(node => node.Name)]; // 1

    /// <summary>Whether this machine may emulate platforms that no node executes natively.</summary>
    public bool AllowsEmulation => project.Emulation ?? user.Emulation ?? true;

    /// <summary>The names that <c>--on</c> knows, without addresses.</summary>
    public IEnumerable<string> Names => known.Select(node => node.Name);

    /// <summary>Returns the nodes that are meant, each once, in the order in which they are given. None means only this machine.</summary>
    /// <param name="given">The values of <c>--on</c>, with commas.</param>
    /// <exception cref="UsageException">A value of <c>--on</c> is not known.</exception>
    /// <exception cref="ProjectFileException">A value of <c>on</c> in a file is not known.</exception>
    public ImmutableArray<NodeSettings> Resolve(IEnumerable<string> given)
    {
        var flags = given.SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries)).ToList();
        if (flags.Count > 0) // 2
            return Distinct(flags.Select(Flag));
        return project.On is not null ? OfFile(project) : OfFile(user);
    }

    /// <summary>All nodes that have a name, and those that are used without <c>--on</c>. Each once.</summary>
    /// <exception cref="ProjectFileException">A value of <c>on</c> in a file is not known.</exception>
    public ImmutableArray<NodeSettings> All() => Distinct(known.Concat(Resolve([])));

    /// <summary>Returns the nodes that the arguments of a command mean, each once, in their order.</summary>
    /// <param name="given">Names and addresses.</param>
    /// <exception cref="UsageException">One of them is not known, or is this machine.</exception>
    public ImmutableArray<NodeSettings> Named(IEnumerable<string> given) => Distinct(given.Select(text => Find(text) switch
    {
        ({ } node, _, _) => node,
        (_, { } message, var hint) => throw new UsageException($"{char.ToUpperInvariant(message[0])}{message[1..]} {hint}".TrimEnd()),
        _ => throw new UsageException($"'{text}' is this machine, which is not a node. To see what it offers, run: manifold doctor"),
    }));

    /// <summary>
    /// Whether <see cref="ConfiguredNodes.Local"/> is among the values: then, this machine builds as much as the nodes do.
    /// </summary>
    /// <param name="given">The values of <c>--on</c>, with commas.</param>
    public bool NamesThisMachine(IEnumerable<string> given)
    {
        var flags = given.SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries)).ToList();
        var names = flags.Count > 0 ? flags : ((project.On ?? user.On)?.Select(each => each.Text) ?? []);
        return names.Contains(ConfiguredNodes.Local);
    }

    private ImmutableArray<NodeSettings> OfFile(ConfiguredNodes file)
    {
        if (file is not { On: { IsEmpty: false } on, Source: { } source })
            return [];
        var faults = new FileFaults(source);
        var nodes = Distinct(on.Select(each =>
        {
            var (node, message, hint) = Find(each.Text);
            if (message is not null)
                faults.Add(each.Place, message, hint);
            return node;
        }));
        faults.ThrowIfAny();
        return nodes;
    }

    private NodeSettings? Flag(string text)
    {
        var (node, message, hint) = Find(text);
        return message is null ? node : throw new UsageException($"--on: {message} {hint}");
    }

    private (NodeSettings? Node, string? Message, string? Hint) Find(string text) // 3
    {
        if (text == ConfiguredNodes.Local)
            return (null, null, null);
        if (known.FirstOrDefault(node => node.Name == text) is { } named)
            return (named, null, null);
        if (ClusterNodes.Find(text) is { } cluster)
        {
            var (message, hint) = ClusterNodes.Explain(cluster);
            return (null, message, hint);
        }
        if (!NodeAddress.IsMeant(text))
            return (null, $"no node is called '{text}'.", HintFor(text));
        if (!NodeAddress.TryParse(text, out var address))
        {
            var (message, hint) = NodeAddress.Explain(text);
            return (null, message, hint);
        }
        return (new NodeSettings(address.ToString(), address.ToString()), null, null);
    }

    private string HintFor(string text) => Suggestion.For(text, Names.Append(ConfiguredNodes.Local))
        ?? (known.IsEmpty ? "Give its address, such as ssh://builder@host, or name it under 'nodes' in manifold.yaml."
            : $"The nodes are: {string.Join(", ", Names)}.");

    private static ImmutableArray<NodeSettings> Distinct(IEnumerable<NodeSettings?> nodes) =>
        [.. nodes.OfType<NodeSettings>().DistinctBy(node => node.Name)];
}
