using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Manifold.Dockerfile;

internal sealed partial class Wildcard
{
    private const int Anything = -1;

    /// <summary>A pattern of <c>${v#p}</c>: <c>*</c> and <c>?</c>, which do not match a line break, and escapes.</summary>
    public static bool TryParseShell(string pattern, [NotNullWhen(true)] out Wildcard? wildcard)
    {
        wildcard = null;
        var tokens = ImmutableArray.CreateBuilder<Token>();
        for (var at = 0; at < pattern.Length;)
        {
            var rune = Take(pattern, ref at);
            if (rune == '\\')
            {
                if (at == pattern.Length || !@"*?\/}".Contains(pattern[at], StringComparison.Ordinal))
                    return false;
                tokens.Add(new Token(Kind.Literal, pattern[at++]));
            }
            else
                tokens.Add(rune switch
                {
                    '*' => new Token(Kind.Many, '\n'),
                    '?' => new Token(Kind.One, '\n'),
                    _ => new Token(Kind.Literal, rune),
                });
        }
        wildcard = new Wildcard(tokens.ToImmutable());
        return true;
    }

    /// <summary>A pattern of Go's <c>filepath.Match</c>; with <paramref name="deep"/> also <c>**</c>, as ignore files have it.</summary>
    public static bool TryParsePath(string pattern, bool deep, [NotNullWhen(true)] out Wildcard? wildcard)
    {
        wildcard = null;
        var tokens = ImmutableArray.CreateBuilder<Token>();
        for (var at = 0; at < pattern.Length;)
        {
            var rune = Take(pattern, ref at);
            switch (rune)
            {
                case '*' when deep && at < pattern.Length && pattern[at] == '*':
                    at += at + 1 < pattern.Length && pattern[at + 1] == '/' ? 2 : 1;
                    AddDeep(tokens, last: at == pattern.Length);
                    break;
                case '*':
                    tokens.Add(new Token(Kind.Many, '/'));
                    break;
                case '?':
                    tokens.Add(new Token(Kind.One, '/'));
                    break;
                case '[':
                    if (!TryTakeSet(pattern, ref at, out var set))
                        return false;
                    tokens.Add(new Token(Kind.Set, 0, set));
                    break;
                case '\\' when at == pattern.Length:
                    return false;
                default:
                    tokens.Add(new Token(Kind.Literal, rune == '\\' ? Take(pattern, ref at) : rune));
                    break;
            }
        }
        wildcard = new Wildcard(tokens.ToImmutable());
        return true;
    }

    private static void AddDeep(ImmutableArray<Token>.Builder tokens, bool last)
    {
        if (last)
            tokens.Add(new Token(Kind.Many, Anything));
        else
            tokens.AddRange(new Token(Kind.Folders, 0), new Token(Kind.FoldersInside, 0));
    }

    private static bool TryTakeSet(string pattern, ref int at, [NotNullWhen(true)] out CharacterSet? set)
    {
        set = null;
        var negated = at < pattern.Length && pattern[at] == '^';
        if (negated)
            at++;
        var ranges = ImmutableArray.CreateBuilder<(int, int)>();
        while (ranges.Count == 0 || at >= pattern.Length || pattern[at] != ']')
        {
            if (!TryTakeSetMember(pattern, ref at, out var low))
                return false;
            var high = low;
            if (at < pattern.Length && pattern[at] == '-')
            {
                at++;
                if (!TryTakeSetMember(pattern, ref at, out high))
                    return false;
            }
            ranges.Add((low, high));
        }
        at++;
        set = new CharacterSet(negated, ranges.ToImmutable());
        return true;
    }

    private static bool TryTakeSetMember(string pattern, ref int at, out int rune)
    {
        rune = 0;
        if (at >= pattern.Length || pattern[at] is '-' or ']')
            return false;
        if (pattern[at] == '\\' && ++at == pattern.Length)
            return false;
        rune = Take(pattern, ref at);
        return at < pattern.Length;
    }

    // A byte of a name that is not UTF-8 stands for itself (FileName), and not for any such byte.
    private static int Take(ReadOnlySpan<char> text, ref int at)
    {
        var (unit, status) = (text[at], Rune.DecodeFromUtf16(text[at..], out var rune, out var length));
        at += length;
        return status == OperationStatus.Done ? rune.Value : unit;
    }
}
