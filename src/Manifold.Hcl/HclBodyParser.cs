using System.Collections.Immutable;

namespace Manifold.Hcl;

/// <summary>Reads a file of the native syntax: attributes and blocks. Reports all faults at once, block by block.</summary>
/// <remarks>
/// <code>
/// file ─1─> body: NAME = expression │ TYPE "label" … { body }
///                 └─2─> HclExpressionParser ─3─> HclTemplateParser, in quotes and heredocs
/// </code>
/// After a fault, reading continues at the next line that begins with a name. Source: HCL native syntax specification.
/// </remarks>
internal sealed class HclBodyParser(HclCursor cursor)
{
    private readonly ImmutableArray<HclException>.Builder faults = ImmutableArray.CreateBuilder<HclException>();

    public static HclBody Parse(string text, int origin, out ImmutableArray<HclException> faults)
    {
        var parser = new HclBodyParser(new HclCursor(text, origin));
        var body = parser.File();
        faults = parser.faults.ToImmutable();
        return body;
    }

    private HclBody File()
    {
        var (attributes, blocks) = (ImmutableArray.CreateBuilder<HclAttribute>(), ImmutableArray.CreateBuilder<HclBlock>());
        for (cursor.SkipLines(); !cursor.IsAtEnd; cursor.SkipLines())
        {
            try
            {
                Item(attributes, blocks);
            }
            catch (HclException e)
            {
                faults.Add(e);
                cursor.BackToTop();
                SkipToNextItem();
            }
        }
        return new HclBody(attributes.ToImmutable(), blocks.ToImmutable());
    }

    private HclBody Body()
    {
        var (attributes, blocks) = (ImmutableArray.CreateBuilder<HclAttribute>(), ImmutableArray.CreateBuilder<HclBlock>());
        for (cursor.SkipLines(); !cursor.Take("}"); cursor.SkipLines())
            Item(attributes, blocks);
        return new HclBody(attributes.ToImmutable(), blocks.ToImmutable());
    }

    private void Item(ImmutableArray<HclAttribute>.Builder attributes, ImmutableArray<HclBlock>.Builder blocks)
    {
        var start = cursor.At;
        var name = cursor.TakeName() ?? throw cursor.Wrong("expected the name of an attribute or a block");
        var span = cursor.SpanFrom(start);
        cursor.SkipBlanks();
        if (cursor.Peek == '=' && cursor.PeekAt(1) != '=')
        {
            cursor.At++;
            if (attributes.FirstOrDefault(attribute => attribute.Name == name) is not null)
                throw new HclException($"'{name}' is set twice in the same block", span);
            attributes.Add(new HclAttribute(name, span, new HclExpressionParser(cursor).Expression()));
        }
        else
        {
            blocks.Add(Block(new HclLabel(name, span)));
        }
        cursor.SkipBlanks();
        if (!cursor.IsAtEnd && cursor.Peek is not ('\n' or '}'))
            throw cursor.Wrong("expected the end of the line");
    }

    private HclBlock Block(HclLabel type)
    {
        var labels = ImmutableArray.CreateBuilder<HclLabel>();
        while (!cursor.Take("{"))
        {
            var start = cursor.At;
            if (cursor.TakeName() is { } name)
                labels.Add(new HclLabel(name, cursor.SpanFrom(start)));
            else if (cursor.Peek == '"' && new HclExpressionParser(cursor).Quoted() is HclLiteral { Value: HclString label })
                labels.Add(new HclLabel(label.Value, cursor.SpanFrom(start)));
            else
                throw cursor.Wrong($"expected '=', a quoted name or '{{' after '{type.Text}'");
        }
        return new HclBlock(type, labels.ToImmutable(), cursor.Within(true, Body));
    }

    private void SkipToNextItem()
    {
        do
            cursor.At = cursor.Text.IndexOf('\n', cursor.At) is >= 0 and var end ? end + 1 : cursor.Text.Length;
        while (!cursor.IsAtEnd && !char.IsLetter(cursor.Peek));
    }
}
