using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Hcl;
using Manifold.Projects.Targets;

namespace Manifold.Projects.Bake;

/// <summary>The targets of a bake file with what they inherit and what <c>--set</c> says, and its groups.</summary>
/// <param name="others">Targets that another reader found before, which blocks of the same name add to.</param>
internal sealed class BakeFile(BakeSources sources, ImmutableArray<BakeTarget> others)
{
    private readonly Dictionary<string, BakeTarget> own = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BakeTarget?> resolved = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<BakeItem>> groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProjectFaults> faults = new(StringComparer.Ordinal);
    private BakeOverrides? overrides;

    public ImmutableArray<BakeTarget> Targets { get; private set; } = [];

    /// <summary>Members are targets, or names in <see cref="FaultsOf"/>, each once.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<string>> Groups { get; private set; } =
        ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);

    /// <summary>The groups as they are written.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<string>> WrittenGroups =>
        groups.ToImmutableSortedDictionary(group => group.Key, group => group.Value.Select(member => member.Value).Distinct()
            .ToImmutableArray(), StringComparer.Ordinal);

    /// <summary>What is no bake's key of <c>--set</c>.</summary>
    public ImmutableArray<string> OverridesLeft => overrides?.Left ?? [];

    public List<string> Warnings { get; } = [];

    /// <summary>Names that something is wrong with.</summary>
    public IEnumerable<string> Wrong => faults.Where(each => each.Value.Any).Select(each => each.Key);

    /// <summary>What is wrong with a target alone, or with a name that a group has and nothing else.</summary>
    public ProjectFaults FaultsOf(string name) => faults.TryGetValue(name, out var found) ? found : faults[name] = new ProjectFaults();

    public void Read(ReadingOptions options)
    {
        var definitions = new BakeDefinitions(sources.Body, options);
        var reader = new BakeTargets(definitions, sources);
        CheckBlocks();
        var targets = reader.Read(others);
        Warnings.AddRange(reader.Warnings);
        definitions.Check(sources);
        foreach (var target in targets)
            own[target.Name] = target;
        ReadGroups(reader, definitions);
        overrides = new BakeOverrides(options, [.. own.Keys]);
        Targets = [.. targets.Select(target => Resolve(target.Name, [])).OfType<BakeTarget>()];
        Groups = groups.Keys.ToImmutableSortedDictionary(name => name, name => Flat(name, []).Distinct().ToImmutableArray(),
            StringComparer.Ordinal);
    }

    private void ReadGroups(BakeTargets reader, BakeDefinitions definitions)
    {
        if (!others.IsEmpty)
            groups["default"] = [.. others.Select(target => new BakeItem(null, target.Name, target.Span))];
        foreach (var block in sources.Body.Blocks.Where(block => block.Type.Text == "group" && block.Labels.Length == 1))
            groups[block.Labels[0].Text] = Members(block, definitions.Scope);
        foreach (var renamed in reader.Renamed.Where(renamed => !groups.ContainsKey(renamed.Key) && !own.ContainsKey(renamed.Key)))
            groups[renamed.Key] = [.. renamed.Select(name => new BakeItem(null, name, own[name].Span))];
    }

    private void CheckBlocks()
    {
        string[] known = ["target", "group", "variable", "function"];
        foreach (var block in sources.Body.Blocks)
        {
            if (!known.Contains(block.Type.Text))
                sources.Fault(block.Type.Span, $"unknown block '{block.Type.Text}'", Suggestion.For(block.Type.Text,
                    known) ?? $"Valid blocks: {string.Join(", ", known)}.");
            else if (block.Labels.Length != 1 && block.Type.Text != "target")
                sources.Fault(block.Type.Span, $"a {block.Type.Text} must have one name: {block.Type.Text} \"NAME\" {{ … }}");
        }
    }

    private ImmutableArray<BakeItem> Members(HclBlock block, HclScope scope)
    {
        var attributes = block.Body.Attributes;
        foreach (var unknown in attributes.Where(attribute => attribute.Name is not ("targets" or "description")))
            sources.Fault(unknown.NameSpan,
                $"a group has no key '{unknown.Name}'", Suggestion.For(unknown.Name, ["targets", "description"]));
        if (block.Body.Find("targets") is not { } targets)
        {
            sources.Fault(block.Labels[0].Span, $"group '{block.Labels[0].Text}' has no targets", "Write targets = [\"…\"].");
            return [];
        }
        try
        {
            return BakeSettings.Of(targets, BakeKind.Texts, scope)?.Items ?? [];
        }
        catch (HclException e)
        {
            sources.Fault(e);
            return [];
        }
    }

    /// <summary>A member that is nothing is a fault of its own name: it matters where a group with it is asked for.</summary>
    private IEnumerable<string> Flat(string name, ImmutableHashSet<string> visited) => groups[name].SelectMany(member =>
    {
        if (groups.ContainsKey(member.Value) && member.Value != name && !visited.Contains(member.Value))
            return Flat(member.Value, visited.Add(name));
        if (groups.ContainsKey(member.Value) && !own.ContainsKey(member.Value))
            return [];
        if (!own.ContainsKey(member.Value))
            sources.FaultsTo(FaultsOf(member.Value))
                .Fault(member.Span, $"group '{name}' contains '{member.Value}', which is not a target or a group",
                Suggestion.For(member.Value, own.Keys.Concat(groups.Keys)));
        return [member.Value];
    });

    /// <summary>What is inherited, parent by parent, then the target's own word, then what is set; null inside a circle.</summary>
    private BakeTarget? Resolve(string name, ImmutableList<string> heirs)
    {
        if (resolved.TryGetValue(name, out var known))
            return known;
        var target = own[name];
        var merged = new BakeTarget(name, target.Span, ImmutableSortedDictionary.Create<string, BakeSetting>(StringComparer.Ordinal));
        foreach (var parent in target.Items("inherits"))
        {
            if (parent.Value == name || heirs.Contains(parent.Value))
                Fault(name, parent.Span,
                    $"targets inherit from each other in a cycle: {string.Join(" → ", heirs.Add(name).Add(parent.Value))}");
            else if (!own.ContainsKey(parent.Value))
                Fault(name, parent.Span, $"target '{name}' inherits from '{parent.Value}', which is not a target",
                    Suggestion.For(parent.Value, own.Keys));
            else if (Resolve(parent.Value, heirs.Add(name)) is { } found)
            {
                merged = merged.Merge(found);
                FaultsOf(name).Add(FaultsOf(parent.Value)); // whoever inherits from what is wrong is wrong, too
            }
        }
        return resolved[name] = overrides!.Apply(merged.Merge(target)).Normalized();
    }

    private void Fault(string target, HclSpan span, string message, string? hint = null) =>
        sources.FaultsTo(FaultsOf(target)).Fault(span, message, hint);
}
