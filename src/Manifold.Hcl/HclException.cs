using System.Collections.Immutable;

namespace Manifold.Hcl;

/// <summary>A fault in a text, with its place.</summary>
/// <remarks>The message begins in lower case and has no period, so that a file name and a line can precede it.</remarks>
public sealed class HclException(string message, HclSpan span, string? hint = null) : Exception(message)
{
    public HclSpan Span => span;

    /// <summary>A sentence on how to fix it; null if there is nothing to add to the message.</summary>
    public string? Hint => hint;

    /// <summary>The name that means nothing, if that is the fault. Callers can suggest a similar one.</summary>
    public HclUnknownName? Unknown { get; init; }
}

/// <summary>The kinds of names that an expression refers to.</summary>
public enum HclNameKind
{
    Variable,
    Function,
    Key,
}

/// <summary>A name that an expression refers to and that means nothing there.</summary>
/// <param name="Known">The names that would mean something.</param>
public sealed record HclUnknownName(HclNameKind Kind, string Name, ImmutableArray<string> Known);
