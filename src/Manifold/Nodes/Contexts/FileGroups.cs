using System.Collections.Immutable;
using System.Numerics;
using Manifold.Linux;

namespace Manifold.Nodes.Contexts;

/// <summary>Cuts a context into groups of files, each of which becomes one blob.</summary>
/// <remarks>
/// Whether a group begins with a file depends on that file alone, on its path and rough size. So a file that changes, comes or goes
/// changes its own group, or cuts one or joins two, and all other groups stay. A large file is a group of its own.
/// </remarks>
internal static class FileGroups
{
    /// <summary>The bytes of a usual group: the cost of sending it for one changed file, against the cost of many small blobs.</summary>
    private const long Usual = 1 << 20;

    /// <summary>A manifest names all groups, and has to stay a small document. Larger contexts have larger groups.</summary>
    private const long Most = 8 * 1024;

    /// <summary>The bytes that a file takes besides its content: its header, and a record of its time.</summary>
    private const long Header = 1024;

    public static IEnumerable<ImmutableArray<PackedFile>> Cut(ImmutableArray<PackedFile> files)
    {
        var usual = Math.Max(Usual, RoundedUp(files.Sum(file => file.Entry.Size) / Most));
        var begin = 0;
        for (var i = 1; i < files.Length; i++)
        {
            if (!IsLarge(files[i]) && !IsLarge(files[i - 1]) && !Begins(files[i], usual))
                continue;
            yield return files[begin..i];
            begin = i;
        }
        if (files.Length > 0)
            yield return files[begin..];

        bool IsLarge(PackedFile file) => file.Entry.Size >= usual;
    }

    // By chance, and the larger a file the likelier: so groups have the usual size on average, wherever they begin.
    private static bool Begins(PackedFile file, long usual) =>
        (HashOf(file.Path) & (ulong)(usual - 1)) < (ulong)RoundedUp(file.Entry.Size + Header);

    private static long RoundedUp(long size) => (long)BitOperations.RoundUpToPowerOf2((ulong)size);

    // FNV-1a, with the last step of MurmurHash3: the same for a path on every machine and in every version.
    private static ulong HashOf(string path)
    {
        var hash = 14695981039346656037UL;
        foreach (var part in FileName.Encode(path))
            hash = (hash ^ part) * 1099511628211UL;
        hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCDUL;
        return hash ^ (hash >> 33);
    }
}
