namespace Manifold.EndToEnd.Building;

/// <summary>What is right for one case of the corpus.</summary>
public sealed class CorpusCase(string folder)
{
    private const string Refused = "refused: ";

    public static CorpusCase Read(string name) => new(Path.Combine(Cases.Folder("dockerfile"), name));

    /// <summary>What became of a case here: the image's listing, or null and what was said instead.</summary>
    public sealed record Result(string? Listing, string Error);

    /// <summary>Null where the result is as it should be, else what differs.</summary>
    public string? Judge(Result result)
    {
        var expected = ReadLines("expected");
        if (expected is null)
            return $"'{folder}' has no 'expected': cases/expect-from-buildkit.sh writes it.";
        var departures = ReadLines("departs-from-buildkit.txt") ?? [];
        if (departures is not [] && !departures[0].StartsWith("# ", StringComparison.Ordinal))
            return "departs-from-buildkit.txt does not begin with '# ' and the reason.";
        // A departure without lines says that what BuildKit builds is refused here.
        var mustFail = expected[0].StartsWith(Refused, StringComparison.Ordinal) ? departures is [] : departures is [_];
        if (!mustFail)
            return result.Listing is null
                ? "BuildKit builds it, and we do not:\n" + result.Error
                : Compare(Here(expected, departures), result.Listing);
        if (result.Listing is not null)
            return "It was built, and must not be:\n+" + result.Listing.TrimEnd().Replace("\n", "\n+", StringComparison.Ordinal);
        Cases.Expect(Path.Combine(folder, "diagnostics.txt"), result.Error);
        return null;
    }

    /// <summary>BuildKit's lines but for those of departs-from-buildkit.txt.</summary>
    private static string[] Here(string[] expected, string[] departures)
    {
        var gone = departures.Where(line => line.StartsWith('-')).Select(line => line[1..]).ToHashSet(StringComparer.Ordinal);
        var stale = gone.Except(expected).FirstOrDefault();
        Assert.True(stale is null, $"departs-from-buildkit.txt has a line that BuildKit does not give: {stale}");
        return [.. expected.Where(line => !line.StartsWith(Refused, StringComparison.Ordinal) && !gone.Contains(line)), .. departures
            .Where(line => line.StartsWith('+'))
            .Select(line => line[1..])];
    }

    private static string? Compare(string[] expected, string listing)
    {
        var actual = listing.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] differences =
            [.. expected.Except(actual).Select(line => "-" + line), .. actual.Except(expected).Select(line => "+" + line)];
        return differences.Length == 0 ? null : "BuildKit's image (-) and ours (+) differ:\n" + string.Join('\n', differences);
    }

    private string[]? ReadLines(string name) =>
        Path.Combine(folder, name) is var file && File.Exists(file) ? File.ReadAllLines(file) : null;
}
