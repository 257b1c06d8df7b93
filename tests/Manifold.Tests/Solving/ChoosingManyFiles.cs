using Manifold.Content;
using Manifold.Dockerfile;
using Manifold.Layers;
using Manifold.Solving.Copying;

namespace Manifold.Tests.Solving;

/// <summary>A context of many files: chosen in the one order of layers, and not read again where nothing changed.</summary>
public sealed class ChoosingManyFiles : IDisposable
{
    private static readonly string[] Names =
        ["a", "a.txt", "a-b/x", "a0/y", "b/a/z", "b/a.x", "b/ab/z", "é/x", "文/x", "\uFF5E", "🙂/x", "z/deep/deeper/deepest"];

    private readonly TemporaryFolder folder = new();
    private readonly Store store;

    public ChoosingManyFiles()
    {
        store = Store.Open(folder["store"]);
        foreach (var name in Names)
            folder.Write($"context/{name}", name);
    }

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("b\n!b/a/z\n")]
    [InlineData("*\n!z/deep/deeper/deepest\n!a-b\n")]
    public void everything_stands_in_the_order_of_layers(string ignored)
    {
        var paths = Tree(ignored).Below("").Select(entry => entry.Path).ToList();
        Assert.Equal(paths.Order(EntryPath.Order), paths);
        Assert.Equal(paths.Distinct(), paths);
        Assert.Contains("z/deep/deeper/deepest", paths);
    }

    [Fact]
    public void a_tree_that_is_wide_and_deep_is_walked_whole()
    {
        IEnumerable<string> level = [""];
        for (var depth = 0; depth < 6; depth++)
            level = [.. level.SelectMany(path => new[] { "b", "a", "c" }.Select(name => EntryPath.Join(path, name)))];
        foreach (var path in level)
            folder.Write($"context/wide/{path}/file", path);

        var found = Tree("**/b/b\n!**/b/b/c/file").Below("wide");

        var taken = level.Where(path =>
            !path.Contains("b/b", StringComparison.Ordinal) || path.EndsWith("b/b/c", StringComparison.Ordinal));
        var files = taken.Select(path => $"wide/{path}/file").Order(EntryPath.Order);
        Assert.Equal(files, found.Where(entry => entry.Kind == EntryKind.File).Select(entry => entry.Path));
    }

    [Fact]
    public void a_folder_that_is_left_out_is_there_only_with_what_is_taken_in_again() =>
        Assert.Equal(["b", "b/a", "b/a/z"], Tree("*\n!b/a/z\n").Below("").Select(entry => entry.Path));

    [Fact]
    public void files_that_did_not_change_are_not_opened_again()
    {
        var later = new AnHourLater();
        var first = Tree("", later);
        var digests = first.Below("").Where(entry => entry.Kind == EntryKind.File).ToDictionary(entry => entry.Path, first.DigestOf);
        Remembered!.Save();

        var second = Tree("", later);
        var again = second.Below("").Where(entry => entry.Kind == EntryKind.File)
            .ToDictionary(entry => entry.Path, entry => second.DigestOf(entry with
            {
                Open = () => throw new InvalidOperationException(entry.Path),
            }));
        Assert.Equal(digests, again);
    }

    [Fact]
    public void a_memory_that_is_cut_short_is_as_good_as_none()
    {
        var later = new AnHourLater();
        var first = Tree("", later);
        foreach (var entry in first.Below("").Where(entry => entry.Kind == EntryKind.File))
            first.DigestOf(entry);
        Remembered!.Save();
        var file = Directory.GetFiles(folder["store/cache/files"]).Single();
        var whole = File.ReadAllBytes(file);
        for (var length = 0; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(file, whole[..length]);
            var entry = Tree("", later) is var tree ? tree.Find("a")! : null!;
            Assert.Equal(Manifold.Oci.Digest.Of("a"), tree.DigestOf(entry));
        }
    }

    private FileDigests? Remembered { get; set; }

    private ContextTree Tree(string ignored, TimeProvider? time = null)
    {
        Remembered = new FileDigests(store, folder["context"], time ?? TimeProvider.System);
        return new ContextTree(folder["context"], IgnoreRules.Parse(".dockerignore", ignored), Remembered);
    }

    /// <summary>What was written just now is not remembered, since it may change within the clock's step.</summary>
    private sealed class AnHourLater : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddHours(1);
    }
}
