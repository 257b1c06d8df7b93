using Manifold.Layers;
using Manifold.Oci;
using Manifold.Solving.Copying;

namespace Manifold.Nodes.Contexts;

/// <summary>A context that notes each lookup that goes through a symbolic link or <c>..</c>.</summary>
internal sealed class RecordedLookups(ContextTree tree) : ISourceTree
{
    private readonly HashSet<string> indirect = new(StringComparer.Ordinal);

    /// <summary>The entries that these lookups go through. The same lookups succeed in a folder that has these entries.</summary>
    public IEnumerable<LayerEntry> Passed() => indirect.SelectMany(tree.Passed);

    public bool Hides => tree.Hides;

    public LayerEntry? Find(string path)
    {
        var found = tree.Find(path);
        if (found is not null && found.Path != path)
            indirect.Add(path);
        return found;
    }

    public IEnumerable<string> Names(string folder) => tree.Names(folder);

    public IEnumerable<LayerEntry> Below(string folder) => tree.Below(folder);

    public Digest DigestOf(LayerEntry file) => tree.DigestOf(file);

    public string DescribeMissing(string source) => tree.DescribeMissing(source);
}
