using System.Collections.Immutable;

namespace Manifold.Dockerfile;

/// <summary>What became of one word.</summary>
internal sealed record ExpansionResult
{
    /// <summary>The word with its variables replaced and its quotes taken away; empty after an error.</summary>
    public required string Text { get; init; }

    /// <summary>The same, split at unquoted blanks after the replacement.</summary>
    public required ImmutableArray<string> Words { get; init; }

    /// <summary>Why it cannot be expanded, or null.</summary>
    public required string? Error { get; init; }

    /// <summary>Variables that were asked for and have a value, in ordinal order.</summary>
    public required ImmutableSortedSet<string> Used { get; init; }

    /// <summary>Variables that were asked for and have none.</summary>
    public required ImmutableSortedSet<string> Unset { get; init; }
}

/// <summary>Replaces variables and takes quotes away, as BuildKit's shell lexer does it.</summary>
/// <remarks>
/// Pure. Costs time in proportion to the result, which <see cref="Limits.ExpansionLength"/> bounds; nesting is bounded by
/// <see cref="Limits.ExpansionDepth"/>. Values are not expanded again. Where BuildKit departs from POSIX, it is followed: <c>$$</c> is an
/// unset variable, single quotes quote inside
/// <c>${v:-'w'}</c>, and patterns know <c>*</c> and <c>?</c> but no <c>[…]</c>.
/// </remarks>
internal static class Expansion
{
    /// <param name="lookup">The value of a variable, or null where it is not set.</param>
    public static ExpansionResult Expand(string word, Func<string, string?> lookup, char escape = '\\') =>
        new ExpansionReader(word, new ExpansionRules { Escape = escape }, lookup).Read();

    /// <summary>Replaces the variables of a text, a here-document of COPY or ADD: quotes are characters like any other.</summary>
    /// <remarks>
    /// The escape character is a backslash, whatever the file's <c>escape</c> directive says (BuildKit's behavior): <c>\$</c> is a dollar
    /// sign, and a backslash before anything else is lost. The result is bounded by <see cref="Limits.DockerfileBytes"/>.
    /// </remarks>
    public static ExpansionResult ExpandText(string text, Func<string, string?> lookup) =>
        new ExpansionReader(text, new ExpansionRules { PlainQuotes = true, MaximumLength = Limits.DockerfileBytes }, lookup).Read();
}

/// <summary>How <see cref="ExpansionReader"/> treats what is not a variable.</summary>
internal sealed record ExpansionRules
{
    public char Escape { get; init; } = '\\';

    /// <summary>Quotes quote nothing, and stay.</summary>
    public bool PlainQuotes { get; init; }

    /// <summary>The longest result, in characters.</summary>
    public int MaximumLength { get; init; } = Limits.ExpansionLength;

    /// <summary>Quotes stay in the result.</summary>
    public bool KeepQuotes { get; init; }

    /// <summary>Escape characters stay in the result.</summary>
    public bool KeepEscapes { get; init; }

    /// <summary>A variable without a value stays as it was written.</summary>
    public bool KeepUnset { get; init; }

    /// <summary><c>&lt;&lt;</c> and the blanks after it belong to the word that follows.</summary>
    public bool KeepHeredocs { get; init; }
}
