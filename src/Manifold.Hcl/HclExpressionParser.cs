using System.Collections.Immutable;
using System.Globalization;

namespace Manifold.Hcl;

/// <summary>Reads an expression by recursive descent, from the loosest to the tightest operator.</summary>
internal sealed partial class HclExpressionParser(HclCursor cursor)
{
    private static readonly ImmutableArray<ImmutableArray<string>> Operators =
        [["||"], ["&&"], ["==", "!="], ["<=", ">=", "<", ">"], ["+", "-"], ["*", "/", "%"]];

    public HclExpression Expression()
    {
        cursor.SkipBlanks();
        var start = cursor.At;
        var condition = Binary(0);
        if (!cursor.Take("?"))
            return condition;
        var then = cursor.Within(false, () =>
        {
            var value = Expression();
            cursor.Expect(":", "between the two values of a conditional expression");
            return value;
        });
        return new HclConditional(condition, then, cursor.Deeper(Expression), cursor.SpanFrom(start));
    }

    private HclExpression Binary(int level)
    {
        if (level == Operators.Length)
            return Unary();
        cursor.SkipBlanks();
        var start = cursor.At;
        var left = Binary(level + 1);
        for (var count = 0; TakeOperator(Operators[level]) is { } found; CheckLength(++count))
            left = new HclBinary(found, left, Binary(level + 1), cursor.SpanFrom(start));
        return left;
    }

    /// <summary>The parts of a chain are evaluated recursively, and the stack is bounded.</summary>
    private void CheckLength(int count)
    {
        if (count > 1000)
            throw cursor.Wrong("the expression has more than 1000 parts");
    }

    private string? TakeOperator(ImmutableArray<string> operators)
    {
        cursor.SkipBlanks();
        var found = operators.FirstOrDefault(cursor.Sees);
        // "=>" ends the key of a for expression; "/*" and "//" were skipped as comments.
        if (found is null || (found == "-" && cursor.PeekAt(1) == '>'))
            return null;
        cursor.At += found.Length;
        return found;
    }

    private HclExpression Unary()
    {
        cursor.SkipBlanks();
        var start = cursor.At;
        if (cursor.Peek is not ('!' or '-') || cursor.PeekAt(1) == '=')
            return Postfix();
        var sign = cursor.Peek;
        cursor.At++;
        return new HclUnary(sign, cursor.Deeper(Unary), cursor.SpanFrom(start));
    }

    private HclExpression Postfix()
    {
        cursor.SkipBlanks();
        var start = cursor.At;
        var value = Term();
        for (var count = 0; ; CheckLength(++count))
        {
            cursor.SkipBlanks();
            if (cursor.Sees("[*]"))
                value = Splat(value, start, "[*]", withIndexes: true);
            else if (cursor.Sees(".*"))
                value = Splat(value, start, ".*", withIndexes: false);
            else if (Step(value, start) is { } longer)
                value = longer;
            else
                return value;
        }
    }

    /// <summary><c>.name</c>, <c>.0</c>, or <c>[key]</c> after a value; null if none follows.</summary>
    private HclExpression? Step(HclExpression value, int start, bool withIndexes = true)
    {
        if (cursor.Peek == '.' && cursor.PeekAt(1) != '.')
        {
            cursor.At++;
            if (cursor.TakeName() is { } name)
                return new HclMember(value, name, cursor.SpanFrom(start));
            var digits = cursor.At;
            while (char.IsAsciiDigit(cursor.Peek))
                cursor.At++;
            return digits < cursor.At ? new HclIndex(value, new HclLiteral(Number(digits), cursor.SpanFrom(digits)), cursor.SpanFrom(start))
                : throw cursor.Wrong("expected a name after '.'");
        }
        if (cursor.Peek != '[' || !withIndexes)
            return null;
        cursor.At++;
        var key = cursor.Within(false, () =>
        {
            var inner = Expression();
            cursor.Expect("]", "after an index");
            return inner;
        });
        return new HclIndex(value, key, cursor.SpanFrom(start));
    }

    private HclSplat Splat(HclExpression list, int start, string mark, bool withIndexes)
    {
        cursor.At += mark.Length;
        HclExpression each = new HclVariable(HclSplat.ItemName, cursor.SpanFrom(start));
        while (Step(each, start, withIndexes) is { } longer)
            each = longer;
        return new HclSplat(list, each, cursor.SpanFrom(start));
    }

    private HclExpression Term()
    {
        var start = cursor.At;
        switch (cursor.Peek)
        {
            case '(': cursor.At++; return cursor.Within(false, Parenthesised);
            case '[': cursor.At++; return cursor.Within(false, () => Tuple(start));
            case '{': cursor.At++; return cursor.Within(true, () => Object(start));
            case '"': return Quoted();
            case '<' when cursor.PeekAt(1) == '<': return Heredoc();
            case >= '0' and <= '9': return NumberTerm();
        }
        var name = cursor.TakeName() ?? throw cursor.Wrong("expected a value", cursor.Peek == '\'' ? "Use double quotes." : null);
        while (cursor.Sees("::"))
        {
            cursor.At += 2;
            name += "::" + (cursor.TakeName() ?? throw cursor.Wrong("expected a name after '::'"));
        }
        if (cursor.Peek == '(')
            return Call(new HclLabel(name, cursor.SpanFrom(start)), start);
        return name switch
        {
            "true" or "false" => new HclLiteral(new HclBool(name == "true"), cursor.SpanFrom(start)),
            "null" => new HclLiteral(HclValue.Null, cursor.SpanFrom(start)),
            _ => new HclVariable(name, cursor.SpanFrom(start)),
        };
    }

    private HclExpression Parenthesised()
    {
        var inner = Expression();
        cursor.Expect(")", "after an expression in parentheses");
        return inner;
    }

    private HclCall Call(HclLabel name, int start)
    {
        cursor.At++;
        var arguments = ImmutableArray.CreateBuilder<HclExpression>();
        var expands = cursor.Within(false, () =>
        {
            var last = false;
            while (!cursor.Take(")"))
            {
                if (last || (arguments.Count > 0 && !cursor.Take(",")))
                    throw cursor.Wrong($"expected ',' or ')' in the arguments of '{name.Text}'");
                if (cursor.Take(")"))
                    break;
                arguments.Add(Expression());
                last = cursor.Take("...");
            }
            return last;
        });
        return new HclCall(name, arguments.ToImmutable(), expands, cursor.SpanFrom(start));
    }

    private HclLiteral NumberTerm()
    {
        var start = cursor.At;
        while (char.IsAsciiDigit(cursor.Peek))
            cursor.At++;
        if (cursor.Peek == '.' && char.IsAsciiDigit(cursor.PeekAt(1)))
        {
            cursor.At++;
            while (char.IsAsciiDigit(cursor.Peek))
                cursor.At++;
        }
        if (cursor.Peek is 'e' or 'E' && char.IsAsciiDigit(cursor.PeekAt(cursor.PeekAt(1) is '+' or '-' ? 2 : 1)))
        {
            cursor.At += 2;
            while (char.IsAsciiDigit(cursor.Peek))
                cursor.At++;
        }
        return new HclLiteral(Number(start), cursor.SpanFrom(start));
    }

    private HclNumber Number(int start) =>
        decimal.TryParse(cursor.Text.AsSpan(start, cursor.At - start), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? new HclNumber(number) : throw new HclException("the number is too large", cursor.SpanFrom(start));
}
