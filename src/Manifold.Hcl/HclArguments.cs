using System.Collections.Immutable;

namespace Manifold.Hcl;

/// <summary>
/// The arguments of one call. The methods convert as the language does, and throw an <see cref="HclArgumentException"/>
/// if the argument is of another kind.
/// </summary>
public sealed class HclArguments(ImmutableArray<HclValue> values)
{
    public int Count => values.Length;

    public HclValue this[int index] => values[index];

    /// <summary>Returns all arguments from that index on.</summary>
    public ImmutableArray<HclValue> From(int index) => values[index..];

    public string Text(int index) => values[index].AsText ?? throw Wrong(index, "a string");

    public decimal Number(int index) => values[index].AsNumber ?? throw Wrong(index, "a number");

    public int Whole(int index) => Number(index) is var number && number == decimal.Truncate(number) && Math.Abs(number) <= int.MaxValue
        ? (int)number
        : throw Wrong(index, "a whole number");

    public bool Flag(int index) => values[index].AsFlag ?? throw Wrong(index, "true or false");

    public ImmutableArray<HclValue> List(int index) => values[index] is HclList list ? list.Items : throw Wrong(index, "a list");

    public ImmutableSortedDictionary<string, HclValue> Map(int index) =>
        values[index] is HclMap map ? map.Members : throw Wrong(index, "a map");

    public ImmutableArray<string> Texts(int index) => [.. List(index).Select(item =>
        item.AsText ?? throw new HclArgumentException($"expected a list of strings, but it contains {item.Kind}", index))];

    private HclArgumentException Wrong(int index, string expected) => new($"expected {expected}, found {values[index].Kind}", index);
}
