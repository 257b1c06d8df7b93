using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Projects.Targets;

namespace Manifold.Projects.Bake;

/// <summary>Of a bake file what is asked for: its targets, those that they stand on, and the groups that were named.</summary>
/// <remarks>Source: buildx's <c>ReadTargets</c> and <c>loadLinks</c>.</remarks>
internal sealed class BakeSelection(BakeDocument document)
{
    private const string Sibling = "target:";

    /// <param name="names">As they were asked for; none means the default.</param>
    /// <param name="chosen">What they stand for.</param>
    public BakeDocument Of(Project project, IReadOnlyCollection<string> names, ImmutableArray<Component> chosen)
    {
        var asked = chosen.SelectMany(component => TargetsOf(component.Name)).Select(target => target.Name)
            .ToHashSet(StringComparer.Ordinal);
        var linked = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in asked)
            Link(document.Find(name)!, [name], asked, linked);
        return new BakeDocument([.. document.Targets.Where(target => asked.Contains(target.Name) || linked.Contains(target.Name))
            .Select(target => asked.Contains(target.Name) ? target : Unkept(target))],
            names.Count == 0 && project.Written is null ? document.Groups
                : Groups(names.Count == 0 ? Default(project) : [.. names.SelectMany(Matched).Distinct()]));
    }

    /// <summary>One, or where its platforms come from different places one for each.</summary>
    private IEnumerable<BakeTarget> TargetsOf(string component) => document.Find(BakeNames.Of(component)) is { } only ? [only]
        : document.Groups[BakeNames.Of(component)].Select(name => document.Find(name)!);

    /// <summary>A pattern names groups and targets.</summary>
    private IEnumerable<string> Matched(string name) =>
        !FilePattern.HasWildcards(name) || !FilePattern.TryParse(name, out var pattern) ? [BakeNames.Of(name)]
        : document.Groups.Keys.Concat(document.Targets.Select(target => target.Name)).Where(each => pattern.Matches(each));

    /// <exception cref="UsageException">Targets stand on each other in a circle, or on one without their platforms.</exception>
    private void Link(BakeTarget target, ImmutableList<string> way, HashSet<string> asked, HashSet<string> linked)
    {
        foreach (var item in target.Items("contexts").Where(item => item.Value.StartsWith(Sibling, StringComparison.Ordinal)))
        {
            if (document.Find(item.Value[Sibling.Length..]) is not { } sibling)
                continue;
            if (way.Contains(sibling.Name))
                throw new UsageException($"These targets depend on each other: {string.Join(" → ", way.Add(sibling.Name))}.");
            var (own, others) = (PlatformsOf(target), PlatformsOf(sibling));
            if (own.Length > 1 && others.Length > 1 && own.FirstOrDefault(platform => !others.Contains(platform)) is { } missing)
                throw new UsageException($"Target '{target.Name}' is built for {missing}, but its base, target '{sibling.Name}', is not. "
                    + $"Add the platform: --set {sibling.Name}.platform+={missing}");
            if (!asked.Contains(sibling.Name))
                linked.Add(sibling.Name);
            Link(sibling, way.Add(sibling.Name), asked, linked);
        }
    }

    private static string[] PlatformsOf(BakeTarget target) => [.. target.Items("platforms").SelectMany(item => item.Value.Split(','))];

    /// <summary>It is built for those that stand on it, and nobody else gets it.</summary>
    private static BakeTarget Unkept(BakeTarget target) => target.Set("output", [], target.Span);

    private ImmutableArray<string> Default(Project project) =>
        document.Groups.ContainsKey("default") ? ["default"] : [.. project.Default.Select(BakeNames.Of)];

    /// <summary>The named groups and those in them, and as default what was named.</summary>
    private ImmutableSortedDictionary<string, ImmutableArray<string>> Groups(ImmutableArray<string> names)
    {
        var reached = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<string>>(StringComparer.Ordinal);
        foreach (var name in names)
            Reach(name, reached);
        if (names is not ["default"])
            reached["default"] = [.. names.Where(name => name != "default" || !document.Groups.ContainsKey(name))
                .Concat(reached.GetValueOrDefault("default", [])).Distinct().Order(StringComparer.Ordinal)];
        return reached.ToImmutable();
    }

    private void Reach(string name, ImmutableSortedDictionary<string, ImmutableArray<string>>.Builder reached)
    {
        if (!document.Groups.TryGetValue(name, out var members) || !reached.TryAdd(name, members))
            return;
        foreach (var member in members)
            Reach(member, reached);
    }
}
