using System.Text.RegularExpressions;

namespace Manifold.Cli;

/// <summary>
/// Flags that take a value in buildx, and that may also stand alone here: <c>--provenance mode=min .</c> and <c>--provenance .</c>
/// build the context <c>.</c>
/// </summary>
/// <remarks>
/// The next word is the value if it looks like one: true, false, or a known field such as mode=min. Else it is an argument.
/// </remarks>
internal static partial class BuildxHabits
{
    private static readonly string[] Flags = ["--provenance", "--sbom"];

    /// <summary>The words, with the value of such a flag joined to it by <c>=</c>.</summary>
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

    [GeneratedRegex(@"^(true|false|0|1|(type|mode|generator|builder-id|reproducible|inline-only|version|filename|disabled)=.*)\z")]
    private static partial Regex Value();
}
