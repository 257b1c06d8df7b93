namespace Manifold.Verification.Packages;

/// <summary>Reads dpkg's database: <c>/var/lib/dpkg/status</c>, and the files of <c>status.d/</c> that images without dpkg have.</summary>
/// <remarks>
/// Source: deb-control(5), dpkg-query(1), dpkg(1) "Package states". Never throws: a paragraph without name or version is left out.
/// </remarks>
internal static class DpkgDatabase
{
    /// <summary>The packages that have files in the image. What was removed and left its configuration is not among them.</summary>
    public static IEnumerable<Package> Parse(string text) => Paragraphs(text).Select(ToPackage).OfType<Package>();

    private static Package? ToPackage(Dictionary<string, string> fields)
    {
        if (fields.GetValueOrDefault("Package") is not { Length: > 0 } name
            || fields.GetValueOrDefault("Version") is not { Length: > 0 } version)
            return null;
        // "want flag state"; files of status.d/ have none.
        if (fields.GetValueOrDefault("Status")?.Split(' ') is [.., "not-installed" or "config-files"])
            return null;
        // Source: NAME, or NAME (VERSION) where the version differs.
        var source = (fields.GetValueOrDefault("Source") ?? "").Split([' ', '(', ')'], StringSplitOptions.RemoveEmptyEntries);
        var package = new Package
        {
            Kind = PackageKind.Deb,
            Name = name,
            Version = version,
            Architecture = fields.GetValueOrDefault("Architecture") ?? "",
        };
        return source switch
        {
            [var origin, var originVersion, ..] => package with { Source = origin, SourceVersion = originVersion },
            [var origin] => package with { Source = origin },
            _ => package,
        };
    }

    private static IEnumerable<Dictionary<string, string>> Paragraphs(string text)
    {
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in text.Split('\n'))
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                if (fields.Count > 0)
                    yield return fields;
                fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            }
            else if (line[0] is not (' ' or '\t') && line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0)
                fields[line[..colon]] = line[(colon + 1)..].Trim();
        }
        if (fields.Count > 0)
            yield return fields;
    }
}
