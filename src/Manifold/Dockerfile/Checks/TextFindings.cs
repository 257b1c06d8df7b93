namespace Manifold.Dockerfile.Checks;

/// <summary>
/// What a check of the text works on: the tree, how its stages stand on each other and hand things on,
/// and where findings go.
/// </summary>
internal sealed class TextFindings(DockerfileTree tree, DiagnosticList diagnostics)
{
    private StageResults? results;

    public DockerfileTree Tree => tree;

    public StageChains Chains { get; } = new(tree);

    public StageResults Results => results ??= new StageResults(tree, Chains);

    /// <summary>Reports at a word of an instruction; at its keyword where no word is named.</summary>
    public void Add(Rule rule, Instruction instruction, string message, string? hint = null, string? at = null) =>
        diagnostics.Add(rule, instruction.Source.PlaceOf(at), message, hint);

    /// <summary>Reports where a word of an instruction stands last: AS and the stage's name may stand in FROM's image as well.</summary>
    public void AddAtLast(Rule rule, Instruction instruction, string message, string? hint, string word)
    {
        var place = instruction.Source.PlaceOf(word);
        for (var next = instruction.Source.PlaceAfter(word, place); next is { } later; next = instruction.Source.PlaceAfter(word, later))
            place = later;
        diagnostics.Add(rule, place, message, hint);
    }
}
