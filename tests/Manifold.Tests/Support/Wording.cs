using System.Collections.Immutable;

namespace Manifold.Tests.Support;

/// <summary>Compares messages with the places, names and values that they must contain, so that their wording can change.</summary>
internal static class Wording
{
    /// <param name="expected">The parts of the message in their order, separated by <c>…</c>. The message starts with the first
    /// part.</param>
    public static void Fits(string expected, string message) =>
        Assert.True(Has(expected, message), $"Expected: {expected}\nFound: {message}");

    /// <summary>As <see cref="Fits"/>, for each message of a list.</summary>
    public static void FitEach(ImmutableArray<string> expected, IEnumerable<string> messages)
    {
        var found = messages.ToList();
        var isWrong = found.Count != expected.Length || expected.Zip(found).Any(pair => !Has(pair.First, pair.Second));
        Assert.False(isWrong, $"Expected:\n{string.Join('\n', expected)}\n\nFound:\n{string.Join('\n', found)}");
    }

    public static bool Has(string expected, string message)
    {
        var at = 0;
        foreach (var (index, part) in expected.Split('…').Index())
        {
            var found = message.IndexOf(part, at, StringComparison.Ordinal);
            if (found < 0 || (index == 0 && found > 0))
                return false;
            at = found + part.Length;
        }
        return true;
    }
}
