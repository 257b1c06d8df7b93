using System.Collections.Immutable;

namespace Manifold.Projects.Bake.Hcl;

/// <summary>A part of a file, by offset.</summary>
internal readonly record struct HclSpan(int Start, int Length)
{
    public int End => Start + Length;
}

/// <summary>Something in the file is wrong, or more than is read here.</summary>
internal sealed class HclException(string message, HclSpan span, string? hint = null) : Exception(message)
{
    public HclSpan Span => span;
    public string? Hint => hint;
}

internal sealed record HclBody(ImmutableArray<HclAttribute> Attributes, ImmutableArray<HclBlock> Blocks)
{
    public HclAttribute? Find(string name) => Attributes.LastOrDefault(attribute => attribute.Name == name);
}

internal sealed record HclAttribute(string Name, HclSpan NameSpan, HclExpression Value);

internal sealed record HclLabel(string Text, HclSpan Span);

internal sealed record HclBlock(HclLabel Type, ImmutableArray<HclLabel> Labels, HclBody Body);

/// <summary>An expression as it was written. A closed family.</summary>
internal abstract record HclExpression(HclSpan Span);

internal sealed record HclLiteral(HclValue Value, HclSpan Span) : HclExpression(Span);

/// <summary>Parts that become one text.</summary>
internal sealed record HclTemplate(ImmutableArray<HclExpression> Parts, HclSpan Span) : HclExpression(Span);

internal sealed record HclVariable(string Name, HclSpan Span) : HclExpression(Span);

internal sealed record HclMember(HclExpression Object, string Name, HclSpan Span) : HclExpression(Span);

internal sealed record HclIndex(HclExpression Object, HclExpression Key, HclSpan Span) : HclExpression(Span);

/// <summary><c>list[*].name</c>: <see cref="Each"/> for every item, which it calls <see cref="ItemName"/>.</summary>
internal sealed record HclSplat(HclExpression List, HclExpression Each, HclSpan Span) : HclExpression(Span)
{
    public const string ItemName = "*";
}

/// <param name="ExpandsLast">The last argument is a list of arguments: <c>f(list...)</c>.</param>
internal sealed record HclCall(HclLabel Name, ImmutableArray<HclExpression> Arguments, bool ExpandsLast, HclSpan Span) : HclExpression(Span);

internal sealed record HclUnary(char Operator, HclExpression Operand, HclSpan Span) : HclExpression(Span);

internal sealed record HclBinary(string Operator, HclExpression Left, HclExpression Right, HclSpan Span) : HclExpression(Span);

internal sealed record HclConditional(HclExpression Condition, HclExpression Then, HclExpression Else, HclSpan Span) : HclExpression(Span);

internal sealed record HclTuple(ImmutableArray<HclExpression> Items, HclSpan Span) : HclExpression(Span);

internal sealed record HclObject(ImmutableArray<(HclExpression Key, HclExpression Value)> Items, HclSpan Span) : HclExpression(Span);

/// <summary><c>[for k, v in list : value if condition]</c>; with a key the result is a map; in a template it is a text.</summary>
internal sealed record HclFor : HclExpression
{
    public HclFor(HclSpan span) : base(span)
    {
    }

    public string? KeyName { get; init; }
    public required string ValueName { get; init; }
    public required HclExpression Collection { get; init; }

    /// <summary>Null for a list.</summary>
    public HclExpression? Key { get; init; }
    public required HclExpression Value { get; init; }
    public HclExpression? Condition { get; init; }

    /// <summary>Values of the same key become a list: <c>value...</c></summary>
    public bool Groups { get; init; }

    /// <summary>Written <c>%{for}</c>: the values are joined.</summary>
    public bool IsTemplate { get; init; }
}
