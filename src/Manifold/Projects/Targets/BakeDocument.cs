using System.Collections.Immutable;

namespace Manifold.Projects.Targets;

/// <summary>A bake file with everything worked in, expressions, inheritance and <c>--set</c>, and its groups as they are written.</summary>
internal sealed record BakeDocument(ImmutableArray<BakeTarget> Targets, ImmutableSortedDictionary<string, ImmutableArray<string>> Groups)
{
    public BakeTarget? Find(string name) => Targets.FirstOrDefault(target => target.Name == name);
}
