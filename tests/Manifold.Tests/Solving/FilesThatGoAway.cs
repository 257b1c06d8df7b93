using Manifold.Content;
using Manifold.Dockerfile;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Solving.Copying;

namespace Manifold.Tests.Solving;

/// <summary>The context changes while it is read: one sentence says which file.</summary>
public sealed class FilesThatGoAway : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;

    public FilesThatGoAway() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Theory, InlineData("a/b"), InlineData("c")]
    public void a_file_that_is_gone_when_it_is_read_is_named(string path)
    {
        folder.Write($"context/{path}", "x");
        var tree = Tree();
        var entry = tree.Find(path)!;
        Directory.Delete(folder["context"], recursive: true);
        Directory.CreateDirectory(folder["context"]);
        var gone = Assert.Throws<FileNotFoundException>(() => tree.DigestOf(entry));
        Assert.Contains($"'{path}'", gone.Message, StringComparison.Ordinal);
        Assert.Contains("was deleted during the build", gone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void of_many_that_are_gone_the_first_is_told_as_it_is()
    {
        for (var i = 0; i < 20; i++)
            folder.Write($"context/{i}", "x");
        Assert.Throws<FileNotFoundException>(() => Selection.OfPath(null!, new Vanishing(Tree(), folder["context"]), ""));
    }

    private ContextTree Tree() =>
        new(folder["context"], IgnoreRules.Parse(".dockerignore", ""), new FileDigests(store, folder["context"], TimeProvider.System));

    /// <summary>A context whose files are deleted once they are chosen.</summary>
    private sealed class Vanishing(ContextTree tree, string root) : ISourceTree
    {
        public bool Hides => false;

        public LayerEntry? Find(string path) => tree.Find(path);

        public IEnumerable<string> Names(string folder) => tree.Names(folder);

        public IEnumerable<LayerEntry> Below(string folder)
        {
            List<LayerEntry> all = [.. tree.Below(folder)];
            foreach (var file in Directory.GetFiles(root))
                File.Delete(file);
            return all;
        }

        public Digest DigestOf(LayerEntry file) => tree.DigestOf(file);

        public string DescribeMissing(string source) => source;
    }
}
