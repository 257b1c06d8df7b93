namespace Manifold.Hcl;

/// <summary>A position in a text that knows the place of each character in its file.</summary>
/// <param name="text">A file, or a string of a JSON file.</param>
/// <param name="origin">The offset in the file at which the text begins.</param>
/// <param name="whole">The length of the one place that stands for all characters, if the string has escapes; otherwise null.</param>
internal sealed class HclCursor(string text, int origin = 0, int? whole = null)
{
    // Deeper than people write, and it bounds the stack.
    private const int Deepest = 200;

    private readonly Stack<bool> newlinesEnd = new([true]);

    public string Text => text;

    public int At { get; set; }

    public bool IsAtEnd => At >= text.Length;

    public char Peek => At < text.Length ? text[At] : '\0';

    public char PeekAt(int ahead) => At + ahead < text.Length ? text[At + ahead] : '\0';

    public bool Sees(string expected) => string.CompareOrdinal(text, At, expected, 0, expected.Length) == 0;

    public bool Take(string expected)
    {
        SkipBlanks();
        if (!Sees(expected))
            return false;
        At += expected.Length;
        return true;
    }

    public void Expect(string expected, string where)
    {
        if (!Take(expected))
            throw Wrong($"expected '{expected}' {where}");
    }

    /// <summary>Reads the inside of brackets, where a line's end means something or not.</summary>
    public T Within<T>(bool newlinesMatter, Func<T> read)
    {
        if (newlinesEnd.Count > Deepest)
            throw Wrong($"more than {Deepest} levels of nesting are not supported");
        newlinesEnd.Push(newlinesMatter);
        var result = read();
        newlinesEnd.Pop();
        return result;
    }

    /// <summary>Reads something one level deeper. Line ends mean what they mean here.</summary>
    public T Deeper<T>(Func<T> read) => Within(newlinesEnd.Peek(), read);

    /// <summary>Closes the brackets that a fault left open.</summary>
    public void BackToTop()
    {
        while (newlinesEnd.Count > 1)
            newlinesEnd.Pop();
    }

    /// <summary>Skips blanks and comments, and line ends if they mean nothing here.</summary>
    public void SkipBlanks() => Skip(newlines: !newlinesEnd.Peek());

    public void SkipLines() => Skip(newlines: true);

    public string? TakeName()
    {
        SkipBlanks();
        var start = At;
        if (!char.IsLetter(Peek) && Peek != '_')
            return null;
        while (char.IsLetterOrDigit(Peek) || Peek is '_' or '-')
            At++;
        return text[start..At];
    }

    /// <summary>True if this whole word is next.</summary>
    public bool SeesWord(string word)
    {
        SkipBlanks();
        return Sees(word) && !(char.IsLetterOrDigit(PeekAt(word.Length)) || PeekAt(word.Length) is '_' or '-');
    }

    public HclSpan SpanFrom(int start) => Span(start, At - start);

    public HclSpan Span(int start, int length) =>
        whole is { } all ? new HclSpan(origin, all) : new HclSpan(origin + start, Math.Max(1, length));

    public HclException Wrong(string message, string? hint = null) =>
        new(IsAtEnd ? message + ", but the text ends here" : message, Span(At, 1), hint);

    private void Skip(bool newlines)
    {
        while (!IsAtEnd)
        {
            if (Peek is ' ' or '\t' or '\r' || (newlines && Peek == '\n'))
                At++;
            else if (Peek == '#' || Sees("//"))
                At = text.IndexOf('\n', At) is >= 0 and var end ? end : text.Length;
            else if (Sees("/*"))
                At = text.IndexOf("*/", At + 2, StringComparison.Ordinal) is >= 0 and var end ? end + 2
                    : throw Wrong("the comment is not closed. Expected '*/'");
            else
                return;
        }
    }
}
