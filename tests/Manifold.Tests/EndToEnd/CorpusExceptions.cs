namespace Manifold.Tests.EndToEnd;

/// <summary>Cases of the corpus that are not judged by their expectation. Both sets are to be empty.</summary>
public static class CorpusExceptions
{
    /// <summary>What does not work yet. Each must fail by saying so.</summary>
    public static IReadOnlySet<string> Awaited { get; } = new SortedSet<string>(StringComparer.Ordinal)
    {
        "add-exclude",
        "add-git",
        "add-git-commit",
        "add-git-keep-git-dir",
        "add-git-ref-not-there",
        "add-link",
        "add-unpack",
        "add-url",
        "add-url-archive-stays-packed",
        "add-url-checksum",
        "add-url-checksum-wrong",
        "add-url-name-from-header",
        "add-url-not-there",
        "add-url-unpack",
        "copy-chmod-symbolic",
        "copy-exclude",
        "copy-exclude-from-stage",
        "copy-exclude-of-everything",
        "copy-link",
        "copy-link-chown-by-name",
        "copy-link-from-stage",
        "copy-link-onto-a-folder-with-attributes",
        "copy-link-onto-a-linked-folder",
        "copy-parents",
        "copy-parents-from-stage",
        "run-heredoc-script",
        "run-network-host",
        "run-security-insecure",
    };

    /// <summary>What works and is wrong, and how.</summary>
    public static IReadOnlyDictionary<string, string> Wrong { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["add-archive-empty"] = "an archive without entries is copied as the file that it is",
        ["copy-chmod"] = "--chmod=0 is refused; one and two digits are modes too",
        ["copy-chown-root-onto-scratch"] = "root is 0 even where there is no /etc/passwd",
        ["copy-from-dangling-link-by-wildcard"] = "the link is left out silently; nobody told that something was missing",
        ["run-proxies"] = "a proxy's build argument is both the lower-case and the upper-case variable",
    };
}
