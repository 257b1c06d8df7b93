using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Manifold.Hcl;

/// <summary>The surroundings of a template.</summary>
internal sealed record TemplateForm
{
    /// <summary>True if backslashes are escapes, and a quotation mark ends the template.</summary>
    public bool IsQuoted { get; init; }

    /// <summary>The offset at which the template ends in any case.</summary>
    public required int End { get; init; }

    /// <summary>The number of blanks to remove from each line.</summary>
    public int Indent { get; init; }
}

/// <summary>Reads a text with <c>${…}</c>, <c>%{if}</c>, and <c>%{for}</c> in it.</summary>
internal sealed class HclTemplateParser(HclCursor cursor, TemplateForm form)
{
    private readonly StringBuilder literal = new();
    private int literalStart;

    /// <summary>The end of the blanks that a <c>~}</c> removed. The text after it does not begin a line, even if it looks so.</summary>
    private int trimmedTo = -1;

    /// <summary>The directive at which <see cref="Parts"/> stopped: else, endif, or endfor; null at the end.</summary>
    private string? stop;

    /// <summary>Reads a string of a JSON file, which is a template as a whole.</summary>
    public static HclExpression Parse(string text, int origin, int? whole)
    {
        var cursor = new HclCursor(text, origin, whole);
        var parts = new HclTemplateParser(cursor, new TemplateForm { End = text.Length }).Parts();
        return Join(parts, cursor.Span(0, text.Length));
    }

    /// <summary>A template that is only one <c>${…}</c> keeps the value's kind.</summary>
    public static HclExpression Join(ImmutableArray<HclExpression> parts, HclSpan span, bool unwraps = true) => parts switch
    {
        [] => new HclLiteral(new HclString(""), span),
        [HclLiteral { Value: HclString } only] => only with { Span = span },
        [HclFor { IsTemplate: true } or HclConditional { Then: HclTemplate }] => new HclTemplate(parts, span),
        [var only] when unwraps => only,
        _ => new HclTemplate(parts, span),
    };

    public ImmutableArray<HclExpression> Parts()
    {
        var parts = ReadParts();
        if (stop is not null)
            throw cursor.Wrong($"%{{{stop}}} has no matching %{{if}} or %{{for}}");
        return parts;
    }

    private ImmutableArray<HclExpression> ReadParts()
    {
        var parts = ImmutableArray.CreateBuilder<HclExpression>();
        (stop, literalStart) = (null, cursor.At);
        while (cursor.At < form.End && !(form.IsQuoted && cursor.Peek is '"' or '\n'))
        {
            if (cursor.Sees("$${") || cursor.Sees("%%{"))
                Append(cursor.Text.AsSpan(cursor.At + 1, 2), 3);
            else if (cursor.Sees("${"))
                parts.AddRange(Flush(cursor.PeekAt(2) == '~').Append(Interpolation()));
            else if (cursor.Sees("%{"))
            {
                parts.AddRange(Flush(cursor.PeekAt(2) == '~'));
                if (Directive() is not { } part)
                    return parts.ToImmutable();
                parts.Add(part);
            }
            else
                Character();
        }
        parts.AddRange(Flush(false));
        stop = null;
        return parts.ToImmutable();
    }

    private void Append(ReadOnlySpan<char> text, int length)
    {
        literal.Append(text);
        cursor.At += length;
    }

    private void Character()
    {
        if (form.IsQuoted && cursor.Peek == '\\')
        {
            Escape();
            return;
        }
        var startsLine = form.Indent > 0 && cursor.At != trimmedTo && cursor.Text[cursor.At - 1] == '\n';
        if (startsLine && !cursor.Text.AsSpan(cursor.At, LineEnd() - cursor.At).IsWhiteSpace())
        {
            cursor.At += form.Indent;
            if (cursor.Sees("${") || cursor.Sees("%{") || cursor.Sees("$${") || cursor.Sees("%%{"))
                return;
        }
        if (cursor.Peek == NullCharacter.Value)
            throw cursor.Wrong(NullCharacter.Refused);
        Append(cursor.Text.AsSpan(cursor.At, 1), 1);
    }

    private int LineEnd() => cursor.Text.IndexOf('\n', cursor.At) is >= 0 and var end ? end : cursor.Text.Length;

    private void Escape()
    {
        var letter = cursor.PeekAt(1);
        var digits = letter switch { 'u' => 4, 'U' => 8, _ => 0 };
        if (digits == 0)
        {
            literal.Append(HclExpressionParser.Escape(letter) ?? throw cursor.Wrong($"'\\{letter}' is not a valid escape sequence",
                "Valid escape sequences: \\n \\r \\t \\\" \\\\ \\uNNNN \\UNNNNNNNN."));
            cursor.At += 2;
            return;
        }
        if (!TryReadCode(cursor.At + 2, digits, out var code))
            throw cursor.Wrong($"expected {digits} hexadecimal digits after '\\{letter}'");
        if (code == NullCharacter.Value)
            throw cursor.Wrong(NullCharacter.Refused);
        literal.Append(HclExpressionParser.Unicode(code));
        cursor.At += 2 + digits;
    }

