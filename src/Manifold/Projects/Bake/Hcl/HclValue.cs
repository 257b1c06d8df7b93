using System.Collections.Immutable;
using System.Globalization;

namespace Manifold.Projects.Bake.Hcl;

/// <summary>A value of the configuration language. A closed family; lists, tuples and sets are one kind here, as are maps and objects.</summary>
internal abstract record HclValue
{
    public static HclNull Null { get; } = new();

    public static HclList List(IEnumerable<HclValue> items) => new([.. items]);

    public static HclList List(IEnumerable<string> items) => List(items.Select(item => new HclString(item)));

    /// <summary>As people call its kind.</summary>
    public abstract string Kind { get; }

    /// <summary>As a text, where the language turns it into one by itself.</summary>
    public virtual string? AsText => null;

    public virtual decimal? AsNumber => null;
    public virtual bool? AsFlag => null;

    /// <summary>Same kind and same content; a number never equals a text.</summary>
    public static bool AreEqual(HclValue a, HclValue b) => (a, b) switch
    {
        (HclList x, HclList y) => x.Items.Length == y.Items.Length && x.Items.Zip(y.Items).All(pair => AreEqual(pair.First, pair.Second)),
        (HclMap x, HclMap y) => x.Members.Count == y.Members.Count && x.Members.All(member => y.Members.TryGetValue(member.Key, out var other) && AreEqual(member.Value, other)),
        _ => a.Equals(b),
    };
}

internal sealed record HclNull : HclValue
{
    public override string Kind => "null";
}

internal sealed record HclString(string Value) : HclValue
{
    public override string Kind => "a string";
    public override string AsText => Value;
    public override decimal? AsNumber => decimal.TryParse(Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
    public override bool? AsFlag => Value switch { "true" or "1" => true, "false" or "0" => false, _ => null };
}

internal sealed record HclNumber(decimal Value) : HclValue
{
    public override string Kind => "a number";
    public override string AsText => Value.ToString("0.############################", CultureInfo.InvariantCulture);
    public override decimal? AsNumber => Value;
}

internal sealed record HclBool(bool Value) : HclValue
{
    public override string Kind => "a boolean";
    public override string AsText => Value ? "true" : "false";
    public override bool? AsFlag => Value;
}

/// <summary>A text of <c>KEY=VALUE</c> fields that is asked for one of them: <c>target.app.output[0].type</c>.</summary>
internal sealed record HclEntry(string Value, ImmutableSortedDictionary<string, HclValue> Fields) : HclValue
{
    public override string Kind => "a string";
    public override string AsText => Value;
}

internal sealed record HclList(ImmutableArray<HclValue> Items) : HclValue
{
    public override string Kind => "a list";
}

/// <summary>Members in the order of their names, which is the order in which the language goes through them.</summary>
internal sealed record HclMap(ImmutableSortedDictionary<string, HclValue> Members) : HclValue
{
    public static HclMap Empty { get; } = new(ImmutableSortedDictionary.Create<string, HclValue>(StringComparer.Ordinal));

    public override string Kind => "a map";

    public HclMap With(string name, HclValue value) => new(Members.SetItem(name, value));
}

/// <summary>A block or the blocks of a kind, of which only members are ever asked for: <c>target.app.args</c>.</summary>
/// <param name="Member">Null where there is none of that name.</param>
internal sealed record HclBlocks(string Name, Func<string, HclSpan, HclValue?> Member) : HclValue
{
    public override string Kind => "a block";
}
