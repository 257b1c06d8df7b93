using System.Collections.Immutable;
using System.Text;

namespace Manifold.Dockerfile;

/// <summary>A document within a Dockerfile: <c>[fd]&lt;&lt;[-]WORD</c>, its lines, and a line that is the word.</summary>
/// <remarks>Blanks may stand before the word, as in a shell. Source: BuildKit's lexer since Dockerfile 1.21.</remarks>
internal sealed record Heredoc
{
    /// <summary>The word without its quotes; for COPY and ADD also the file's name.</summary>
    public required string Name { get; init; }

    /// <summary>The lines as they stand in the file, line endings and leading tabs included.</summary>
    public required string Content { get; init; }

    /// <summary>The file descriptor before <c>&lt;&lt;</c>; 0 where none was given.</summary>
    public required int FileDescriptor { get; init; }

    /// <summary>Written <c>&lt;&lt;-</c>.</summary>
    public required bool StripTabs { get; init; }

    /// <summary>False where the word was quoted: variables of COPY and ADD stay as they are.</summary>
    public required bool Expand { get; init; }

    /// <summary>The content as its reader gets it: without leading tabs where <see cref="StripTabs"/> says so.</summary>
    public string Text => StripTabs ? WithoutLeadingTabs(Content) : Content;

    /// <summary>The heredocs that a line announces, still empty, in order. Those within other words or quotes do not count.</summary>
    internal static ImmutableArray<Heredoc> In(string line)
    {
        if (!line.Contains("<<", StringComparison.Ordinal))
            return [];
        var rules = new ExpansionRules
        {
            KeepQuotes = true,
            KeepEscapes = true,
            KeepUnset = true,
            KeepHeredocs = true,
        };
        var words = new ExpansionReader(line, rules, _ => null).Read().Words;
        return [.. words.Select(Parse).OfType<Heredoc>()];
    }

    /// <summary>The heredoc that one word announces, or null where it does not.</summary>
    internal static Heredoc? Parse(string word)
    {
        var digits = word.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits < 0 || !word.AsSpan(digits).StartsWith("<<"))
            return null;
        var strip = word.AsSpan(digits + 2).StartsWith("-");
        var rest = word[(digits + (strip ? 3 : 2))..].TrimStart();
        if (rest.Length == 0 || rest.Contains('<', StringComparison.Ordinal))
            return null;

        var plain = new ExpansionReader(rest, new ExpansionRules { KeepUnset = true }, _ => null).Read();
        var raw = new ExpansionReader(rest, new ExpansionRules { KeepUnset = true, KeepQuotes = true }, _ => null).Read();
        if (plain.Words.Length != 1)
            return null;
        return new Heredoc
        {
            Name = plain.Words[0],
            Content = "",
            StripTabs = strip,
            Expand = plain.Text == raw.Text,
            FileDescriptor = int.TryParse(word.AsSpan(0, digits), out var descriptor) ? descriptor : 0,
        };
    }

    private static string WithoutLeadingTabs(string content)
    {
        var text = new StringBuilder(content.Length);
        var atStart = true;
        foreach (var c in content)
        {
            if (atStart && c == '\t')
                continue;
            text.Append(c);
            atStart = c == '\n';
        }
        return text.ToString();
    }
}
