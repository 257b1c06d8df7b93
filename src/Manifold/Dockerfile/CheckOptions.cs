using System.Collections.Immutable;

namespace Manifold.Dockerfile;

/// <summary>
/// <c>skip=RULE,RULE|all;error=true|RULE,…;experimental=RULE,…|all</c>: rules that are not wanted, and which of the others
/// end the build.
/// </summary>
/// <remarks>
/// As a directive (<c># check=…</c>) or build argument (<see cref="BuildArgument"/>, which replaces the directive) it is for the whole
/// file; as a comment right above an instruction, for that instruction. What does not parse is no rule, and cannot be skipped. Source:
/// BuildKit, linter.ParseLintOptions. Names after <c>error=</c> are Manifold's own: BuildKit's <c>error=true</c> is about the rules that
/// BuildKit has, and so it is here.
/// </remarks>
internal sealed record CheckOptions
{
    public const string BuildArgument = "BUILDKIT_DOCKERFILE_CHECK";

    private const string Everything = "all";

    private const int MostProblems = 20;

    public static CheckOptions None { get; } = new();

    public ImmutableArray<string> Skipped { get; init; } = [];
    public bool SkipsAll { get; init; }

    /// <summary>Findings of the rules that BuildKit has are errors.</summary>
    public bool WarningsAreErrors { get; init; }

    /// <summary>The rules, whoever has them, whose findings are errors.</summary>
    public ImmutableArray<string> Errors { get; init; } = [];

    /// <summary>The rules on request that are wanted.</summary>
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
        .. findings
            .Where(each => IsWanted(each) && !Skips(each))
            .Select(each => IsError(each) ? each with { Severity = Severity.Error } : each),
    ];

    /// <summary>As BuildKit has it, a rule on request is not skipped: it is not requested.</summary>
    public bool Skips(Diagnostic finding) => Rules.Find(finding.Id) is { IsOnRequest: false } && (SkipsAll || Skipped.Contains(finding.Id));

    private bool IsWanted(Diagnostic finding) => Rules.Find(finding.Id) is not { IsOnRequest: true } || Names(Requested, finding);

    private bool IsError(Diagnostic finding) =>
        Rules.Find(finding.Id) is { } rule && ((WarningsAreErrors && !rule.IsOurs) || Names(Errors, finding));

    private static bool Names(ImmutableArray<string> names, Diagnostic finding) => names.Contains(finding.Id) || names.Contains(Everything);

    private CheckOptions With(string part, string[] words) => words switch
    {
        ["skip", Everything] => this with { SkipsAll = true },
        ["skip", var names] => (this with { Skipped = Split(names) }).WithUnknown("to skip", Split(names)),
        ["error", "false" or "0" or "f" or "F" or "FALSE" or "False"] => this with { WarningsAreErrors = false },
        ["error", var names] => WithErrors(part, Split(names)),
        ["experimental", var names] => (this with { Requested = Split(names) }).WithUnknown("to request", Split(names).Remove(Everything)),
        _ => With(new CheckProblem(part, $"check: '{part}' is not an option", Suggestion.For(words[0], ["skip", "error", "experimental"])
            ?? "Expected skip=RULE,… or skip=all, error=true, or experimental=RULE,…, separated by ';'.")),
    };

    private CheckOptions WithErrors(string part, ImmutableArray<string> names)
    {
        var options = this;
        foreach (var name in names)
            if (name is "true" or "1" or "t" or "T" or "TRUE" or "True")
                options = options with { WarningsAreErrors = true };
            else if (name == Everything || Rules.Find(name) is not null)
                options = options with { Errors = options.Errors.Add(name) };
            else
                return With(new CheckProblem(
                    part,
                    $"check: '{part}': expected error=true or error=false, or rule names",
                    Suggestion.For(name, AllNames)));
        return options;
    }

    private CheckOptions WithUnknown(string purpose, ImmutableArray<string> names)
    {
        var options = this;
        foreach (var name in names.Where(name => Rules.Find(name) is null).Take(MostProblems))
        {
            var hint = Suggestion.For(name, AllNames) ?? "For the list of rules, see docs/rules/README.md.";
            options = options.With(new CheckProblem(name, $"there is no rule '{name}' {purpose}", hint) { IsWarning = true });
        }
        return options;
    }

    private static IEnumerable<string> AllNames => Rules.All.Select(rule => rule.Name);

    private static ImmutableArray<string> Split(string names) => [.. names.Split(',', StringSplitOptions.TrimEntries)];

    private CheckOptions With(CheckProblem problem) => this with { Problems = Problems.Add(problem) };
}

/// <summary>What is wrong with a part of the options, and what to do.</summary>
internal sealed record CheckProblem(string Part, string Message, string? Hint = null)
{
    /// <summary>A rule that nobody knows may be one that another builder will have.</summary>
    public bool IsWarning { get; init; }
}
