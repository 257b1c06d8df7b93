using System.Collections.Immutable;
using Manifold.Hcl;
using Manifold.Projects.ManifoldFile;
using Manifold.Projects.Targets;

namespace Manifold.Projects.Bake;

/// <summary>
/// What <c>--set</c> says of the targets of a bake file:
/// applied to a target before others inherit from it, as bake has it.
/// </summary>
/// <remarks>Source: buildx's <c>newOverrides</c> and <c>AddOverrides</c>. Keys that only mean something here are left to <see
/// cref="ProjectOverrides"/>.</remarks>
internal sealed class BakeOverrides
{
    private static readonly ImmutableDictionary<string, string> Named = ImmutableDictionary.CreateRange(
        [KeyValuePair.Create("platform", "platforms"), KeyValuePair.Create("secrets", "secret"), KeyValuePair.Create("outputs", "output")]);

    private readonly ReadingOptions options;
    private readonly ImmutableArray<Override> all;

    /// <exception cref="UsageException">An override means nothing, or no target.</exception>
    public BakeOverrides(ReadingOptions options, ImmutableArray<string> targets)
    {
        this.options = options;
        all = [.. options.Overrides.Select(text => Override.Parse(text, targets))];
        foreach (var set in all.Where(set => set.Key != "registry"))
            set.Require(targets);
    }

    /// <summary>What is no bake's key.</summary>
    public ImmutableArray<string> Left => [.. all.Where(set => !IsOfTargets(set)).Select(set => set.Text)];

    /// <exception cref="UsageException">A value is not of its key's kind.</exception>
    public BakeTarget Apply(BakeTarget target)
    {
        var meant = all.Where(set => IsOfTargets(set) && set.Means(target.Name));
        return meant.GroupBy(set => (Key: KeyOf(set), set.Name))
            .Aggregate(target, (changed, group) => Apply(changed, group.Key.Key, [.. group]));
    }

    private static bool IsOfTargets(Override set) =>
        BakeKey.OfTargets.ContainsKey(KeyOf(set)) || set.Key is "push" or "load" || BakeKey.WithoutEffect.Contains(set.Key);

    private static string KeyOf(Override set) => Named.GetValueOrDefault(set.Key, set.Key);

    /// <param name="sets">Of one key and name; the last counts, and lists have the values of all.</param>
    private BakeTarget Apply(BakeTarget target, string key, ImmutableArray<Override> sets)
    {
        var last = sets[^1];
        if (key is "push" or "load")
            return key == "push" ? OutputOverrides.Push(target, last.Flag)
                : (last.Flag ? OutputOverrides.Load(target) : target) with { IsLoaded = last.Flag };
        if (BakeKey.WithoutEffect.Contains(key))
            return target;
        if (key == "secret" && last.Name is { } id)
            return Secret(target, id, last);
        var (span, before) = (target.Find(key)?.Span ?? target.Span, target.Items(key));
        return BakeKey.OfTargets[key].Kind switch
        {
            BakeKind.Text => target.Set(key, [new BakeItem(null, last.Required, span)], span),
            BakeKind.Flag => target.Set(key, [new BakeItem(null, last.Flag ? "true" : "false", span)], span),
            BakeKind.Map => Member(target, key, last, span),
            _ => target.Set(key,
                [.. IsAdded(key, last) ? before : [], .. sets.SelectMany(set => Values(key, set))
                .Select(value => new BakeItem(null, value, span))], span),
        };
    }

    /// <summary>These only ever grow.</summary>
    private static bool IsAdded(string key, Override last) => last.Adds || key is "annotations" or "attest" or "entitlements";

    private static IEnumerable<string> Values(string key, Override set) => key switch
    {
        "tags" or "platforms" => set.List,
        "annotations" when set.Name is { } name => [$"{name}={set.Required}"],
        "attest" when set.Required is { Length: > 0 } type && !type.Contains('=', StringComparison.Ordinal) => [$"type={type}"],
        _ => [set.Required],
    };

    /// <summary>A name without a value takes that of the environment, if it has one.</summary>
    private BakeTarget Member(BakeTarget target, string key, Override set, HclSpan span)
    {
        if ((set.Value ?? options.Environment.GetValueOrDefault(set.RequiredName)) is not { } value)
            return target;
        return target.Set(
            key, [.. target.Items(key).Where(item => item.Name != set.RequiredName), new BakeItem(set.RequiredName, value, span)], span);
    }

    /// <summary><c>secret.ID=src=FILE</c>: another place of a secret that the target has.</summary>
    private static BakeTarget Secret(BakeTarget target, string id, Override set)
    {
        var before = target.Items("secret");
        if (set.Required.Split(',').FirstOrDefault(field => field.StartsWith("id=", StringComparison.Ordinal)) is { } other
            && other != $"id={id}")
            throw set.Wrong($"the id of the secret '{id}' cannot be changed.");
        if (!before.Any(item => IsOf(item.Value)))
            throw set.Wrong($"'{target.Name}' has no secret '{id}'. Add it: --set {target.Name}.secrets+=id={id},{set.Required}");
        return target.Set("secret", [.. before.Select(item => IsOf(item.Value) ? item with { Value = $"id={id},{set.Required}" } : item)],
            target.Find("secret")!.Span);

        bool IsOf(string text) => text.Split(',').Contains($"id={id}");
    }
}
