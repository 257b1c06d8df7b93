using System.Collections.Immutable;
using System.Globalization;
using Manifold.Projects.Bake.Hcl;
using Manifold.Projects.Json;

namespace Manifold.Projects.Bake;

/// <summary>A bake file in JSON as the body that the same file in HCL would have. Texts are templates. Source: HCL JSON syntax specification.</summary>
internal sealed class JsonBody(int origin)
{
    /// <exception cref="HclException">The document is no bake file.</exception>
    public HclBody File(JsonValue document) => Body(document, ["target", "group", "variable", "function"], labelled: true);

    private HclBody Body(JsonValue value, ImmutableArray<string> blockTypes, bool labelled)
    {
        if (value is not JsonMap map)
            throw new HclException("expected a map: { … }", Span(value));
        var (attributes, blocks) = (ImmutableArray.CreateBuilder<HclAttribute>(), ImmutableArray.CreateBuilder<HclBlock>());
        foreach (var member in map.Members)
        {
            if (blockTypes.Contains(member.Name.Value))
                blocks.AddRange(Items(member.Value).SelectMany(item => labelled ? Labelled(member.Name, item) : [new HclBlock(Label(member.Name), [], Body(item, [], labelled: false))]));
            else
                attributes.Add(new HclAttribute(member.Name.Value, Span(member.Name), Expression(member.Value)));
        }
        return new HclBody(attributes.ToImmutable(), blocks.ToImmutable());
    }

    private IEnumerable<HclBlock> Labelled(JsonString type, JsonValue value) => value is JsonMap map
        ? map.Members.SelectMany(member => Items(member.Value).Select(item => new HclBlock(Label(type), [Label(member.Name)], Body(item, ["validation"], labelled: false))))
        : throw new HclException($"'{type.Value}' must be a map of names: {{ \"NAME\": {{ … }} }}", Span(value));

    /// <summary>Blocks of the same kind may stand in a list.</summary>
    private static ImmutableArray<JsonValue> Items(JsonValue value) => value is JsonList list ? list.Items : value is JsonLiteral { Value: null } ? [] : [value];

    private HclExpression Expression(JsonValue value) => value switch
    {
        JsonString text => Template(text),
        JsonNumber number => decimal.TryParse(number.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? new HclLiteral(new HclNumber(parsed), Span(value))
            : throw new HclException("the number is too large", Span(value)),
        JsonLiteral literal => new HclLiteral(literal.Value is { } flag ? new HclBool(flag) : HclValue.Null, Span(value)),
        JsonList list => new HclTuple([.. list.Items.Select(Expression)], Span(value)),
        JsonMap map => new HclObject([.. map.Members.Select(member => (Template(member.Name), Expression(member.Value)))], Span(value)),
        _ => throw new ArgumentOutOfRangeException(nameof(value)),
    };

    private HclExpression Template(JsonString text) =>
        HclTemplateParser.Parse(text.Value, origin + text.Start + (text.IsPlain ? 1 : 0), text.IsPlain ? null : text.Length);

    private HclLabel Label(JsonString text) => new(text.Value, Span(text));

    private HclSpan Span(JsonValue value) => new(origin + value.Start, value.Length);
}
