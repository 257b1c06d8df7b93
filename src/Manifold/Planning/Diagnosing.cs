using System.Collections.Immutable;
using Manifold.Dockerfile;

namespace Manifold.Planning;

/// <summary>Collects what is wrong with a Dockerfile's meaning, so that people see all of it at once.</summary>
internal sealed class Diagnosing(DockerfileTree tree)
{
    private readonly HashSet<Diagnostic> found = [];

    /// <summary>Notes an error at an instruction. The same error for several platforms is one.</summary>
    /// <param name="at">The word that is meant; the keyword where there is none.</param>
    public void Add(Instruction instruction, string message, string? hint = null, string? at = null) =>
        found.Add(At(instruction, message, hint, at));

    /// <summary>An error that points to a word of an instruction.</summary>
    public static Diagnostic At(Instruction instruction, string message, string? hint, string? at)
    {
        var place = instruction.Source.PlaceOf(at);
        var (excerpt, column) = instruction.Source.Excerpt(place);
        return new Diagnostic
        {
            Id = Diagnostic.Syntax,
            Severity = Severity.Error,
            Message = message,
            Place = place,
            Hint = hint,
            Excerpt = excerpt,
            ExcerptColumn = column,
        };
    }

    /// <summary>Expands a word; where that is an error it is noted, and the word stands for itself.</summary>
    public string Expand(string word, Func<string, string?> lookup, Instruction instruction)
    {
        var expanded = Expansion.Expand(word, lookup, tree.Escape);
        if (expanded.Error is not { } error)
            return expanded.Text;
        Add(instruction, $"'{word}': {error}", at: word);
        return word;
    }

    /// <summary>
    /// The text of a here-document with its variables replaced;
    /// where that is an error it is noted, and the text stays as it is.
    /// </summary>
    public string ExpandText(Heredoc heredoc, Func<string, string?> lookup, Instruction instruction)
    {
        if (!heredoc.Expand)
            return heredoc.Text;
        var expanded = Expansion.ExpandText(heredoc.Text, lookup);
        if (expanded.Error is not { } error)
            return expanded.Text;
        var hint = $"Write \\$ for a literal dollar sign, or write <<\"{heredoc.Name}\" to turn off expansion.";
        Add(instruction, $"the here-document '{heredoc.Name}': {error}", hint, heredoc.Name);
        return heredoc.Text;
    }

    /// <summary>The same, for instructions whose variables may hold several words (EXPOSE, VOLUME).</summary>
    public ImmutableArray<string> ExpandToWords(string word, Func<string, string?> lookup, Instruction instruction)
    {
        var expanded = Expansion.Expand(word, lookup, tree.Escape);
        if (expanded.Error is { } error)
            Add(instruction, $"'{word}': {error}", at: word);
        return expanded.Words;
    }

    /// <exception cref="DockerfileException">Something was noted.</exception>
    public void ThrowIfAny()
    {
        if (found.Count > 0)
            throw new DockerfileException(
                [.. found.OrderBy(diagnostic => diagnostic.Place.Line).ThenBy(diagnostic => diagnostic.Place.Column)]);
    }
}
