using System.Text.RegularExpressions;

namespace Manifold.Cli;

/// <summary>
/// Flags that buildx always gives a value, and that are switches here as well:
/// <c>--provenance mode=min .</c> and <c>--provenance .</c>
/// </summary>
internal static partial class BuildxHabits
{
    private static readonly string[] Flags = ["--provenance", "--sbom"];

    /// <summary>Whether the option may stand without a value.</summary>
    public static bool IsSwitch(string option) => Flags.Contains(option);

    /// <summary>The words with such a flag's value joined to it, so that what follows a flag without one is left alone.</summary>
    public static IReadOnlyList<string> Joined(IReadOnlyList<string> words)
    {
        var joined = new List<string>(words.Count);
        for (var at = 0; at < words.Count; at++)
        {
            if (words[at] == "--")
                return [.. joined, .. words.Skip(at)];
            if (!Flags.Contains(words[at]))
                joined.Add(words[at]);
            else if (at + 1 < words.Count && Value().IsMatch(words[at + 1]))
                joined.Add($"{words[at]}={words[++at]}");
            else
                joined.Add(words[at] + "=true");
        }
        return joined;
    }

    [GeneratedRegex("^(true|false|0|1|(type|mode|generator|builder-id|reproducible|inline-only|version|filename|disabled)=.*)$")]
    private static partial Regex Value();
}
