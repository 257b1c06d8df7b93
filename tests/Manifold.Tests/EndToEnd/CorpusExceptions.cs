namespace Manifold.Tests.EndToEnd;

/// <summary>Cases of the corpus that are not judged by their expectation. Both sets are to be empty.</summary>
public static class CorpusExceptions
{
    /// <summary>What does not work yet. Each must fail by saying so.</summary>
    public static IReadOnlySet<string> Awaited { get; } = new SortedSet<string>(StringComparer.Ordinal)
    {
    };

    /// <summary>What works and is wrong, and how.</summary>
    public static IReadOnlyDictionary<string, string> Wrong { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
    };
}
