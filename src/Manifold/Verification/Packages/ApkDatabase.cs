namespace Manifold.Verification.Packages;

/// <summary>Reads apk's database, <c>/lib/apk/db/installed</c> or <c>/usr/lib/apk/db/installed</c>.</summary>
/// <remarks>
/// Source: apk-tools, "Apk spec", section "Installed Database". Never throws: a block without name or version is left out.
/// </remarks>
internal static class ApkDatabase
{
    public static IEnumerable<Package> Parse(string text)
    {
        var fields = new Dictionary<char, string>();
        foreach (var line in text.Split('\n').Append(""))
        {
            if (line.Length > 1 && line[1] == ':')
                fields.TryAdd(line[0], line[2..].Trim()); // the files that follow reuse letters; the package's own come first
            else if (string.IsNullOrWhiteSpace(line))
            {
                if (ToPackage(fields) is { } package)
                    yield return package;
                fields.Clear();
            }
        }
    }

    private static Package? ToPackage(Dictionary<char, string> fields) =>
        fields.GetValueOrDefault('P') is not { Length: > 0 } name || fields.GetValueOrDefault('V') is not { Length: > 0 } version
            ? null
            : new Package
            {
                Kind = PackageKind.Apk,
                Name = name,
                Version = version,
                Architecture = fields.GetValueOrDefault('A') ?? "",
                License = fields.GetValueOrDefault('L') is { Length: > 0 } license ? license : null,
                Source = fields.GetValueOrDefault('o') is { Length: > 0 } origin ? origin : name,
            };
}
