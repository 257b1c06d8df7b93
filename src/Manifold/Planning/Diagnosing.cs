using System.Collections.Immutable;
using Manifold.Dockerfile;

namespace Manifold.Planning;

/// <summary>Collects what is wrong with a Dockerfile's meaning, so that people see all of it at once.</summary>
internal sealed class Diagnosing(DockerfileTree tree)
{
    private readonly HashSet<Diagnostic> found = [];

    /// <summary>Notes an error at an instruction. The same error for several platforms is one.</summary>
    public void Add(Instruction instruction, string message, string? hint = null, string id = Diagnostic.Syntax) => found.Add(new Diagnostic
    {
        Id = id, Severity = Severity.Error, Message = message, Place = instruction.Source.Place, Hint = hint, Excerpt = instruction.Source.Text,
    });

    public void NotSupportedYet(Instruction instruction, string what) => Add(instruction, $"{what} is not supported yet.", id: Diagnostic.NotSupportedYet);

    /// <summary>Expands a word; where that is an error it is noted, and the word stands for itself.</summary>
    public string Expand(string word, Func<string, string?> lookup, Instruction instruction)
    {
        var expanded = Expansion.Expand(word, lookup, tree.Escape);
        if (expanded.Error is not { } error)
            return expanded.Text;
        Add(instruction, error);
        return word;
    }

    /// <summary>The same, for instructions whose variables may hold several words (EXPOSE, VOLUME).</summary>
    public ImmutableArray<string> ExpandToWords(string word, Func<string, string?> lookup, Instruction instruction)
    {
        var expanded = Expansion.Expand(word, lookup, tree.Escape);
        if (expanded.Error is { } error)
            Add(instruction, error);
        return expanded.Words;
    }

    /// <exception cref="DockerfileException">Something was noted.</exception>
    public void ThrowIfAny()
    {
        if (found.Count > 0)
            throw new DockerfileException([.. found.OrderBy(diagnostic => diagnostic.Place.Line)]);
    }
}
