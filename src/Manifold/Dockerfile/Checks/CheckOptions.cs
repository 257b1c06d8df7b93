using System.Collections.Immutable;

namespace Manifold.Dockerfile.Checks;

/// <summary><c>skip=RULE,RULE|all;error=true</c>: rules that are not wanted, and whether the others end the build.</summary>
/// <remarks>
/// As a directive (<c># check=…</c>) or build argument (<see cref="BuildArgument"/>, which replaces the directive) it is for the whole file; as a comment
/// right above an instruction, for that instruction. What does not parse is no rule, and cannot be skipped. Source: BuildKit, linter.ParseLintOptions.
/// </remarks>
public sealed record CheckOptions
{
    public const string BuildArgument = "BUILDKIT_DOCKERFILE_CHECK";

    private const int MostProblems = 20;

    public static CheckOptions None { get; } = new();

    public ImmutableArray<string> Skipped { get; init; } = [];
    public bool SkipsAll { get; init; }
    public bool WarningsAreErrors { get; init; }

    /// <summary>The rules that are asked for (<see cref="Rule.IsOnRequest"/>); <c>all</c> asks for each.</summary>
    public ImmutableArray<string> Requested { get; init; } = [];

    /// <summary>What is wrong with the text; empty where nothing is.</summary>
    public ImmutableArray<CheckProblem> Problems { get; init; } = [];

    /// <summary>Reads <c>skip=…;error=…</c>; what follows <c>//</c> is for people.</summary>
    public static CheckOptions Parse(string text)
    {
        var options = None;
        var note = text.IndexOf(" //", StringComparison.Ordinal);
        foreach (var part in (note < 0 ? text : text[..note]).Split(';', StringSplitOptions.TrimEntries))
            options = options.With(part, part.Split('=', 2, StringSplitOptions.TrimEntries));
        return options;
    }

    public ImmutableArray<Diagnostic> Apply(ImmutableArray<Diagnostic> findings) =>
    [
        .. findings.Where(each => !Skips(each)).Select(each => WarningsAreErrors ? each with { Severity = Severity.Error } : each),
    ];

    /// <summary>skip=all leaves the rules that are asked for by name (BuildKit's behavior).</summary>
    public bool Skips(Diagnostic finding) => Rules.Find(finding.Id) is { } rule && (Skipped.Contains(finding.Id) || SkipsAll && !rule.IsOnRequest);

    /// <summary>Whether a rule is to be looked at.</summary>
    public bool Wants(Rule rule) => !rule.IsOnRequest || Requested.Contains(rule.Name) || Requested.Contains("all");

    private CheckOptions With(string part, string[] words) => words switch
    {
        ["skip", "all"] => this with { SkipsAll = true },
        ["skip", var names] => WithSkipped(names.Split(',', StringSplitOptions.TrimEntries)),
        ["error", "true" or "1" or "t" or "T" or "TRUE" or "True"] => this with { WarningsAreErrors = true },
        ["error", "false" or "0" or "f" or "F" or "FALSE" or "False"] => this with { WarningsAreErrors = false },
        ["error", _] => With(new CheckProblem(part, $"check: '{part}': expected error=true or error=false")),
        ["experimental", var names] => this with { Requested = [.. names.Split(',', StringSplitOptions.TrimEntries)] },
        _ => With(new CheckProblem(part, $"check: '{part}' is no option", Suggestion.For(words[0], ["skip", "error"]) ?? "Expected skip=RULE,… or skip=all, and error=true, with ';' between them.")),
    };

    private CheckOptions WithSkipped(string[] names)
    {
        var options = this with { Skipped = [.. names] };
        foreach (var name in names.Where(name => Rules.Find(name) is null).Take(MostProblems))
            options = options.With(new CheckProblem(name, $"there is no rule '{name}' to skip", Suggestion.For(name, Rules.All.Select(rule => rule.Name)) ?? "docs/rules/README.md lists them.") { IsWarning = true });
        return options;
    }

    private CheckOptions With(CheckProblem problem) => this with { Problems = Problems.Add(problem) };
}

/// <summary>What is wrong with a part of the options, and what to do.</summary>
public sealed record CheckProblem(string Part, string Message, string? Hint = null)
{
    /// <summary>A rule that nobody knows may be one that another builder will have.</summary>
    public bool IsWarning { get; init; }
}
