namespace Manifold.Verification.Packages;

/// <summary>The package managers whose databases are read.</summary>
internal enum PackageKind { Deb, Apk, Rpm }

/// <summary>One installed package, as the image's own database has it.</summary>
internal sealed record Package
{
    public required PackageKind Kind { get; init; }
    public required string Name { get; init; }

    /// <summary>As the package manager prints it: with epoch and revision where there are any.</summary>
    public required string Version { get; init; }

    /// <summary>In the package manager's words: <c>amd64</c>, <c>x86_64</c>, <c>all</c>, <c>noarch</c>; empty where it has none.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>As the packager wrote it: not always an SPDX expression. Null where the database does not say.</summary>
    public string? License { get; init; }

    /// <summary>The package of sources that it was built from; its own name where the database says nothing else.</summary>
    public string Source { get => field ?? Name; init; }

    /// <summary>The sources' version; its own where the database says nothing else.</summary>
    public string SourceVersion { get => field ?? Version; init; }
}
