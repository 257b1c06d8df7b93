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
        ["add-archive-owner"] = "--chown owns what an archive unpacks to",
        ["add-url-unpack"] = "--chown owns what an archive unpacks to",
        ["context-named-tarball"] = "a named context at an address is that one file and is not unpacked",
        ["copy-exclude-of-everything"] = "--exclude is for what is in a folder: a file that a source names itself is copied",
        ["run-shm-size"] = "where /dev/shm was mounted, the image keeps no /dev",
        ["run-heredoc-script"] = "where a script was mounted, the image keeps no /dev",
    };
}
