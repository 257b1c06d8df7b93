using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Manifold.Projects.Bake.Hcl;

/// <summary>An argument does not fit its function.</summary>
internal sealed class HclArgumentException(string message, int? argument = null) : Exception(message)
{
    /// <summary>From 0; null where it is about the call as a whole.</summary>
    public int? Argument => argument;
}

/// <summary>A function of the language, and how many arguments it takes.</summary>
internal sealed record HclFunction(int Least, int Most, Func<HclArguments, HclValue> Apply);

/// <summary>The functions that bake files have: cty's standard library with bake's additions.</summary>
/// <remarks>Source: buildx's <c>bake/hclparser/stdlib.go</c> for the names, go-cty's documentation for what they do.</remarks>
internal static partial class HclFunctions
{
    /// <summary>Known elsewhere and not here: they need a network's arithmetic, keys or a cipher that no build file here used.</summary>
    public static FrozenSet<string> Beyond { get; } = FrozenSet.Create("bcrypt", "bytesslice", "cidrhost", "cidrnetmask", "cidrsubnet", "cidrsubnets", "convert", "homedir", "rsadecrypt", "semvercmp", "uuidv5");

    private static readonly FrozenDictionary<string, HclFunction> All =
        new[] { Texts, Patterns, Lists, Maps, Numbers, Encodings, Times }.SelectMany(part => part()).ToFrozenDictionary(each => each.Name, each => each.Function);

    public static IEnumerable<string> Names => All.Keys.Concat(["try", "can"]);

    public static HclFunction? Find(string name) => All.GetValueOrDefault(name);

    private static (string Name, HclFunction Function) Of(string name, int count, Func<HclArguments, HclValue> apply) => (name, new HclFunction(count, count, apply));

    private static (string Name, HclFunction Function) Of(string name, int least, int most, Func<HclArguments, HclValue> apply) => (name, new HclFunction(least, most, apply));

    private static HclString Text(string text) => new(text);

    private static HclNumber Number(decimal number) => new(number);

    private static HclBool Flag(bool flag) => new(flag);
}

/// <summary>The arguments of one call.</summary>
internal sealed class HclArguments(ImmutableArray<HclValue> values)
{
    public int Count => values.Length;

    public HclValue this[int index] => values[index];

    public ImmutableArray<HclValue> From(int index) => values[index..];

    public string Text(int index) => values[index].AsText ?? throw Wrong(index, "a string");

    public decimal Number(int index) => values[index].AsNumber ?? throw Wrong(index, "a number");

    public int Whole(int index) => Number(index) is var number && number == decimal.Truncate(number) && Math.Abs(number) <= int.MaxValue ? (int)number : throw Wrong(index, "a whole number");

    public bool Flag(int index) => values[index].AsFlag ?? throw Wrong(index, "true or false");

    public ImmutableArray<HclValue> List(int index) => values[index] is HclList list ? list.Items : throw Wrong(index, "a list");

    public ImmutableSortedDictionary<string, HclValue> Map(int index) => values[index] is HclMap map ? map.Members : throw Wrong(index, "a map");

    public ImmutableArray<string> Texts(int index) => [.. List(index).Select(item =>
        item.AsText ?? throw new HclArgumentException($"expected a list of strings, but it contains {item.Kind}", index))];

    private HclArgumentException Wrong(int index, string expected) => new($"expected {expected}, found {values[index].Kind}", index);
}
