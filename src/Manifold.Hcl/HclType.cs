using System.Collections.Immutable;

namespace Manifold.Hcl;

/// <summary>The type that a variable is declared with, such as <c>list(string)</c>. A closed family.</summary>
/// <remarks>Source: HCL's typeexpr extension, and go-cty's conversions.</remarks>
public abstract record HclType(string Name)
{
    /// <summary>Reads a type. In the JSON syntax, a type is a string.</summary>
    /// <exception cref="HclException">The expression is not a type.</exception>
    public static HclType Parse(HclExpression type) => type switch
    {
        HclVariable { Name: "string" or "bool" or "number" } plain => new HclPrimitive(plain.Name),
        HclVariable { Name: "any" } => new HclAny(),
        HclCall { Name.Text: "list" or "set" or "map", Arguments: [var only] } call => new HclCollection(call.Name.Text, Parse(only)),
        HclCall { Name.Text: "tuple", Arguments: [HclTuple items] } => new HclTupleType([.. items.Items.Select(Parse)]),
        HclCall { Name.Text: "object", Arguments: [HclObject members] } => Members(members),
        HclLiteral { Value: HclString text } =>
            Parse(new HclExpressionParser(new HclCursor(text.Value, type.Span.Start)).Expression()),
        _ => throw new HclException("this is not a type", type.Span,
            "Valid types: string, number, bool, any, list(…), set(…), map(…), tuple([…]) and object({…})."),
    };

    /// <summary>Converts a value to this type. Returns C#'s null if that is not possible; HCL's null is of every type.</summary>
    public HclValue? Convert(HclValue value) => value is HclNull ? value : Converted(value);

    private protected abstract HclValue? Converted(HclValue value);

    private static HclObjectType Members(HclObject members) => new(members.Items.ToImmutableSortedDictionary(
        member => member.Key is HclLiteral { Value: HclString name } ? name.Value
            : throw new HclException("expected the name of an attribute", member.Key.Span),
        member => member.Value is HclCall { Name.Text: "optional", Arguments: [var type, ..] } ? (Parse(type), true)
            : (Parse(member.Value), false), StringComparer.Ordinal));
}

/// <summary>Any value at all.</summary>
public sealed record HclAny() : HclType("any")
{
    private protected override HclValue Converted(HclValue value) => value;
}

/// <summary><c>string</c>, <c>number</c>, or <c>bool</c>.</summary>
public sealed record HclPrimitive(string Name) : HclType(Name)
{
    private protected override HclValue? Converted(HclValue value) => Name switch
    {
        "string" => value.AsText is { } text ? new HclString(text) : null,
        "number" => value is not HclBool && value.AsNumber is { } number ? new HclNumber(number) : null,
        _ => value is not HclNumber && value.AsFlag is { } flag ? new HclBool(flag) : null,
    };
}

/// <summary>A list, set, or map of values of one type.</summary>
/// <param name="Kind"><c>list</c>, <c>set</c>, or <c>map</c>.</param>
public sealed record HclCollection(string Kind, HclType Each) : HclType($"{Kind}({Each.Name})")
{
    private protected override HclValue? Converted(HclValue value) => (Kind, value) switch
    {
        ("map", HclMap map) =>
            All(map.Members.Values) is { } values
            ? new HclMap(map.Members.Keys.Zip(values)
            .ToImmutableSortedDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal)) : null,
        ("list", HclList list) => All(list.Items) is { } items ? HclValue.List(items) : null,
        ("set", HclList list) => All(list.Items) is { } items ? Set(items) : null,
        _ => null,
    };

    private ImmutableArray<HclValue>? All(IEnumerable<HclValue> values)
    {
        var converted = values.Select(Each.Convert).ToList();
        return converted.Contains(null) ? null : [.. converted.Select(value => value!)];
    }

    /// <summary>Without duplicates, in the order in which the language iterates over sets.</summary>
    private static HclList Set(ImmutableArray<HclValue> items)
    {
        var distinct = new List<HclValue>();
        foreach (var item in items.Where(item => !distinct.Exists(each => HclValue.AreEqual(each, item))))
            distinct.Add(item);
        return HclValue.List(distinct.All(item => item is HclNumber) ? distinct.OrderBy(item => item.AsNumber)
            : distinct.OrderBy(item => item.AsText, StringComparer.Ordinal));
    }
}

/// <summary>A list of a certain length, each item of a type of its own.</summary>
public sealed record HclTupleType(ImmutableArray<HclType> Items)
    : HclType($"tuple([{string.Join(", ", Items.Select(item => item.Name))}])")
{
    private protected override HclValue? Converted(HclValue value)
    {
        if (value is not HclList list || list.Items.Length != Items.Length)
            return null;
        var converted = Items.Zip(list.Items, (type, item) => type.Convert(item)).ToList();
        return converted.Contains(null) ? null : HclValue.List(converted.Select(item => item!));
    }
}

/// <summary>A map with certain members, each of a type of its own.</summary>
public sealed record HclObjectType(ImmutableSortedDictionary<string, (HclType Type, bool IsOptional)> Members)
    : HclType("object({…})")
{
    private protected override HclValue? Converted(HclValue value)
    {
        if (value is not HclMap map)
            return null;
        var converted = ImmutableSortedDictionary.CreateBuilder<string, HclValue>(StringComparer.Ordinal);
        foreach (var (name, (type, isOptional)) in Members)
        {
            if ((map.Members.TryGetValue(name, out var member) ? type.Convert(member) : isOptional ? HclValue.Null : null) is not { } found)
                return null;
            converted[name] = found;
        }
        return new HclMap(converted.ToImmutable());
    }
}