    private bool TryReadCode(int start, int digits, out int code)
    {
        code = 0;
        return start + digits <= cursor.Text.Length
            && int.TryParse(
                cursor.Text.AsSpan(start, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code)
            && Rune.IsValid(code);
    }

    /// <summary>The literal text that was collected, if any.</summary>
    private ImmutableArray<HclExpression> Flush(bool trimsEnd)
    {
        var text = trimsEnd ? WithoutEnd(literal.ToString()) : literal.ToString();
        literal.Clear();
        return text.Length == 0 ? [] : [new HclLiteral(new HclString(text), cursor.SpanFrom(literalStart))];
    }

    /// <summary>A <c>~</c> removes blanks up to the beginning of its line. If it is there already, it removes the line before.</summary>
    private static string WithoutEnd(string text)
    {
        var line = text.Length == 0 ? 0 : text.LastIndexOf('\n', text.Length - 1 - (text[^1] == '\n' ? 1 : 0)) + 1;
        return text[..line] + text[line..].TrimEnd();
    }

    /// <summary>In the other direction, it removes blanks up to the end of its line.</summary>
    private void SkipToLineEnd()
    {
        while (cursor.At < form.End && cursor.Peek != '\n' && char.IsWhiteSpace(cursor.Peek))
            cursor.At++;
        if (cursor.At < form.End && cursor.Peek == '\n' && !form.IsQuoted)
            cursor.At++;
        trimmedTo = cursor.At;
    }

    private HclExpression Interpolation()
    {
        var start = cursor.At;
        cursor.At += cursor.PeekAt(2) == '~' ? 3 : 2;
        var value = cursor.Within(false, () =>
        {
            var inner = new HclExpressionParser(cursor).Expression();
            Close("${", start);
            return inner;
        });
        literalStart = cursor.At;
        return value;
    }

    private void Close(string opening, int start)
    {
        if (cursor.Take("~}"))
            SkipToLineEnd();
        else if (!cursor.Take("}"))
            throw cursor.IsAtEnd ? new HclException($"'{opening}' is not closed. Expected '}}'", cursor.Span(start, opening.Length))
                : cursor.Wrong($"expected '}}' at the end of '{opening}'");
        literalStart = cursor.At;
    }

    /// <summary>Reads an if or a for up to its end. Returns null for a word that ends one, which is then <see cref="stop"/>.</summary>
    private HclExpression? Directive()
    {
        var start = cursor.At;
        cursor.At += cursor.PeekAt(2) == '~' ? 3 : 2;
        var word = cursor.Within(false, cursor.TakeName);
        switch (word)
        {
            case "if": return If(start);
            case "for": return For(start);
            case "else" or "endif" or "endfor":
                cursor.Within(false, () => { Close("%{", start); return 0; });
                stop = word;
                return null;
            default:
                throw cursor.Wrong($"'%{{{word}' is not a directive",
                "Directives: if, else, endif, for, endfor. Write %%{ for a literal %{.");
        }
    }

    private HclConditional If(int start)
    {
        var condition = cursor.Within(false, () =>
        {
            var inner = new HclExpressionParser(cursor).Expression();
            Close("%{", start);
            return inner;
        });
        var then = Template(start);
        HclExpression otherwise = stop == "else" ? Template(start) : new HclLiteral(new HclString(""), cursor.Span(start, 2));
        return stop == "endif"
            ? new HclConditional(condition, then, otherwise, cursor.SpanFrom(start))
            : throw new HclException("%{if} has no %{endif}", cursor.Span(start, 2));
    }

    private HclFor For(int start)
    {
        var (names, collection) = cursor.Within(false, () =>
        {
            var parser = new HclExpressionParser(cursor);
            var found = parser.LoopNames();
            var inner = parser.Expression();
            Close("%{", start);
            return (found, inner);
        });
        var body = Template(start);
        if (stop != "endfor")
            throw new HclException("%{for} has no %{endfor}", cursor.Span(start, 2));
        return new HclFor(cursor.SpanFrom(start))
        {
            KeyName = names.Key,
            ValueName = names.Value,
            Collection = collection,
            Value = body,
            IsTemplate = true,
        };
    }

    private HclTemplate Template(int start) => new(cursor.Deeper(ReadParts), cursor.SpanFrom(start));
}
