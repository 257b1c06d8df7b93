using System.Collections.Immutable;
using System.Globalization;
using Manifold.Hcl.Json;

namespace Manifold.Hcl;

/// <summary>A value. A closed family: lists, tuples, and sets are one kind here, as are maps and objects.</summary>
public abstract record HclValue
{
    private protected HclValue()
    {
    }

    public static HclNull Null { get; } = new();

    public static HclList List(IEnumerable<HclValue> items) => new([.. items]);

    public static HclList List(IEnumerable<string> items) => List(items.Select(item => new HclString(item)));

    /// <summary>The kind with its article, for messages: <c>a string</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>The value as a string, if the language converts it to one by itself; otherwise null.</summary>
    public virtual string? AsText => null;

    /// <summary>The value as a number, if the language converts it to one by itself; otherwise null.</summary>
    public virtual decimal? AsNumber => null;

    /// <summary>The value as a boolean, if the language converts it to one by itself; otherwise null.</summary>
    public virtual bool? AsFlag => null;

    /// <summary>Reads JSON. If a name is there several times, the last one counts.</summary>
    /// <exception cref="JsonSyntaxException">The text is not JSON.</exception>
    /// <exception cref="HclArgumentException">A number is too large.</exception>
    public static HclValue FromJson(string json) => HclJson.ToValue(JsonReader.Read(json));

    /// <summary>Returns the value as <c>jsonencode</c> does: without blanks, and escaped like Go's encoder.</summary>
    public string ToJson() => HclJson.Write(this);

    /// <summary>True if both have the same kind and content. A number never equals a string.</summary>
    public static bool AreEqual(HclValue a, HclValue b) => (a, b) switch
    {
        (HclList x, HclList y) => x.Items.Length == y.Items.Length
            && x.Items.Zip(y.Items).All(pair => AreEqual(pair.First, pair.Second)),
        (HclMap x, HclMap y) => x.Members.Count == y.Members.Count
            && x.Members.All(member => y.Members.TryGetValue(member.Key, out var other) && AreEqual(member.Value, other)),
        _ => a.Equals(b),
    };
}

public sealed record HclNull : HclValue
{
    public override string Kind => "null";
}

public sealed record HclString(string Value) : HclValue
{
    public override string Kind => "a string";
    public override string AsText => Value;
    public override decimal? AsNumber =>
        decimal.TryParse(Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
    public override bool? AsFlag => Value switch { "true" or "1" => true, "false" or "0" => false, _ => null };
}

public sealed record HclNumber(decimal Value) : HclValue
{
    public override string Kind => "a number";
    public override string AsText => Value.ToString("0.############################", CultureInfo.InvariantCulture);
    public override decimal? AsNumber => Value;
}

public sealed record HclBool(bool Value) : HclValue
{
    public override string Kind => "a boolean";
    public override string AsText => Value ? "true" : "false";
    public override bool? AsFlag => Value;
}

/// <summary>A string of fields that can also be read by name, such as <c>type=local,dest=out</c>. It converts to the string.</summary>
public sealed record HclEntry(string Value, ImmutableSortedDictionary<string, HclValue> Fields) : HclValue
{
    public override string Kind => "a string";
    public override string AsText => Value;
}

public sealed record HclList(ImmutableArray<HclValue> Items) : HclValue
{
    public override string Kind => "a list";
}

/// <summary>Members in the order of their names, which is the order in which the language iterates over them.</summary>
public sealed record HclMap(ImmutableSortedDictionary<string, HclValue> Members) : HclValue
{
    public static HclMap Empty { get; } = new(ImmutableSortedDictionary.Create<string, HclValue>(StringComparer.Ordinal));

    public override string Kind => "a map";

    public HclMap With(string name, HclValue value) => new(Members.SetItem(name, value));
}

/// <summary>A block, or the blocks of a type, whose members are computed when an expression reads one: <c>target.app.args</c>.</summary>
/// <param name="Name">The noun for a member, for messages.</param>
/// <param name="Member">Returns the member of that name, or null if there is none.</param>
public sealed record HclBlocks(string Name, Func<string, HclSpan, HclValue?> Member) : HclValue
{
    public override string Kind => "a block";
}
