namespace Manifold.Verification.Packages;

/// <summary>Which distribution an image is made of. Source: os-release(5).</summary>
internal sealed record OsRelease(string? Id, string? VersionId, string? PrettyName)
{
    public static OsRelease Unknown { get; } = new(null, null, null);

    /// <summary>Reads what it can; never throws.</summary>
    public static OsRelease Parse(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
            if (line.IndexOf('=', StringComparison.Ordinal) is var equals and > 0)
                values[line[..equals].Trim()] = Unquoted(line[(equals + 1)..].Trim());
        return new OsRelease(Value("ID"), Value("VERSION_ID"), Value("PRETTY_NAME"));

        string? Value(string name) => values.GetValueOrDefault(name) is { Length: > 0 and < 200 } value ? value : null;
    }

    private static string Unquoted(string value) =>
        value.Length >= 2 && value[0] == value[^1] && value[0] is '"' or '\'' ? value[1..^1] : value;
}
