namespace Manifold.Dockerfile;

/// <summary>"Did you mean …?"</summary>
internal static class Suggestion
{
    // Who has more names than that is not helped by one that looks alike, and each costs a comparison.
    private const int Most = 500;

    /// <summary>A hint that names the known word nearest to a mistyped one, or null where none is near.</summary>
    public static string? For(string word, IEnumerable<string> known) => Nearest(word, known) is { } name ? $"Did you mean {name}?" : null;

    /// <summary>The known word nearest to a mistyped one, or null where none is near.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        if (word.Length > 32)
            return null;
        var nearest = known.Take(Most).Select(each => (Name: each, Edits: Edits(word.ToLowerInvariant(), each.ToLowerInvariant())))
            .Where(each => each.Edits <= (Math.Max(each.Name.Length, word.Length) > 4 ? 2 : 1))
            .OrderBy(each => each.Edits).FirstOrDefault();
        return nearest.Name;
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours between two words.</summary>
    private static int Edits(string a, string b)
    {
        var costs = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    costs[i, j] = i + j;
                    continue;
                }
                var replace = costs[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                costs[i, j] = Math.Min(replace, Math.Min(costs[i - 1, j], costs[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    costs[i, j] = Math.Min(costs[i, j], costs[i - 2, j - 2] + 1);
            }
        return costs[a.Length, b.Length];
    }
}
