using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Hcl;
using Manifold.Projects.Targets;

namespace Manifold.Projects.Bake;

/// <summary>Makes of a key's value the texts that it stands for.</summary>
internal static class BakeSettings
{
    /// <summary>Null where the value is null, which means that the key is not set.</summary>
    /// <exception cref="HclException">The value is not of the key's kind.</exception>
    public static BakeSetting? Of(HclAttribute attribute, BakeKind kind, HclScope scope)
    {
        var value = attribute.Value.Evaluate(scope);
        var span = attribute.Value.Span;
        if (value is HclNull)
            return null;
        return new BakeSetting(kind switch
        {
            BakeKind.Text => [new BakeItem(null, Text(value, span), span)],
            BakeKind.Flag => [new BakeItem(null, Flag(value, span), span)],
            BakeKind.Map => Map(attribute, value),
            _ => List(attribute, value, kind == BakeKind.Entries),
        }, span);
    }

    private static string Text(HclValue value, HclSpan span) =>
        value.AsText ?? throw new HclException($"expected a string, found {value.Kind}", span);

    private static string Flag(HclValue value, HclSpan span)
    {
        if (value.AsFlag is not { } flag)
            throw new HclException($"expected true or false, found {value.Kind}", span);
        return flag ? "true" : "false";
    }

    /// <summary>An item of a list of entries, whose fields may be asked for.</summary>
    public static HclValue Entry(string key, HclValue item)
    {
        if (item is not HclString { Value: var text })
            return item;
        var fields = (Csv.Split(text) ?? [text]).Select(field => field.Split('=', 2)).Where(pair => pair.Length == 2)
            .GroupBy(pair => pair[0])
                .ToImmutableSortedDictionary(group => group.Key, group => (HclValue)new HclString(group.Last()[1]), StringComparer.Ordinal);
        if (fields.IsEmpty && key.StartsWith("cache-", StringComparison.Ordinal))
            fields = fields.Add("type", new HclString("registry")).Add("ref", item);
        else if (fields.IsEmpty && key == "output")
            fields = fields.Add("type", new HclString(text == "-" ? "tar" : "local")).Add("dest", item);
        else if (fields.IsEmpty)
            fields = fields.Add("id", item);
        return new HclEntry(text, fields);
    }

    private static ImmutableArray<BakeItem> List(HclAttribute attribute, HclValue value, bool isEntries)
    {
        if (value is not HclList list)
            throw new HclException($"expected a list of strings, found {value.Kind}", attribute.Value.Span, value is HclString
                ? $"Write {attribute.Name} = [\"…\"]." : null);
        var spans = attribute.Value is HclTuple tuple && tuple.Items.Length == list.Items.Length ? tuple.Items : [];
        return [.. list.Items.Select((item, index) =>
        {
            var span = spans.IsEmpty ? attribute.Value.Span : spans[index].Span;
            return new BakeItem(null, isEntries && item is HclMap map ? Entry(attribute.Name, map, span) : Text(item, span), span);
        })];
    }

    /// <summary>A member that is null is not there.</summary>
    private static ImmutableArray<BakeItem> Map(HclAttribute attribute, HclValue value)
    {
        if (value is not HclMap map)
            throw new HclException($"expected a map, found {value.Kind}", attribute.Value.Span,
                $"Write {attribute.Name} = {{ NAME = \"…\" }}.");
        var spans = (attribute.Value as HclObject)?.Items ?? [];
        return [.. map.Members.Where(member => member.Value is not HclNull).Select(member =>
        {
            var item = spans.FirstOrDefault(each => each.Key is HclLiteral { Value: HclString name } && name.Value == member.Key).Value;
            var span = item?.Span ?? attribute.Value.Span;
            return new BakeItem(member.Key, Text(member.Value, span), span);
        })];
    }

    /// <summary><c>{type = "registry", ref = "…"}</c> as <c>type=registry,ref=…</c>; a key of ssh as <c>ID=PATH,PATH</c>.</summary>
    private static string Entry(string key, HclMap map, HclSpan span)
    {
        if (key == "ssh" && map.Members.GetValueOrDefault("id") is { AsText: { } id })
            return map.Members.GetValueOrDefault("paths") is HclList { Items: not [] } paths
                ? $"{id}={string.Join(',', paths.Items.Select(path => Text(path, span)))}" : id;
        return Fields(map, span);
    }

    private static string Fields(HclMap map, HclSpan span) => string.Join(',', map.Members.Where(member => member.Value is not HclNull)
        .OrderBy(member => member.Key is "type" or "id" ? 0 : 1)
        .Select(member => $"{member.Key}={Field(member.Value, span)}"));

    private static string Field(HclValue value, HclSpan span) =>
        value is HclList list ? string.Join(';', list.Items.Select(item => Text(item, span))) : Text(value, span);
}
