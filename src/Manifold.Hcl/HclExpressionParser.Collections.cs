using System.Collections.Immutable;

namespace Manifold.Hcl;

/// <summary>Lists, maps, and for expressions.</summary>
internal sealed partial class HclExpressionParser
{
    private HclExpression Tuple(int start)
    {
        if (cursor.SeesWord("for"))
            return For(start, "]");
        var items = ImmutableArray.CreateBuilder<HclExpression>();
        while (!cursor.Take("]"))
        {
            if (items.Count > 0 && !cursor.Take(","))
                throw cursor.Wrong("expected ',' or ']' in a list");
            if (cursor.Take("]"))
                break;
            items.Add(Expression());
        }
        return new HclTuple(items.ToImmutable(), cursor.SpanFrom(start));
    }

    private HclExpression Object(int start)
    {
        cursor.SkipLines();
        if (cursor.SeesWord("for"))
            return cursor.Within(false, () => For(start, "}"));
        var items = ImmutableArray.CreateBuilder<(HclExpression, HclExpression)>();
        for (; !cursor.Take("}"); cursor.SkipLines())
        {
            var key = Key();
            if (!cursor.Take("=") && !cursor.Take(":"))
                throw cursor.Wrong("expected '=' or ':' after the key of a map");
            items.Add((key, Expression()));
            var line = cursor.At;
            cursor.SkipLines();
            if (!cursor.Take(",") && cursor.Peek != '}' && cursor.Text.IndexOf('\n', line, cursor.At - line) < 0)
                throw cursor.Wrong("expected ',', the end of the line or '}' in a map");
        }
        return new HclObject(items.ToImmutable(), cursor.SpanFrom(start));
    }

    /// <summary>A bare name is the key itself; in parentheses it is a variable.</summary>
    private HclExpression Key()
    {
        cursor.SkipLines();
        var start = cursor.At;
        if (cursor.TakeName() is { } name)
        {
            cursor.SkipBlanks();
            if (cursor.Peek is '=' or ':')
                return new HclLiteral(new HclString(name), cursor.Span(start, name.Length));
            cursor.At = start;
        }
        return Expression();
    }

    private HclFor For(int start, string end)
    {
        cursor.Take("for");
        var (key, value) = LoopNames();
        var collection = Expression();
        cursor.Expect(":", "after the collection of a for expression");
        var first = Expression();
        var second = end == "}" && Arrow() ? Expression() : null;
        if (end == "}" && second is null)
            throw cursor.Wrong("expected '=>' between the key and the value of a for expression that makes a map");
        var groups = second is not null && cursor.Take("...");
        var condition = cursor.SeesWord("if") && cursor.Take("if") ? Expression() : null;
        cursor.Expect(end, "at the end of a for expression");
        return new HclFor(cursor.SpanFrom(start))
        {
            KeyName = key,
            ValueName = value,
            Collection = collection,
            Key = second is null ? null : first,
            Value = second ?? first,
            Condition = condition,
            Groups = groups,
        };
    }

    /// <summary><c>value in</c> or <c>key, value in</c>.</summary>
    internal (string? Key, string Value) LoopNames()
    {
        var first = cursor.TakeName() ?? throw cursor.Wrong("expected a name after 'for'");
        var second = cursor.Take(",") ? cursor.TakeName() ?? throw cursor.Wrong("expected a second name after ','") : null;
        if (!cursor.SeesWord("in"))
            throw cursor.Wrong("expected 'in' after the names of a for expression");
        cursor.Take("in");
        return second is null ? (null, first) : (first, second);
    }

    private bool Arrow() => cursor.Take("=>");
}
