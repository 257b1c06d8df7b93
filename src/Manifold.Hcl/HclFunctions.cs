using System.Collections.Frozen;

namespace Manifold.Hcl;

/// <summary>The standard functions: cty's standard library, and those that buildx adds for bake files.</summary>
/// <remarks>Source: buildx's <c>bake/hclparser/stdlib.go</c> for the names, go-cty's documentation for what they do.</remarks>
internal static partial class HclFunctions
{
    /// <summary>Functions that exist elsewhere and are not supported.</summary>
    public static FrozenSet<string> Beyond { get; } = FrozenSet.Create(
        "bcrypt", "bytesslice", "cidrhost", "cidrnetmask", "cidrsubnet", "cidrsubnets", "convert", "homedir", "rsadecrypt", "semvercmp",
        "uuidv5");

    private static readonly FrozenDictionary<string, HclFunction> All =
        new[] { Texts, Patterns, Lists, Maps, Numbers, Encodings, Times }.SelectMany(part => part())
            .ToFrozenDictionary(each => each.Name, each => each.Function);

    public static IEnumerable<string> Names => All.Keys.Concat(["try", "can"]);

    public static HclFunction? Find(string name) => All.GetValueOrDefault(name);

    private static (string Name, HclFunction Function) Of(string name, int count, Func<HclArguments, HclValue> apply) =>
        Of(name, count, count, apply);

    private static (string Name, HclFunction Function) Of(string name, int least, int most, Func<HclArguments, HclValue> apply) =>
        (name, new HclFunction(least, most, apply));

    private static HclString Text(string text) => new(text);

    private static HclNumber Number(decimal number) => new(number);

    private static HclBool Flag(bool flag) => new(flag);
}
