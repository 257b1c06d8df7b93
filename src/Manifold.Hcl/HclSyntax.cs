using System.Collections.Immutable;

namespace Manifold.Hcl;

/// <summary>A part of a text, in characters from its beginning.</summary>
/// <remarks>The offsets of a file can begin at a number other than 0, so that several files share one row of offsets.</remarks>
public readonly record struct HclSpan(int Start, int Length)
{
    public int End => Start + Length;
}

/// <summary>The content of a file or of a block.</summary>
public sealed record HclBody(ImmutableArray<HclAttribute> Attributes, ImmutableArray<HclBlock> Blocks)
{
    /// <summary>Returns the attribute of that name, or null. If several files set it, the last one counts.</summary>
    public HclAttribute? Find(string name) => Attributes.LastOrDefault(attribute => attribute.Name == name);
}

/// <summary>An attribute: <c>NAME = expression</c>.</summary>
public sealed record HclAttribute(string Name, HclSpan NameSpan, HclExpression Value);

/// <summary>A word of a block's first line, or the name of a function.</summary>
public sealed record HclLabel(string Text, HclSpan Span);

/// <summary>A block: <c>TYPE "label" … { body }</c>.</summary>
public sealed record HclBlock(HclLabel Type, ImmutableArray<HclLabel> Labels, HclBody Body);

/// <summary>An expression as it is written. A closed family.</summary>
public abstract record HclExpression(HclSpan Span)
{
    /// <summary>Returns the value of the expression.</summary>
    /// <remarks>Changes nothing. Only the functions <c>timestamp</c> and <c>uuidv4</c> give a new result each time.</remarks>
    /// <exception cref="HclException">The expression has no value. The exception has the place and the reason.</exception>
    public HclValue Evaluate(HclScope scope) => HclEvaluator.Evaluate(this, scope);
}

/// <summary>A value that is written out: <c>"text"</c>, <c>1.5</c>, <c>true</c>, <c>null</c>.</summary>
public sealed record HclLiteral(HclValue Value, HclSpan Span) : HclExpression(Span);

/// <summary>A string with <c>${…}</c> or <c>%{…}</c> in it: parts that are joined.</summary>
public sealed record HclTemplate(ImmutableArray<HclExpression> Parts, HclSpan Span) : HclExpression(Span);

/// <summary>The name of a variable.</summary>
public sealed record HclVariable(string Name, HclSpan Span) : HclExpression(Span);

/// <summary><c>object.name</c></summary>
public sealed record HclMember(HclExpression Object, string Name, HclSpan Span) : HclExpression(Span);

/// <summary><c>object[key]</c></summary>
public sealed record HclIndex(HclExpression Object, HclExpression Key, HclSpan Span) : HclExpression(Span);

/// <summary><c>list[*].name</c></summary>
/// <param name="Each">Evaluated for every item, which is its variable <see cref="ItemName"/>.</param>
public sealed record HclSplat(HclExpression List, HclExpression Each, HclSpan Span) : HclExpression(Span)
{
    public const string ItemName = "*";
}

/// <summary>A call of a function.</summary>
/// <param name="ExpandsLast">True if the last argument is a list of arguments: <c>f(list...)</c>.</param>
public sealed record HclCall(HclLabel Name, ImmutableArray<HclExpression> Arguments, bool ExpandsLast, HclSpan Span)
    : HclExpression(Span);

/// <summary><c>!flag</c> or <c>-number</c></summary>
public sealed record HclUnary(char Operator, HclExpression Operand, HclSpan Span) : HclExpression(Span);

/// <summary>An operator with a value on either side.</summary>
public sealed record HclBinary(string Operator, HclExpression Left, HclExpression Right, HclSpan Span) : HclExpression(Span);

/// <summary><c>condition ? then : else</c></summary>
public sealed record HclConditional(HclExpression Condition, HclExpression Then, HclExpression Else, HclSpan Span)
    : HclExpression(Span);

/// <summary><c>[item, …]</c></summary>
public sealed record HclTuple(ImmutableArray<HclExpression> Items, HclSpan Span) : HclExpression(Span);

/// <summary><c>{ key = value, … }</c></summary>
public sealed record HclObject(ImmutableArray<(HclExpression Key, HclExpression Value)> Items, HclSpan Span) : HclExpression(Span);

/// <summary><c>[for k, v in list : value if condition]</c>. With a key, the result is a map; in a template, it is a string.</summary>
public sealed record HclFor : HclExpression
{
    public HclFor(HclSpan span) : base(span)
    {
    }

    public string? KeyName { get; init; }
    public required string ValueName { get; init; }
    public required HclExpression Collection { get; init; }

    /// <summary>The key of each member; null if the result is a list.</summary>
    public HclExpression? Key { get; init; }
    public required HclExpression Value { get; init; }
    public HclExpression? Condition { get; init; }

    /// <summary>True if values of the same key become a list: <c>value...</c></summary>
    public bool Groups { get; init; }

    /// <summary>True if written as <c>%{for}</c>: the values are joined to a string.</summary>
    public bool IsTemplate { get; init; }
}
