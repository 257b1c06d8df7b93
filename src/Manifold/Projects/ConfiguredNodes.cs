using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Projects.Yaml;

namespace Manifold.Projects;

/// <summary>The nodes of one file: a project's, or the user's configuration.</summary>
internal sealed record ConfiguredNodes
{
    /// <summary>The nodes of a file that has none.</summary>
    public static ConfiguredNodes None { get; } = new();

    /// <summary>The name that stands for this machine.</summary>
    public const string Local = "local";

    /// <summary>The nodes by name, in the order of the file.</summary>
    public ImmutableArray<NodeSettings> Nodes { get; init; } = [];

    /// <summary>The nodes to use without <c>--on</c>, by name or address; null if the file does not say.</summary>
    public ImmutableArray<Located>? On { get; init; }

    /// <summary>Whether this machine may emulate platforms that no node executes natively; null if the file does not say.</summary>
    public bool? Emulation { get; init; }

    /// <summary>The text that the places of <see cref="On"/> are in; null for <see cref="None"/>.</summary>
    public SourceText? Source { get; init; }
}
