using Manifold.Dockerfile;

namespace Manifold.Planning.Checks;

/// <summary>What COPY and ADD take from the build context.</summary>
internal static class ContextSources
{
    /// <summary>
    /// Each source as it is written, and its path in the context; empty for the whole of it. Those of stages with an unknown base are
    /// expanded without its environment.
    /// </summary>
    public static IEnumerable<(FilesInstruction Files, string Word, string Path)> Of(PlanFindings findings, Stage stage)
    {
        var scopes = findings.Scopes.Of(stage)
            .ToDictionary(each => (object)each.Instruction, each => each.Scope, ReferenceEqualityComparer.Instance);
        foreach (var files in stage.Instructions.OfType<FilesInstruction>().Where(each => each is not CopyInstruction { From: not null }))
            foreach (var word in files.Sources.Where(word => !IsRemote(word) && word.Length <= Limits.PathBytes && !findings.IsFull))
            {
                if (scopes.TryGetValue(files, out var scope))
                    yield return (files, word, Clean(findings.Scopes.Expand(word, scope)));
                else if (!word.Contains('$', StringComparison.Ordinal))
                    yield return (files, word, Clean(word));
            }
    }

    private static bool IsRemote(string word) =>
        word.Contains("://", StringComparison.Ordinal) || word.StartsWith("git@", StringComparison.Ordinal);

    private static string Clean(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
            if (part == ".." && parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else if (part is not ("" or "." or ".."))
                parts.Add(part);
        return string.Join('/', parts);
    }
}
