using System.Collections.Immutable;

namespace Manifold.Hcl;

/// <summary>Computes the value of an expression.</summary>
internal sealed partial class HclEvaluator(HclScope scope)
{
    // Otherwise, a file of a few lines could make a string that fills the memory.
    private const int LongestText = 16 * 1024 * 1024;

    public static HclValue Evaluate(HclExpression expression, HclScope scope) => new HclEvaluator(scope).Value(expression);

    private HclValue Value(HclExpression expression) => expression switch
    {
        HclLiteral literal => literal.Value,
        HclTemplate template => Template(template),
        HclVariable variable => Variable(variable),
        HclMember member => Member(Value(member.Object), member),
        HclIndex index => Index(Value(index.Object), Value(index.Key), index.Span),
        HclSplat splat => Splat(splat),
        HclCall call => Call(call),
        HclUnary unary => Unary(unary),
        HclBinary binary => Binary(binary),
        HclConditional conditional => Flag(conditional.Condition) ? Value(conditional.Then) : Value(conditional.Else),
        HclTuple tuple => HclValue.List(tuple.Items.Select(Value)),
        HclObject map => Object(map),
        HclFor loop => For(loop),
        _ => throw new ArgumentOutOfRangeException(nameof(expression)),
    };

    private HclString Template(HclTemplate template)
    {
        var parts = template.Parts.Select(part => Value(part).AsText
            ?? throw new HclException($"{Value(part).Kind} cannot be part of a string", part.Span, Value(part) is HclList
                ? "Turn the list into a string with join(\",\", list)." : null)).ToList();
        if (parts.Sum(part => (long)part.Length) > LongestText)
            throw new HclException($"the string becomes longer than {LongestText} characters", template.Span);
        return new HclString(string.Concat(parts));
    }

    private HclValue Variable(HclVariable variable)
    {
        if (scope.Locals.TryGetValue(variable.Name, out var local))
            return local;
        return scope.Variable(variable.Name, variable.Span)
            ?? throw new HclException($"there is no variable '{variable.Name}'", variable.Span)
            {
                Unknown = new HclUnknownName(HclNameKind.Variable, variable.Name, [.. scope.Known().Concat(scope.Locals.Keys)]),
            };
    }

    private static HclValue Member(HclValue value, HclMember member) => value switch
    {
        HclMap map => map.Members.GetValueOrDefault(member.Name) ?? throw Missing(map, member.Name, member.Span),
        HclBlocks blocks => Member(blocks, member.Name, member.Span),
        HclEntry entry =>
            entry.Fields.GetValueOrDefault(member.Name)
            ?? throw new HclException($"the entry '{entry.Value}' has no '{member.Name}'", member.Span),
        HclList => throw new HclException($"a list has no attribute '{member.Name}'", member.Span,
            $"To read it from each item, write list[*].{member.Name}."),
        _ => throw new HclException($"{value.Kind} has no attribute '{member.Name}'", member.Span),
    };

    private static HclValue Member(HclBlocks blocks, string name, HclSpan span) =>
        blocks.Member(name, span) ?? throw new HclException($"there is no {blocks.Name} '{name}'", span);

    private static HclException Missing(HclMap map, string name, HclSpan span) => new($"the map has no key '{name}'", span)
    {
        Unknown = new HclUnknownName(HclNameKind.Key, name, [.. map.Members.Keys]),
    };

    private static HclValue Index(HclValue value, HclValue key, HclSpan span) => (value, key) switch
    {
        (HclMap map, { AsText: { } name }) => map.Members.GetValueOrDefault(name) ?? throw Missing(map, name, span),
        (HclBlocks blocks, { AsText: { } name }) => Member(blocks, name, span),
        (HclList list, { AsNumber: { } number }) when IsIndexOf(list, number) => list.Items[(int)number],
        (HclList list, _) => throw new HclException(
            $"the list has {list.Items.Length} items, but none at index '{key.AsText ?? key.Kind}'", span),
        _ => throw new HclException($"{value.Kind} has no items", span),
    };

    private static bool IsIndexOf(HclList list, decimal number) =>
        number >= 0 && number < list.Items.Length && number == decimal.Truncate(number);

    private HclList Splat(HclSplat splat) => Value(splat.List) switch
    {
        HclNull => new HclList([]),
        HclList list => HclValue.List(list.Items.Select(item => Evaluate(splat.Each, scope.With(HclSplat.ItemName, item)))),
        var single => HclValue.List([Evaluate(splat.Each, scope.With(HclSplat.ItemName, single))]),
    };

    private HclMap Object(HclObject map)
    {
        var members = ImmutableSortedDictionary.CreateBuilder<string, HclValue>(StringComparer.Ordinal);
        foreach (var (key, value) in map.Items)
        {
            var name = Value(key).AsText ?? throw new HclException("the key of a map must be a string", key.Span);
            if (members.ContainsKey(name) && key is HclLiteral)
                throw new HclException($"'{name}' is set twice in the same map", key.Span);
            members[name] = Value(value);
        }
        return new HclMap(members.ToImmutable());
    }

    private HclValue For(HclFor loop)
    {
        var rounds = Rounds(loop).ToList();
        if (loop.Key is null)
        {
            var values = rounds.Select(round => Evaluate(loop.Value, round));
            return loop.IsTemplate ? new HclString(string.Concat(values.Select(value => value.AsText))) : HclValue.List(values);
        }
        var members = ImmutableSortedDictionary.CreateBuilder<string, HclValue>(StringComparer.Ordinal);
        foreach (var round in rounds)
        {
            var name = Evaluate(loop.Key, round).AsText ?? throw new HclException("the key of a for expression must be a string",
                loop.Key.Span);
            var value = Evaluate(loop.Value, round);
            if (loop.Groups)
                members[name] = HclValue.List(members.TryGetValue(name, out var group) ? ((HclList)group).Items.Add(value) : [value]);
            else if (!members.TryAdd(name, value))
                throw new HclException($"two items have the key '{name}'", loop.Key.Span,
                    "To collect the values in a list, write '...' after the value.");
        }
        return new HclMap(members.ToImmutable());
    }

    private IEnumerable<HclScope> Rounds(HclFor loop)
    {
        IEnumerable<(HclValue Key, HclValue Value)> items = Value(loop.Collection) switch
        {
            HclList list => list.Items.Select((item, index) => ((HclValue)new HclNumber(index), item)),
            HclMap map => map.Members.Select(member => ((HclValue)new HclString(member.Key), member.Value)),
            var other => throw new HclException($"cannot iterate over {other.Kind}. Expected a list or a map", loop.Collection.Span),
        };
        foreach (var (key, value) in items)
        {
            var round = scope.With(loop.ValueName, value);
            if (loop.KeyName is { } name)
                round = round.With(name, key);
            if (loop.Condition is null || new HclEvaluator(round).Flag(loop.Condition))
                yield return round;
        }
    }
}
