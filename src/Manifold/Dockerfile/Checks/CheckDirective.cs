using System.Collections.Immutable;

namespace Manifold.Dockerfile.Checks;

/// <summary><c># check=skip=RULE,RULE;error=true</c>: rules that are not wanted, and whether the others end the build.</summary>
/// <remarks>What does not parse is no rule, and cannot be skipped.</remarks>
internal sealed record CheckDirective
{
    public required ImmutableHashSet<string> Skipped { get; init; }
    public required bool WarningsAreErrors { get; init; }

    public static CheckDirective Parse(string? value)
    {
        var options = (value ?? "").Split(';', StringSplitOptions.TrimEntries).Select(each => each.Split('=', 2, StringSplitOptions.TrimEntries))
            .Where(each => each.Length == 2).ToArray();
        return new CheckDirective
        {
            Skipped = [.. options.Where(each => each[0] == "skip").SelectMany(each => each[1].Split(',', StringSplitOptions.TrimEntries))],
            WarningsAreErrors = options.Any(each => each is ["error", "true"]),
        };
    }

    public ImmutableArray<Diagnostic> Apply(ImmutableArray<Diagnostic> diagnostics) =>
    [
        .. diagnostics.Where(each => each.Id == Diagnostic.Syntax || !(Skipped.Contains("all") || Skipped.Contains(each.Id)))
            .Select(each => WarningsAreErrors ? each with { Severity = Severity.Error } : each),
    ];
}
