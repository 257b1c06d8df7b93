using System.Collections.Immutable;
using Manifold.Hcl.Json;

namespace Manifold.Hcl;

/// <summary>Reads texts of the HashiCorp configuration language into a tree in which everything knows its place.</summary>
/// <remarks>
/// <code>
/// text ─1─> HclParser ─2─> HclBody: attributes and blocks ─3─> HclExpression.Evaluate(HclScope) ─4─> HclValue
/// </code>
/// 1. <see cref="Parse"/> or <see cref="ParseJson"/>. 2. The tree. The caller decides what its blocks and attributes mean.
/// 3. The scope has the caller's variables and functions. 4. An <see cref="HclType"/> can check and convert the value.
/// Sources: the HCL native syntax specification, and the HCL JSON syntax specification.
/// </remarks>
public static class HclParser
{
    /// <summary>Reads a file in the native syntax.</summary>
    /// <param name="faults">All faults, one for each attribute or block that cannot be read. The others are in the result.</param>
    /// <param name="origin">The offset of the text's first character.</param>
    public static HclBody Parse(string text, out ImmutableArray<HclException> faults, int origin = 0) =>
        HclBodyParser.Parse(text, origin, out faults);

    /// <summary>Reads a file in the JSON syntax, in which only the caller knows which names are blocks.</summary>
    /// <exception cref="HclException">The text is not JSON, or a block is not an object.</exception>
    public static HclBody ParseJson(string text, ImmutableArray<HclBlockSchema> blocks, int origin = 0) =>
        new JsonBody(origin).File(text, blocks);

    /// <summary>Reads one expression.</summary>
    /// <exception cref="HclException">The text is not an expression.</exception>
    public static HclExpression ParseExpression(string text, int origin = 0)
    {
        var cursor = new HclCursor(text, origin);
        var expression = new HclExpressionParser(cursor).Expression();
        cursor.SkipLines();
        return cursor.IsAtEnd ? expression : throw cursor.Wrong("unexpected text after the end of the expression");
    }
}

/// <summary>A block of the JSON syntax: a member of that name is a block, or several in a list.</summary>
/// <param name="HasLabel">True if its members are the blocks' labels: <c>{"target": {"app": {…}}}</c>.</param>
/// <param name="Blocks">The blocks inside it.</param>
public sealed record HclBlockSchema(string Type, bool HasLabel, ImmutableArray<HclBlockSchema> Blocks);
