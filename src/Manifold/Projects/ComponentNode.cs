using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Projects;

/// <summary>A component in the graph: what is known of it before anything is fetched.</summary>
/// <param name="Asked">False for one that is built only because another stands on it: it is not published.</param>
internal sealed record ComponentNode(Component Component, bool Asked)
{
    public string Name => Component.Name;

    /// <summary>In the order of the component's platforms.</summary>
    public required ImmutableArray<PlatformNode> Platforms { get; init; }

    /// <summary>The siblings that it needs, each once, and the instruction that asks first.</summary>
    public required ImmutableArray<(string Name, Place Place)> Siblings { get; init; }
}

/// <summary>One platform of a component in the graph.</summary>
internal sealed record PlatformNode(ComponentPlatform Of)
{
    public Platform Platform => Of.Platform;

    /// <summary>The build of this platform alone; null where the image is taken as it is.</summary>
    public PlatformBuild? Build { get; init; }
}

/// <summary>One platform's build before its bases are known.</summary>
/// <param name="Group">Equal for platforms that are built alike: their steps are shared.</param>
internal sealed record PlatformBuild(BuildRequest Request, Planner Planner, Digest Group)
{
    /// <summary>The Dockerfiles that the project has parsed so far.</summary>
    public required ParsedFiles Files { get; init; }

    /// <summary>What of <see cref="Planner.Needs"/> a sibling is meant by.</summary>
    public required ImmutableArray<(BaseNeed Need, string Sibling)> Siblings { get; init; }

    /// <summary>What comes from outside of the project.</summary>
    public IEnumerable<BaseNeed> Outside => Planner.Needs.Where(need => !Siblings.Any(sibling => sibling.Need == need));
}
