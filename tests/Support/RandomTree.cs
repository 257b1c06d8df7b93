
namespace Manifold.Tests.Support;

/// <summary>A folder tree and ignore rules that fit it, the same for the same seed.</summary>
internal sealed class RandomTree
{
    private static readonly string[] FileNames = ["a", "b", "c.txt", "ab", "a.go", ".x", "a b"];
    private static readonly string[] FolderNames = ["d", "da", "node", "x.d"];
    private static readonly string[] Parts = ["a",
        "b", "d", "da", "node", "x.d", "*", "**", "?", "d*", "*.txt", "[a-c]*", "[^d]*", "a.go", ".x", "c.txt", "**a", "x.**", "\\a", "d?"];

    public RandomTree(int seed)
    {
#pragma warning disable CA5394 // the same tree for the same seed is what we want
        var random = new Random(seed);
        var files = new HashSet<string>(StringComparer.Ordinal);
        while (files.Count < 70)
        {
            var folders = Enumerable.Range(0, random.Next(4)).Select(_ => FolderNames[random.Next(FolderNames.Length)]);
            files.Add(string.Join('/', folders.Append(FileNames[random.Next(FileNames.Length)])));
        }
        Files = [.. files.Order(StringComparer.Ordinal)];
        Rules = string.Concat(Enumerable.Range(0, 3 + random.Next(6)).Select(_ => Rule(random) + "\n"));
    }

    public IReadOnlyList<string> Files { get; }

    public string Rules { get; }

    private static string Rule(Random random)
    {
        var parts = Enumerable.Range(0, 1 + random.Next(3)).Select(_ => Parts[random.Next(Parts.Length)]);
        var path = string.Join('/', parts);
        return random.Next(8) switch
        {
            0 or 1 or 2 => "!" + path,
            3 => "/" + path + "/",
            4 => "  " + path + " ",
            _ => path,
        };
#pragma warning restore CA5394
    }
}
