using System.Collections.Immutable;
using Manifold.Projects.Bake.Hcl;

namespace Manifold.Projects.Bake;

/// <summary>Makes of a key's value the texts that it stands for.</summary>
internal static class BakeSettings
{
    /// <summary>Null where the value is null, which means that the key is not set.</summary>
    /// <exception cref="HclException">The value is not of the key's kind.</exception>
    public static BakeSetting? Of(HclAttribute attribute, BakeKind kind, HclScope scope)
    {
        var value = HclEvaluator.Evaluate(attribute.Value, scope);
        var span = attribute.Value.Span;
        if (value is HclNull)
            return null;
        return new BakeSetting(kind switch
        {
            BakeKind.Text => [new BakeItem(null, Text(value, span), span)],
            BakeKind.Flag => [new BakeItem(null, value.AsFlag is { } flag ? flag ? "true" : "false" : throw new HclException($"true or false is expected, and this is {value.Kind}", span), span)],
            BakeKind.Map => Map(attribute, value),
            _ => List(attribute, value, kind == BakeKind.Entries),
        }, span);
    }

    private static string Text(HclValue value, HclSpan span) => value.AsText ?? throw new HclException($"a text is expected, and this is {value.Kind}", span);

    private static ImmutableArray<BakeItem> List(HclAttribute attribute, HclValue value, bool isEntries)
    {
        if (value is not HclList list)
            throw new HclException($"a list of texts is expected, and this is {value.Kind}", attribute.Value.Span, value is HclString ? $"Write {attribute.Name} = [\"…\"]." : null);
        var spans = attribute.Value is HclTuple tuple && tuple.Items.Length == list.Items.Length ? tuple.Items : [];
        return [.. list.Items.Select((item, index) =>
        {
            var span = spans.IsEmpty ? attribute.Value.Span : spans[index].Span;
            return new BakeItem(null, isEntries && item is HclMap map ? Entry(map, span) : Text(item, span), span);
        })];
    }

    /// <summary>A member that is null is not there.</summary>
    private static ImmutableArray<BakeItem> Map(HclAttribute attribute, HclValue value)
    {
        if (value is not HclMap map)
            throw new HclException($"a map is expected, and this is {value.Kind}", attribute.Value.Span, $"Write {attribute.Name} = {{ NAME = \"…\" }}.");
        var spans = (attribute.Value as HclObject)?.Items ?? [];
        return [.. map.Members.Where(member => member.Value is not HclNull).Select(member =>
        {
            var item = spans.FirstOrDefault(each => each.Key is HclLiteral { Value: HclString name } && name.Value == member.Key).Value;
            var span = item?.Span ?? attribute.Value.Span;
            return new BakeItem(member.Key, Text(member.Value, span), span);
        })];
    }

    /// <summary><c>{type = "registry", ref = "…"}</c> as <c>type=registry,ref=…</c>.</summary>
    private static string Entry(HclMap map, HclSpan span) => string.Join(',', map.Members.Where(member => member.Value is not HclNull)
        .OrderBy(member => member.Key is "type" or "id" ? 0 : 1)
        .Select(member => $"{member.Key}={(member.Value is HclList list ? string.Join(';', list.Items.Select(item => Text(item, span))) : Text(member.Value, span))}"));
}
