using System.Collections.Immutable;
using System.Globalization;
using Manifold.Dockerfile;
using Manifold.Hcl;
using Manifold.Hcl.Json;

namespace Manifold.Projects.Bake;

/// <summary>What the environment says of a bake file's variables: <c>NAME</c>, or <c>NAME_JSON</c> with any value at all.</summary>
/// <remarks>
/// A variable with a type takes JSON first, and is one of the type's values. One without a type is as its default is: a text, a number,
/// true or false. Source: buildx's <c>resolveValue</c> and <c>valueFromCSV</c>.
/// </remarks>
internal sealed class VariableOverrides(ReadingOptions options, Func<string, bool> isVariable)
{
    private const string JsonSuffix = "_JSON";

    /// <summary>Null where the environment says nothing.</summary>
    /// <param name="type">Null where none is declared.</param>
    /// <param name="standard">The default's value; null where there is none.</param>
    /// <exception cref="HclException">What it says is no value of the variable.</exception>
    public HclValue? Find(string name, HclType? type, HclValue? standard, HclSpan span)
    {
        var plain = options.Environment.GetValueOrDefault(name);
        var json = isVariable(name + JsonSuffix) ? null : options.Environment.GetValueOrDefault(name + JsonSuffix);
        if (json is not null && type is not null)
            return FromJson(name, json, type, span);
        if ((plain ?? json) is not { } given)
            return null;
        return type switch
        {
            null => Untyped(name, given, standard, span),
            HclPrimitive primitive => Primitive(name, given, primitive, span),
            HclCollection or HclTupleType => FromCsv(name, given, type, span),
            _ => throw Unfit(name, type.Name, span, $"Set the variable as JSON in {name}{JsonSuffix}."),
        };
    }

    private static HclValue FromJson(string name, string json, HclType type, HclSpan span)
    {
        try
        {
            return type.Convert(HclValue.FromJson(json)) ?? throw Unfit(name + JsonSuffix, type.Name, span);
        }
        catch (Exception e) when (e is JsonSyntaxException or HclArgumentException)
        {
            throw new HclException($"'{name}{JsonSuffix}' is not valid JSON: {e.Message}", span);
        }
    }

    private static HclValue Untyped(string name, string given, HclValue? standard, HclSpan span) => standard switch
    {
        HclBool => Primitive(name, given, new HclPrimitive("bool"), span),
        HclNumber => Primitive(name, given, new HclPrimitive("number"), span),
        HclList or HclMap => throw Unfit(name, standard.Kind, span,
            $"Add a type to the variable, e.g. type = {(standard is HclList ? "list(string)" : "map(string)")}, "
            + $"or unset {name} in the environment."),
        _ => new HclString(given),
    };

    private static HclValue Primitive(string name, string given, HclPrimitive type, HclSpan span) => type.Name switch
    {
        "string" => new HclString(given),
        "number" => decimal.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? new HclNumber(number)
            : throw Unfit(name, "a number", span),
        _ => given switch
        {
            "1" or "t" or "T" or "true" or "TRUE" or "True" => new HclBool(true),
            "0" or "f" or "F" or "false" or "FALSE" or "False" => new HclBool(false),
            _ => throw Unfit(name, "true or false", span),
        },
    };

    /// <summary>Fields with commas between them; those of a map are <c>KEY:VALUE</c>.</summary>
    private static HclValue FromCsv(string name, string given, HclType type, HclSpan span)
    {
        var fields = given.Length == 0 ? [] : Csv.Split(given)?.ToList() ?? throw Unfit(name, "a comma-separated list", span);
        var read = (type, Each(type)) switch
        {
            (HclTupleType tuple, _) when tuple.Items.Length == fields.Count && tuple.Items.All(item => item is HclPrimitive) =>
                HclValue.List(tuple.Items.Zip(fields, (item, field) => Primitive(name, field, (HclPrimitive)item, span))),
            (HclCollection { Kind: "map" }, HclPrimitive each) => Map(name, fields, each, span),
            (HclCollection, HclPrimitive each) => HclValue.List(fields.Select(field => Primitive(name, field, each, span))),
            _ => (HclValue?)null,
        };
        if (read is null)
            throw Unfit(name, type.Name, span, $"Set the variable as JSON in {name}{JsonSuffix}.");
        return type.Convert(read)!;
    }

    private static HclPrimitive? Each(HclType type) => (type as HclCollection)?.Each as HclPrimitive;

    private static HclMap Map(string name, List<string> fields, HclPrimitive each, HclSpan span)
    {
        var members = ImmutableSortedDictionary.CreateBuilder<string, HclValue>(StringComparer.Ordinal);
        foreach (var field in fields)
        {
            var pair = field.Split(':');
            members[pair[0]] = pair.Length == 2 ? Primitive(name, pair[1], each, span)
                : throw Unfit(name, "a comma-separated list of KEY:VALUE", span);
        }
        return new HclMap(members.ToImmutable());
    }

    private static HclException Unfit(string name, string expected, HclSpan span, string? hint = null) =>
        new($"the environment variable '{name}' must be {expected}",
            span,
            hint ?? $"Correct {name}, or unset it.");
}
