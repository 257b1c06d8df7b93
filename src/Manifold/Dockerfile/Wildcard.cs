using System.Collections.Immutable;
using System.Text;

namespace Manifold.Dockerfile;

/// <summary>A compiled wildcard pattern. All states advance together, so no pattern costs more than its length times the text's.</summary>
internal sealed partial class Wildcard
{
    private readonly ImmutableArray<Token> tokens;

    private Wildcard(ImmutableArray<Token> tokens) => this.tokens = tokens;

    private enum Kind
    {
        Literal,
        /// <summary>One character, but not the one in Value.</summary>
        One,
        /// <summary>Any number of characters, but not the one in Value.</summary>
        Many,
        /// <summary>One character of a set; the value is the index of the set.</summary>
        Set,
        /// <summary>Nothing, or whole folders: <c>(.*/)?</c>. Always followed by <see cref="FoldersInside"/>.</summary>
        Folders,
        FoldersInside,
    }

    /// <summary>A rune, or -1.</summary>
    private readonly record struct Token(Kind Kind, int Value, CharacterSet? Set = null);

    internal sealed record CharacterSet(bool Negated, ImmutableArray<(int Low, int High)> Ranges)
    {
        public bool Contains(int rune)
        {
            foreach (var (low, high) in Ranges)
                if (low <= rune && rune <= high)
                    return !Negated;
            return Negated;
        }
    }

    public bool Matches(ReadOnlySpan<char> text)
    {
        var run = new Run(this);
        return run.Feed(text) && run.Accepts;
    }

    /// <summary>True where some longer text that begins with <paramref name="text"/> matches.</summary>
    public bool CanContinue(ReadOnlySpan<char> text)
    {
        var run = new Run(this);
        return run.Feed(text) && run.CanContinue;
    }

    /// <summary>The end of the shortest or longest match at the start of <paramref name="text"/>, or null.</summary>
    public int? MatchPrefix(ReadOnlySpan<char> text, bool longest)
    {
        var run = new Run(this);
        int? end = run.Accepts ? 0 : null;
        for (var at = 0; at < text.Length && (longest || end is null);)
        {
            if (!run.Step(text, ref at))
                break;
            if (run.Accepts)
                end = at;
        }
        return end;
    }

    /// <summary>The start of the shortest or longest match at the end of <paramref name="text"/>, or null.</summary>
    public int? MatchSuffix(string text, bool longest)
    {
        var reversed = new Wildcard([.. tokens.Reverse()]);
        var end = reversed.MatchPrefix(Reverse(text), longest);
        return text.Length - end;
    }

    /// <summary>Replaces the first match, or all; of several matches at one place the longest.</summary>
    /// <param name="bound">Called with the length of the result as it grows; throws where it is too long.</param>
    public string Replace(string text, string replacement, bool all, Action<int> bound)
    {
        var result = new StringBuilder();
        var starts = StartsOfMatches(text);
        var copied = 0;
        for (var at = 0; at <= text.Length;)
        {
            if (!starts[at])
            {
                at++;
                continue;
            }
            var end = at + MatchPrefix(text.AsSpan(at), longest: true)!.Value;
            result.Append(text, copied, at - copied);
            if (end > copied || at == 0) // an empty match right behind another one does not count
                result.Append(replacement);
            bound(result.Length);
            (copied, at) = (end, Math.Max(end, at + 1));
            if (!all)
                break;
        }
        return result.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>Where matches begin: one pass from the end, so that a search costs no more than a match.</summary>
    private bool[] StartsOfMatches(string text)
    {
        var starts = new bool[text.Length + 1];
        var reversed = Reverse(text);
        var run = new Run(new Wildcard([.. tokens.Reverse()]));
        starts[text.Length] = run.Accepts;
        for (var at = 0; at < reversed.Length;)
        {
            run.Step(reversed, ref at);
            run.Restart();
            starts[text.Length - at] = run.Accepts;
        }
        return starts;
    }

    private static string Reverse(string text)
    {
        var runes = text.EnumerateRunes().ToArray();
        Array.Reverse(runes);
        return string.Concat(runes);
    }

    /// <summary>The states of one pass.</summary>
    private ref struct Run
    {
        private readonly ImmutableArray<Token> tokens;
        private bool[] current;
        private bool[] next;

        public Run(Wildcard pattern)
        {
            tokens = pattern.tokens;
            (current, next) = (new bool[tokens.Length + 1], new bool[tokens.Length + 1]);
            Enter(current, 0);
        }

        public readonly bool Accepts => current[^1];

        public readonly bool CanContinue => current.AsSpan(..^1).Contains(true);

        /// <summary>Lets a match begin here as well.</summary>
        public readonly void Restart() => Enter(current, 0);

        public bool Feed(ReadOnlySpan<char> text)
        {
            for (var at = 0; at < text.Length;)
                if (!Step(text, ref at))
                    return false;
            return true;
        }

        /// <summary>Consumes one rune; false where no state is left.</summary>
        public bool Step(ReadOnlySpan<char> text, ref int at)
        {
            var rune = Take(text, ref at);
            Array.Clear(next);
            var alive = false;
            for (var i = 0; i < tokens.Length; i++)
            {
                if (!current[i] || !Takes(tokens[i], rune))
                    continue;
                alive = true;
                if (tokens[i].Kind is Kind.Many)
                    Enter(next, i);
                else if (tokens[i].Kind is Kind.FoldersInside)
                    EnterInside(i, rune);
                else
                    Enter(next, i + 1);
            }
            (current, next) = (next, current);
            return alive;
        }

        private readonly void EnterInside(int i, int rune)
        {
            next[i] = true;
            if (rune == '/')
                Enter(next, i + 1);
        }

        /// <summary>Enters a state and those that follow it without consuming anything.</summary>
        private readonly void Enter(bool[] states, int i)
        {
            for (; !states[i]; i++)
            {
                states[i] = true;
                if (i == tokens.Length)
                    return;
                if (tokens[i].Kind is Kind.Folders)
                    states[++i] = true; // inside the folders, and past them
                else if (tokens[i].Kind is not Kind.Many)
                    return;
            }
        }

        private static bool Takes(Token token, int rune) => token.Kind switch
        {
            Kind.Literal => token.Value == rune,
            Kind.One or Kind.Many => token.Value != rune,
            Kind.Set => token.Set!.Contains(rune),
            Kind.FoldersInside => true,
            _ => false,
        };
    }
}
