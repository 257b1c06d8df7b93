using System.Collections.Immutable;
using System.Text;

namespace Manifold.Dockerfile;

/// <summary>One pass over one word.</summary>
internal sealed partial class ExpansionReader(string source, ExpansionRules rules, Func<string, string?> lookup)
{
    private const char End = '\uFFFF';

    private readonly SortedSet<string> used = new(StringComparer.Ordinal);
    private readonly SortedSet<string> unset = new(StringComparer.Ordinal);
    private int at;
    private int depth;

    private char Peek => at < source.Length ? source[at] : End;

    private bool AtEnd => at >= source.Length;

    public ExpansionResult Read()
    {
        var words = new WordList();
        string? error = null;
        // BuildKit's reader of words takes a byte order mark away.
        at = source.StartsWith('\uFEFF') ? 1 : 0;
        try
        {
            ReadUntil(null, rules.KeepEscapes, words);
        }
        catch (ExpansionException e)
        {
            (error, words) = (e.Message, new WordList());
        }
        return new ExpansionResult
        {
            Text = words.Text.ToString(),
            Words = words.Finish(),
            Error = error,
            Used = used.ToImmutableSortedSet(StringComparer.Ordinal),
            Unset = unset.ToImmutableSortedSet(StringComparer.Ordinal),
        };
    }

    /// <summary>Reads up to and past <paramref name="stop"/>, or to the end where it is null.</summary>
    private void ReadUntil(char? stop, bool keepEscapes, WordList words)
    {
        for (; !AtEnd; Bound(words.Text.Length))
        {
            var c = Peek;
            if (c == stop)
            {
                at++;
                return;
            }
            switch (c)
            {
                case '$':
                    words.AddSplitting(ReadVariable(keepEscapes));
                    break;
                case '\'' when !rules.PlainQuotes:
                    words.AddQuoted(ReadSingleQuoted());
                    break;
                case '"' when !rules.PlainQuotes:
                    words.AddQuoted(ReadDoubleQuoted(keepEscapes));
                    break;
                default:
                    ReadPlain(keepEscapes, words);
                    break;
            }
        }
        if (stop is not null)
            throw new ExpansionException(stop == '/' ? "missing '/' in ${…}" : "missing '}'");
    }

    private void ReadPlain(bool keepEscapes, WordList words)
    {
        if (rules.KeepHeredocs && source.AsSpan(at).StartsWith("<<"))
        {
            words.AddQuoted(ReadHeredocStart());
            return;
        }
        var c = source[at++];
        if (c != rules.Escape)
        {
            words.AddSplitting(c);
            return;
        }
        if (keepEscapes)
            words.AddQuoted(c);
        if (!AtEnd)
            words.AddQuoted(source[at++]);
    }

    /// <summary><c>&lt;&lt;[-]</c> and the blanks up to its word, which so do not part the two.</summary>
    private string ReadHeredocStart()
    {
        var start = at;
        at += 2;
        if (Peek == '-')
            at++;
        while (Peek is ' ' or '\t' or '\r')
            at++;
        return source[start..at];
    }

    private string ReadSingleQuoted()
    {
        var close = source.IndexOf('\'', at + 1);
        if (close < 0)
            throw new ExpansionException("missing closing single quote");
        var (from, to) = rules.KeepQuotes ? (at, close + 1) : (at + 1, close);
        at = close + 1;
        return source[from..to];
    }

    /// <summary>Within double quotes the escape character works before <c>" $</c> and itself only, and is literal elsewhere.</summary>
    private string ReadDoubleQuoted(bool keepEscapes)
    {
        var text = new StringBuilder();
        at++;
        if (rules.KeepQuotes)
            text.Append('"');
        for (; !AtEnd && Peek != '"'; Bound(text.Length))
        {
            if (Peek == '$')
            {
                text.Append(ReadVariable(keepEscapes));
                continue;
            }
            var c = source[at++];
            if (c == rules.Escape)
            {
                if (keepEscapes)
                    text.Append(c);
                if (AtEnd)
                    break;
                if (Peek is '"' or '$' || Peek == rules.Escape)
                    c = source[at++];
            }
            text.Append(c);
        }
        if (AtEnd)
            throw new ExpansionException("missing closing double quote");
        at++;
        return (rules.KeepQuotes ? text.Append('"') : text).ToString();
    }

    private void Bound(int length)
    {
        if (length > rules.MaximumLength)
            throw new ExpansionException($"the result is longer than {rules.MaximumLength} characters");
    }

    /// <summary>Ends a pass; never leaves <see cref="Read"/>.</summary>
    private sealed class ExpansionException(string message) : Exception(message);

    /// <summary>The text read so far, and the same split into words.</summary>
    private sealed class WordList
    {
        private readonly ImmutableArray<string>.Builder words = ImmutableArray.CreateBuilder<string>();
        private readonly StringBuilder word = new();

        public StringBuilder Text { get; } = new();

        public void AddQuoted(string text)
        {
            Text.Append(text);
            word.Append(text);
        }

        public void AddQuoted(char c)
        {
            Text.Append(c);
            word.Append(c);
        }

        public void AddSplitting(string text)
        {
            foreach (var c in text)
                AddSplitting(c);
        }

        public void AddSplitting(char c)
        {
            Text.Append(c);
            if (!char.IsWhiteSpace(c))
                word.Append(c);
            else
                EndWord();
        }

        public ImmutableArray<string> Finish()
        {
            EndWord();
            return words.ToImmutable();
        }

        private void EndWord()
        {
            if (word.Length > 0)
                words.Add(word.ToString());
            word.Clear();
        }
    }
}
