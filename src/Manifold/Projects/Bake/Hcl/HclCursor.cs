namespace Manifold.Projects.Bake.Hcl;

/// <summary>Walks over a text, and knows where each character stands in its file.</summary>
/// <param name="text">A file, or a text of a JSON file.</param>
/// <param name="origin">Where in the file the text begins.</param>
/// <param name="whole">The length of the place that stands for every character, where they cannot be told apart; null where they can.</param>
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

    /// <summary>Reads something between brackets, within which a line's end means something or not.</summary>
    public T Within<T>(bool newlinesMatter, Func<T> read)
    {
        if (newlinesEnd.Count > Deepest)
            throw Wrong($"more than {Deepest} levels of nesting are not supported");
        newlinesEnd.Push(newlinesMatter);
        var result = read();
        newlinesEnd.Pop();
        return result;
    }

    /// <summary>Reads something one level deeper, with line ends as they are here.</summary>
    public T Deeper<T>(Func<T> read) => Within(newlinesEnd.Peek(), read);

    /// <summary>Forgets what a fault left open.</summary>
    public void BackToTop()
    {
        while (newlinesEnd.Count > 1)
            newlinesEnd.Pop();
    }

    /// <summary>Skips blanks and comments, and line ends where they mean nothing.</summary>
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

    /// <summary>Whether a word stands here by itself.</summary>
    public bool SeesWord(string word)
    {
        SkipBlanks();
        return Sees(word) && !(char.IsLetterOrDigit(PeekAt(word.Length)) || PeekAt(word.Length) is '_' or '-');
    }

    public HclSpan SpanFrom(int start) => Span(start, At - start);

    public HclSpan Span(int start, int length) => whole is { } all ? new HclSpan(origin, all) : new HclSpan(origin + start, Math.Max(1, length));

    public HclException Wrong(string message, string? hint = null) => new(IsAtEnd ? message + ", but the text ends here" : message,
        Span(At, 1), hint);

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
