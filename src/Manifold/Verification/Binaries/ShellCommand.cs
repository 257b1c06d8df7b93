using System.Collections.Immutable;

namespace Manifold.Verification.Binaries;

/// <summary>One simple command of a shell's text.</summary>
/// <param name="Words">Program and arguments; a word that only the shell knows (<c>$(id)</c>) is null, variables are marked by
/// <see cref="ShellText.Variable"/>, and all arguments at once are <see cref="ShellText.Arguments"/>.</param>
/// <param name="Before">The operator between the command before and this one, e.g. <c>&amp;&amp;</c>; empty for the first.</param>
/// <param name="Inner">It stands within a compound command or a function: whether it runs is decided there.</param>
internal sealed record ShellCommand(ImmutableArray<string?> Words, string Before, bool Inner = false)
{
    /// <summary>Commands are equal if their words are; an array's own equality is its identity.</summary>
    public bool Equals(ShellCommand? other) =>
        other is not null && (Before, Inner) == (other.Before, other.Inner) && Words.SequenceEqual(other.Words);

    public override int GetHashCode() => HashCode.Combine(Before, Inner, Words.Length);
}
