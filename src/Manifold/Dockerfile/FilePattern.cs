using System.Diagnostics.CodeAnalysis;

namespace Manifold.Dockerfile;

/// <summary>
/// A pattern of Go's <c>filepath.Match</c>, as the sources of COPY and ADD have it: <c>*</c>, <c>?</c> and <c>[a-z]</c> within one name.
/// </summary>
internal sealed class FilePattern
{
    private readonly Wildcard wildcard;

    private FilePattern(string text, Wildcard wildcard) => (Text, this.wildcard) = (text, wildcard);

    public string Text { get; }

    /// <summary>False where a text has nothing to expand, so that it names one file.</summary>
    public static bool HasWildcards(string text) => text.AsSpan().IndexOfAny("*?[\\") >= 0;

    /// <summary>Fails on a set that is not closed or empty, and on a backslash at the end.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out FilePattern? pattern)
    {
        pattern = Wildcard.TryParsePath(text, deep: false, out var wildcard) ? new FilePattern(text, wildcard) : null;
        return pattern is not null;
    }

    /// <summary>True where the pattern matches the whole path.</summary>
    public bool Matches(ReadOnlySpan<char> path) => wildcard.Matches(path);

    public override string ToString() => Text;
}
