using System.Text.RegularExpressions;

namespace Manifold.Content;

/// <summary>The records of builds: <c>builds/ID.json</c> in the store. Names sort by time; old ones go.</summary>
/// <remarks>Here they are bytes; the report reads them. They protect nothing from a prune: an image that they name may be gone.</remarks>
internal sealed partial class BuildRecords(Store store)
{
    private string Folder => store.Layout.Builds.Path;

    /// <summary>Keeps a record, and lets the oldest go where there are more than <see cref="Limits.BuildRecords"/>.</summary>
    public void Save(string id, ReadOnlySpan<byte> json)
    {
        Directory.CreateDirectory(Folder);
        Store.ReplaceFile(PathOf(id), json);
        foreach (var old in BeyondBound())
            old.Delete();
    }

    /// <summary>The ids, latest first.</summary>
    public IReadOnlyList<string> List() => Directory.Exists(Folder)
        ?
        [
            .. Directory.EnumerateFiles(Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Where(IsId)
                .OrderDescending(StringComparer.Ordinal),
        ]
        : [];

    /// <summary>The ids that begin so.</summary>
    public IReadOnlyList<string> Find(string begin) => [.. List().Where(id => id.StartsWith(begin, StringComparison.Ordinal))];

    /// <summary>Null where it is not there.</summary>
    public byte[]? TryRead(string id)
    {
        try
        {
            return IsId(id) ? File.ReadAllBytes(PathOf(id)) : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The oldest, which are more than the bound allows.</summary>
    internal IEnumerable<FileInfo> BeyondBound() =>
        List().Skip(Limits.BuildRecords).Select(id => new FileInfo(PathOf(id))).Where(file => file.Exists);

    private string PathOf(string id) => Path.Combine(Folder, id + ".json");

    private static bool IsId(string text) => IdPattern().IsMatch(text);

    [GeneratedRegex(@"^[0-9]{8}-[0-9]{6}-[0-9a-f]{4,8}\z")]
    private static partial Regex IdPattern();
}
