using System.Collections.Immutable;

namespace Manifold.Hcl;

internal static partial class HclFunctions
{
    private static IEnumerable<(string Name, HclFunction Function)> Lists() =>
    [
        Of("chunklist", 2, a => a.Whole(1) > 0
            ? HclValue.List(a.List(0).Chunk(a.Whole(1)).Select(chunk => (HclValue)HclValue.List(chunk)))
            : HclValue.List([a[0]])),
        Of("coalesce", 1, int.MaxValue, a => a.From(0).FirstOrDefault(value => value is not HclNull)
            ?? throw new HclArgumentException("every argument is null")),
        Of("coalescelist", 1, int.MaxValue, a => a.From(0).FirstOrDefault(value => value is HclList { Items.Length: > 0 })
            ?? throw new HclArgumentException("every list is empty")),
        Of("compact", 1, a => HclValue.List(a.List(0).Where(item => item is not (HclNull or HclString { Value: "" })))),
        Of("concat", 1, int.MaxValue, a => HclValue.List(Enumerable.Range(0, a.Count).SelectMany(index => a.List(index)))),
        Of("contains", 2, a => Flag(Has(a.List(0), a[1]))),
        Of("distinct", 1, a => HclValue.List(Distinct(a.List(0)))),
        Of("element", 2, a => a.List(0) is { Length: > 0 } list && a.Whole(1) >= 0 ? list[a.Whole(1) % list.Length]
            : throw new HclArgumentException("the list is empty, or the index is negative")),
        Of("flatten", 1, a => HclValue.List(Flat(a.List(0)))),
        Of("indexof", 2, a => a.List(0).ToList().FindIndex(item => HclValue.AreEqual(item, a[1])) is >= 0 and var index ? Number(index)
            : throw new HclArgumentException("the list does not contain this item", 1)),
        Of("length", 1, a => Number(a[0] switch
        {
            HclList list => list.Items.Length,
            HclMap map => map.Members.Count,
            _ => throw new HclArgumentException($"expected a list or a map, found {a[0].Kind}", 0),
        })),
        Of("range", 1, 3, Range),
        Of("reverselist", 1, a => HclValue.List(a.List(0).Reverse())),
        Of("slice", 3, Slice),
        Of("sort", 1, a => HclValue.List(a.Texts(0).Order(StringComparer.Ordinal))),
        Of("sethaselement", 2, a => Flag(Has(a.List(0), a[1]))),
        Of("setintersection", 1, int.MaxValue, a => Set(a.List(0)
            .Where(item => Enumerable.Range(1, a.Count - 1).All(index => Has(a.List(index), item))))),
        Of("setproduct", 1, int.MaxValue, a => HclValue.List(Product(a).Select(items => (HclValue)new HclList(items)))),
        Of("setsubtract", 2, a => Set(a.List(0).Where(item => !Has(a.List(1), item)))),
        Of("setsymmetricdifference", 2, a => Set(a.List(0).Where(item => !Has(a.List(1), item))
            .Concat(a.List(1).Where(item => !Has(a.List(0), item))))),
        Of("setunion", 1, int.MaxValue, a => Set(Enumerable.Range(0, a.Count).SelectMany(index => a.List(index)))),
    ];

    private static IEnumerable<(string Name, HclFunction Function)> Maps() =>
    [
        Of("equal", 2, a => Flag(HclValue.AreEqual(a[0], a[1]))),
        Of("notequal", 2, a => Flag(!HclValue.AreEqual(a[0], a[1]))),
        Of("hasindex", 2, a => Flag(a[0] is HclMap map
            ? a[1].AsText is { } name && map.Members.ContainsKey(name)
            : a[1].AsNumber is { } number && number >= 0 && number < a.List(0).Length)),
        Of("index", 2, a => (a[0] switch
        {
            HclMap map => a[1].AsText is { } name ? map.Members.GetValueOrDefault(name) : null,
            HclList list => a[1].AsNumber is >= 0 and var number && number < list.Items.Length ? list.Items[(int)number] : null,
            _ => null,
        }) ?? throw new HclArgumentException("this item does not exist", 1)),
        Of("keys", 1, a => HclValue.List(a.Map(0).Keys)),
        Of("lookup", 2, 3, Lookup),
        Of("merge", 0, int.MaxValue, a => new HclMap(Enumerable.Range(0, a.Count).Where(index => a[index] is not HclNull)
            .Aggregate(HclMap.Empty.Members, (merged, index) => merged.SetItems(a.Map(index))))),
        Of("values", 1, a => HclValue.List(a.Map(0).Values)),
        Of("zipmap", 2, ZipMap),
    ];

    private static HclList Slice(HclArguments a)
    {
        var (start, end) = (a.Whole(1), a.Whole(2));
        if (start < 0 || start > end || end > a.List(0).Length)
            throw new HclArgumentException($"the range {start} to {end} is outside the list of {a.List(0).Length} items");
        return HclValue.List(a.List(0)[start..end]);
    }

    private static HclValue Lookup(HclArguments a)
    {
        if (a.Map(0).GetValueOrDefault(a.Text(1)) is { } value)
            return value;
        if (a.Count < 3)
            throw new HclArgumentException($"the map has no key '{a.Text(1)}', and no default is given", 1);
        return a[2];
    }

    private static HclMap ZipMap(HclArguments a)
    {
        var (names, values) = (a.Texts(0), a.List(1));
        if (names.Length != values.Length)
            throw new HclArgumentException($"there are {names.Length} names and {values.Length} values");
        return names.Zip(values).Aggregate(HclMap.Empty, (map, pair) => map.With(pair.First, pair.Second));
    }

    private static bool Has(IEnumerable<HclValue> items, HclValue item) => items.Any(each => HclValue.AreEqual(each, item));

    private static List<HclValue> Distinct(IEnumerable<HclValue> items)
    {
        var found = new List<HclValue>();
        foreach (var item in items.Where(item => !Has(found, item)))
            found.Add(item);
        return found;
    }

    /// <summary>A set is iterated over in the order of its strings.</summary>
    private static HclList Set(IEnumerable<HclValue> items) =>
        HclValue.List(Distinct(items).OrderBy(item => item.AsText, StringComparer.Ordinal));

    private static IEnumerable<HclValue> Flat(IEnumerable<HclValue> items) =>
        items.SelectMany(item => item is HclList list ? Flat(list.Items) : [item]);

    private static List<ImmutableArray<HclValue>> Product(HclArguments a)
    {
        List<ImmutableArray<HclValue>> product = [[]];
        for (var index = 0; index < a.Count; index++)
        {
            product = [.. product.SelectMany(items => a.List(index).Select(item => items.Add(item)))];
            if (product.Count > 100_000)
                throw new HclArgumentException("the product has more than 100000 items");
        }
        return product;
    }

    private static HclList Range(HclArguments a)
    {
        var (start, end) = a.Count == 1 ? (0m, a.Number(0)) : (a.Number(0), a.Number(1));
        var step = a.Count == 3 ? a.Number(2) : start <= end ? 1 : -1;
        if (step == 0 || (step > 0) != (start <= end) && start != end)
            throw new HclArgumentException("the step goes in the wrong direction", 2);
        var items = new List<HclValue>();
        for (var at = start; step > 0 ? at < end : at > end; at += step)
        {
            if (items.Count == 1024)
                throw new HclArgumentException("the range has more than 1024 numbers");
            items.Add(Number(at));
        }
        return HclValue.List(items);
    }
}
