using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Dockerfile;
using Manifold.Hcl;
using Manifold.Projects.Targets;

namespace Manifold.Projects.Bake;

/// <summary>
/// The targets of a bake file: matrices expanded, expressions evaluated, blocks of one name merged. Inheritance comes after.
/// </summary>
internal sealed partial class BakeTargets
{
    private readonly BakeDefinitions definitions;
    private readonly BakeSources sources;
    private readonly List<Expansion> expansions = [];
    private readonly HashSet<string> underway = new(StringComparer.Ordinal);
    private bool isExpanding;

    public BakeTargets(BakeDefinitions definitions, BakeSources sources)
    {
        (this.definitions, this.sources) = (definitions, sources);
        definitions.Target = Reference;
    }

    /// <summary>A target block, or one of the targets that a matrix makes of it.</summary>
    private sealed record Expansion(string Name, HclBlock Block, HclScope Scope);

    /// <summary>What is not known and does no harm, a sentence each.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>In the order of the file, after what another reader found; blocks of one name are one target.</summary>
    public ImmutableArray<BakeTarget> Read(ImmutableArray<BakeTarget> before)
    {
        Expand();
        return [.. before.Concat(expansions.Select(Evaluate)).GroupBy(each => each.Name)
            .Select(group => group.Aggregate((first, next) => first.Merge(next)))];
    }

    /// <summary>What the name of a block with a matrix stands for.</summary>
    public ILookup<string, string> Renamed =>
        expansions.Where(each => each.Name != each.Block.Labels[0].Text).ToLookup(each => each.Block.Labels[0].Text, each => each.Name);

    private void Expand()
    {
        isExpanding = true;
        foreach (var block in sources.Body.Blocks.Where(block => block.Type.Text == "target"))
            Guard(() => expansions.AddRange(Expansions(block)));
        isExpanding = false;
    }

    private IEnumerable<Expansion> Expansions(HclBlock block)
    {
        if (block.Labels is not [var only])
            throw new HclException("a target must have one name: target \"NAME\" { … }", block.Type.Span);
        var label = only;
        var (matrix, name) = (block.Body.Find("matrix"), block.Body.Find("name"));
        if (name is not null && matrix is null)
            throw new HclException("'name' is only for targets with a matrix", name.NameSpan,
                "Remove it. The target has the name of its block.");
        var scopes = matrix is null ? [definitions.Scope] : Scopes(matrix);
        if (name is null && scopes.Count > 1)
            throw new HclException("a target with a matrix needs a 'name' that contains its variables", matrix!.NameSpan,
                $"Example: name = \"{label.Text}-${{…}}\".");
        var made = scopes.Select(scope => new Expansion(name is null ? label.Text : name.Value.Evaluate(scope).AsText ?? "", block, scope))
            .ToList();
        if (made.FirstOrDefault(each => !NamePattern().IsMatch(each.Name)) is { } wrong)
            throw new HclException($"'{wrong.Name}' is not a valid target name", name?.Value.Span ?? label.Span,
                "Expected letters, digits, '_' and '-'. Use sanitize(…) to replace other characters.");
        if (made.GroupBy(each => each.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new HclException($"the matrix creates two targets named '{twice.Key}'", name?.Value.Span ?? label.Span);
        return made;
    }

    private List<HclScope> Scopes(HclAttribute matrix)
    {
        var value = matrix.Value.Evaluate(definitions.Scope);
        if (value is not HclMap map)
            throw new HclException($"a matrix must be a map of lists, found {value.Kind}", matrix.Value.Span);
        List<HclScope> scopes = [definitions.Scope];
        foreach (var (name, values) in map.Members)
        {
            var list = values as HclList ?? throw new HclException($"'{name}' of a matrix must be a list, found {values.Kind}",
                matrix.Value.Span);
            scopes = [.. scopes.SelectMany(scope => list.Items.Select(item => scope.With(name, item)))];
            if (scopes.Count > 10_000)
                throw new HclException("the matrix creates more than 10000 targets", matrix.NameSpan);
        }
        return scopes;
    }

    private BakeTarget Evaluate(Expansion expansion)
    {
        var settings = ImmutableSortedDictionary.CreateBuilder<string, BakeSetting>(StringComparer.Ordinal);
        foreach (var attribute in expansion.Block.Body.Attributes.Where(attribute => attribute.Name is not ("matrix" or "name")))
        {
            Guard(() =>
            {
                if (!BakeKey.OfTargets.TryGetValue(attribute.Name, out var key))
                    Unknown(attribute);
                else if (BakeSettings.Of(attribute, key.Kind, expansion.Scope) is { } setting)
                    settings[attribute.Name] = setting;
            });
        }
        foreach (var inner in expansion.Block.Body.Blocks)
            sources.Fault(inner.Type.Span, $"a target has no block '{inner.Type.Text}'",
                BakeKey.OfTargets.ContainsKey(inner.Type.Text) ? $"Write {inner.Type.Text} = …" : null);
        return new BakeTarget(expansion.Name, expansion.Block.Labels[0].Span, settings.ToImmutable());
    }

    /// <summary>A newer bake may have the key; bake says nothing of one that it does not have.</summary>
    private void Unknown(HclAttribute attribute)
    {
        var isKnown = BakeKey.WithoutEffect.Contains(attribute.Name);
        var hint = isKnown ? null : Suggestion.For(attribute.Name, BakeKey.OfTargets.Keys.Concat(["matrix", "name"]));
        var why = isKnown ? "has no effect" : "is unknown and has no effect";
        Warnings.Add($"{sources.PlaceOf(attribute.NameSpan)}: the key '{attribute.Name}' {why}."
            + (hint is null ? "" : $" {hint}"));
    }

    /// <summary><c>target.NAME.KEY</c>: the key as the block has it, without what it inherits.</summary>
    private HclBlocks? Reference(string name, HclSpan span)
    {
        if (isExpanding)
            throw new HclException("matrix and name cannot refer to targets", span);
        return expansions.LastOrDefault(each => each.Name == name) is { } expansion
            ? new HclBlocks("key", (key, at) => Value(expansion, key, at))
            : null;
    }

    private HclValue? Value(Expansion expansion, string key, HclSpan span)
    {
        if (key == "name")
            return new HclString(expansion.Name);
        if (!BakeKey.OfTargets.ContainsKey(key))
            return null;
        if (expansion.Block.Body.Find(key) is not { } attribute)
            return HclValue.Null;
        if (!underway.Add($"{expansion.Name}.{key}"))
            throw new HclException($"target.{expansion.Name}.{key} depends on itself", span);
        try
        {
            var value = attribute.Value.Evaluate(expansion.Scope);
            return BakeKey.OfTargets[key].Kind == BakeKind.Entries && value is HclList list
                ? HclValue.List(list.Items.Select(item => BakeSettings.Entry(key, item))) : value;
        }
        finally
        {
            underway.Remove($"{expansion.Name}.{key}");
        }
    }

    private void Guard(Action read)
    {
        try
        {
            read();
        }
        catch (HclException e)
        {
            sources.Fault(e);
        }
    }

    [GeneratedRegex(@"^[a-zA-Z0-9_-]+\z")]
    private static partial Regex NamePattern();
}
