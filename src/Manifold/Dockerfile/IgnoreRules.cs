using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Manifold.Dockerfile;

/// <summary>What the rules say about one path; hand it on to the paths below it.</summary>
internal sealed record IgnoreMatch
{
    public required bool Excluded { get; init; }

    /// <summary>The rule that decided: the last one that matched the path or a folder above it. Null where none did.</summary>
    public required IgnoreRule? Rule { get; init; }

    /// <summary>For each rule whether it matched this path or a folder above it.</summary>
    internal ImmutableArray<bool> Matched { get; init; } = [];
}

/// <summary>A <c>.dockerignore</c>: which paths of a context are left out.</summary>
/// <remarks>
/// Pure. Paths are relative to the context, with <c>/</c>. The last rule that matches a path or a folder above it wins; <c>!</c> takes a
/// path in again, also below an excluded folder. Reference: moby/patternmatcher, as BuildKit walks a context with it.
/// </remarks>
internal sealed class IgnoreRules
{
    private static readonly IgnoreMatch Nothing = new() { Excluded = false, Rule = null };

    private readonly ImmutableArray<IgnoreRule> rules;

    private IgnoreRules(ImmutableArray<IgnoreRule> rules) => this.rules = rules;

    /// <summary>Nothing is left out.</summary>
    public static IgnoreRules None { get; } = new([]);

    public bool IsEmpty => rules.IsEmpty;

    /// <summary>The rules as they were written, in order.</summary>
    public IEnumerable<string> Texts => rules.Select(rule => rule.Text);

    /// <summary>There is a rule that takes something in again.</summary>
    public bool TakesInAny => rules.Any(rule => rule.Includes);

    /// <summary>A rule that leaves out whatever lies at the top, or null.</summary>
    public IgnoreRule? LeavesOutEverything => rules.FirstOrDefault(rule => rule.Text is "*" or "**" or "**/*");

    /// <exception cref="DockerfileException">Patterns are malformed; all of them are named.</exception>
    public static IgnoreRules Parse(string fileName, string text)
    {
        var source = new SourceText(fileName, text);
        var diagnostics = new DiagnosticList(source);
        var rules = ImmutableArray.CreateBuilder<IgnoreRule>();
        for (var line = 0; line < source.Count; line++)
        {
            var content = source.Line(line);
            if (content.StartsWith("#") || content.Trim().IsEmpty)
                continue;
            if (IgnoreRule.Parse(fileName, line + 1, content.Trim().ToString()) is { } rule)
                rules.Add(rule);
            else
                diagnostics.Error(source.PlaceOf(line, 0, content.Length), $"'{content.Trim()}' is not a valid pattern",
                    "Use *, ?, [a-z] and **. Close every bracket, and write a path after '!'.");
        }
        return diagnostics.HasErrors ? throw new DockerfileException(diagnostics.ToImmutable()) : new IgnoreRules(rules.ToImmutable());
    }

    /// <summary>The same of patterns that stand in no file, as <c>--exclude</c> has them.</summary>
    public static bool TryParse(IEnumerable<string> patterns, [NotNullWhen(true)] out IgnoreRules? rules)
    {
        var parsed = patterns.Select((pattern, i) => pattern.Length == 0 ? null : IgnoreRule.Parse("--exclude", i + 1, pattern)).ToList();
        rules = parsed.Contains(null) ? null : new IgnoreRules([.. parsed.OfType<IgnoreRule>()]);
        return rules is not null;
    }

    /// <summary>Judges a path by itself; costs its depth times <see cref="Match(string, IgnoreMatch?)"/>.</summary>
    public IgnoreMatch Match(string path)
    {
        IgnoreMatch? parent = null;
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
            parent = Match(path[..slash], parent);
        return Match(path, parent);
    }

    /// <summary>Judges a path whose folder was judged before; null for a path at the top of the context. For walkers.</summary>
    public IgnoreMatch Match(string path, IgnoreMatch? parent)
    {
        if (rules.IsEmpty)
            return Nothing;
        var excluded = false;
        IgnoreRule? deciding = null;
        var matched = new bool[rules.Length];
        for (var i = 0; i < rules.Length; i++)
        {
            var rule = rules[i];
            // A rule that would change nothing is not tried, and counts as one that does not match, for what lies below too:
            // as BuildKit has it.
            matched[i] = parent?.Matched[i] == true || (rule.Includes == excluded && rule.Matches(path));
            if (matched[i])
                (excluded, deciding) = (!rule.Includes, rule);
        }
        return new IgnoreMatch { Excluded = excluded, Rule = deciding, Matched = ImmutableCollectionsMarshal.AsImmutableArray(matched) };
    }

    /// <summary>False where nothing below an excluded folder can be taken in again, so that a walker may skip it whole.</summary>
    public bool MayContainIncluded(string folder, IgnoreMatch match) =>
        !match.Excluded || rules.Any(rule => rule.Includes && rule.CanMatchBelow(folder));

    public bool MayContainIncluded(string folder) => MayContainIncluded(folder, Match(folder));
}
