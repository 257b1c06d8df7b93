using System.Text.RegularExpressions;

namespace Manifold.Hcl;

internal static partial class HclFunctions
{
    private static IEnumerable<(string Name, HclFunction Function)> Patterns() =>
    [
        Of("regex", 2, a => Pattern(a, 0) is var pattern && pattern.Match(a.Text(1)) is { Success: true } match
            ? Captured(pattern, match)
            : throw new HclArgumentException("the pattern does not match", 0)),
        Of("regexall", 2, a => Pattern(a, 0) is var pattern
            ? HclValue.List(pattern.Matches(a.Text(1)).Select(match => Captured(pattern, match)))
            : HclValue.Null),
        Of("regex_replace", 3, a => Text(Pattern(a, 1).Replace(a.Text(0), match => Expanded(a.Text(2), match)))),
    ];

    /// <summary>The engine without backtracking accepts what RE2 accepts, in time that grows with the text alone.</summary>
    private static Regex Pattern(HclArguments a, int index)
    {
        try
        {
            var pattern = a.Text(index).Replace("(?P<", "(?<", StringComparison.Ordinal);
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new HclArgumentException($"this is not a valid pattern: {e.Message}", index);
        }
    }

    /// <summary>The match; or a list of its groups, or a map if they have names.</summary>
    private static HclValue Captured(Regex pattern, Match match)
    {
        var names = pattern.GetGroupNames().Where(name => !int.TryParse(name, out _)).ToList();
        if (names.Count > 0)
            return names.Aggregate(HclMap.Empty, (map, name) => map.With(name, Captured(match.Groups[name])));
        return match.Groups.Count == 1 ? Text(match.Value) : HclValue.List(match.Groups.Cast<Group>().Skip(1).Select(Captured));
    }

    private static HclValue Captured(Group group) => group.Success ? Text(group.Value) : HclValue.Null;

    /// <summary>Replaces <c>$1</c>, <c>$name</c>, <c>${1}</c>, and <c>${name}</c> with groups, and <c>$$</c> with a dollar sign.</summary>
    private static string Expanded(string replacement, Match match) => ReferencePattern().Replace(replacement, reference =>
        reference.Value == "$$" ? "$" : match.Groups[reference.Groups["name"].Value] is { Success: true } group ? group.Value : "");

    [GeneratedRegex(@"\$\$|\$\{(?<name>\w+)\}|\$(?<name>\w+)")]
    private static partial Regex ReferencePattern();
}
