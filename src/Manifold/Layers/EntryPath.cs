using Manifold.Linux;

namespace Manifold.Layers;

/// <summary>The paths of entries, and the one order in which a layer lists them.</summary>
internal static class EntryPath
{
    /// <summary>By components, each by its bytes: parents come before children, and everything below a folder stands together.</summary>
    public static IComparer<string> Order { get; } = Comparer<string>.Create(Compare);

    public static string Parent(string path) => path.LastIndexOf('/') is var slash and >= 0 ? path[..slash] : "";

    public static string Name(string path) => path[(path.LastIndexOf('/') + 1)..];

    public static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

    /// <summary>Whether <paramref name="path"/> is below <paramref name="folder"/>, and not the folder itself.</summary>
    public static bool IsBelow(string path, string folder) =>
        folder.Length == 0 ? path.Length > 0
            : path.Length > folder.Length && path[folder.Length] == '/' && path.StartsWith(folder, StringComparison.Ordinal);

    /// <summary>A path as it is seen from a folder that it lies in; empty for the folder itself.</summary>
    public static string Relative(string path, string folder) =>
        path.Length == folder.Length ? "" : folder.Length == 0 ? path : path[(folder.Length + 1)..];

    /// <summary>The path, if a layer may write to it; nothing in it can lead out of a folder.</summary>
    /// <exception cref="LayerException">It has empty, <c>.</c> or <c>..</c> components, a zero byte, or is too long.</exception>
    public static string Checked(string path)
    {
        if (path.Length > Limits.PathBytes)
            throw new LayerException($"The path '{path[..60]}…' is longer than {Limits.PathBytes} bytes.");
        if (path.Contains('\0', StringComparison.Ordinal))
            throw new LayerException($"The path '{path.Replace('\0', '?')}' contains a zero byte.");
        if (path.Length == 0)
            return path;
        foreach (var part in path.AsSpan().Split('/'))
            if (path.AsSpan(part) is "" or "." or "..")
                throw new LayerException($"The path '{path}' points outside its layer, or is not normalized.");
        return path;
    }

    /// <summary>
    /// A path as tars spell them (<c>./a//b/</c>, <c>/a/b</c>) in the plain form. An absolute one is taken from the layer's root, as every
    /// container tool does; <c>..</c> is refused, even where it would stay inside.
    /// </summary>
    public static string Normalized(string name)
    {
        if (!name.StartsWith('/') && !name.StartsWith('.')
            && !name.EndsWith('/') && !name.Contains("//", StringComparison.Ordinal) && !name.Contains("/.", StringComparison.Ordinal))
            return Checked(name);
        return Checked(string.Join('/', name.Split('/').Where(part => part is not ("" or "."))));
    }

    /// <summary>
    /// A path as the archives of users spell them, in the plain form. <c>..</c> takes back the part before it and leads no further than to
    /// the top, where the archive is unpacked.
    /// </summary>
    /// <remarks>Source: Go's <c>filepath.Join("/", name)</c>, by which Docker and buildah unpack an ADD.</remarks>
    public static string Bounded(string name)
    {
        if (!name.Contains("..", StringComparison.Ordinal))
            return Normalized(name);
        var parts = new List<string>();
        foreach (var part in name.Split('/').Where(part => part is not ("" or ".")))
        {
            if (part != "..")
                parts.Add(part);
            else if (parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
        }
        return Checked(string.Join('/', parts));
    }

    private static int Compare(string? left, string? right)
    {
        if (left is null || right is null)
            return string.CompareOrdinal(left, right);
        var i = left.AsSpan().CommonPrefixLength(right);
        if (i == left.Length || i == right.Length)
            return left.Length.CompareTo(right.Length);
        var (a, b) = (left[i], right[i]);
        if (a == '/' || b == '/')
            return a == '/' ? -1 : 1;
        // The order of UTF-16 is that of the bytes, but for surrogates.
        return !char.IsSurrogate(a) && !char.IsSurrogate(b) ? a.CompareTo(b)
            : FileName.Encode(left).AsSpan().SequenceCompareTo(FileName.Encode(right));
    }
}
