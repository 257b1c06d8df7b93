using System.Collections.Immutable;
using System.Globalization;

namespace Manifold.Hcl.Json;

/// <summary>Reads a file in the JSON syntax into the body that the same file in the native syntax has. Strings are templates.</summary>
/// <remarks>Source: HCL JSON syntax specification.</remarks>
internal sealed class JsonBody(int origin)
{
    /// <exception cref="HclException">The text is not JSON, or a block is not an object.</exception>
    public HclBody File(string text, ImmutableArray<HclBlockSchema> blocks)
    {
        try
        {
            return Body(JsonReader.Read(text), blocks);
        }
        catch (JsonSyntaxException e)
        {
            throw new HclException(e.Message, new HclSpan(origin + e.Offset, 1));
        }
    }

    private HclBody Body(JsonValue value, ImmutableArray<HclBlockSchema> schemas)
    {
        if (value is not JsonMap map)
            throw new HclException("expected a map: { … }", Span(value));
        var (attributes, blocks) = (ImmutableArray.CreateBuilder<HclAttribute>(), ImmutableArray.CreateBuilder<HclBlock>());
        foreach (var member in map.Members)
        {
            if (schemas.FirstOrDefault(schema => schema.Type == member.Name.Value) is { } schema)
                blocks.AddRange(Items(member.Value).SelectMany(item => Blocks(schema, member.Name, item)));
            else
                attributes.Add(new HclAttribute(member.Name.Value, Span(member.Name), Expression(member.Value)));
        }
        return new HclBody(attributes.ToImmutable(), blocks.ToImmutable());
    }

    private IEnumerable<HclBlock> Blocks(HclBlockSchema schema, JsonString type, JsonValue value)
    {
        if (!schema.HasLabel)
            return [new HclBlock(Label(type), [], Body(value, schema.Blocks))];
        if (value is not JsonMap map)
            throw new HclException($"'{type.Value}' must be a map of names: {{ \"NAME\": {{ … }} }}", Span(value));
        return map.Members.SelectMany(member => Items(member.Value)
            .Select(item => new HclBlock(Label(type), [Label(member.Name)], Body(item, schema.Blocks))));
    }

    /// <summary>Several blocks of the same type can be in a list.</summary>
    private static ImmutableArray<JsonValue> Items(JsonValue value) => value switch
    {
        JsonList list => list.Items,
        JsonLiteral { Value: null } => [],
        _ => [value],
    };

    private HclExpression Expression(JsonValue value) => value switch
    {
        JsonString text => Template(text),
        JsonNumber number => Number(number),
        JsonLiteral literal => new HclLiteral(literal.Value is { } flag ? new HclBool(flag) : HclValue.Null, Span(value)),
        JsonList list => new HclTuple([.. list.Items.Select(Expression)], Span(value)),
        JsonMap map => new HclObject(
            [.. map.Members.Select(member => (Template(member.Name), Expression(member.Value)))], Span(value)),
        _ => throw new ArgumentOutOfRangeException(nameof(value)),
    };

    private HclLiteral Number(JsonNumber number) =>
        decimal.TryParse(number.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed)
            ? new HclLiteral(new HclNumber(parsed), Span(number))
            : throw new HclException("the number is too large", Span(number));

    private HclExpression Template(JsonString text) =>
        HclTemplateParser.Parse(text.Value, origin + text.Start + (text.IsPlain ? 1 : 0), text.IsPlain ? null : text.Length);

    private HclLabel Label(JsonString text) => new(text.Value, Span(text));

    private HclSpan Span(JsonValue value) => new(origin + value.Start, value.Length);
}
