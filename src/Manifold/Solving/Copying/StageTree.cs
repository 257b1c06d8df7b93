using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.Solving.Copying;

/// <summary>The merged layers of a stage or an image, for <c>COPY --from</c>: read where they are unpacked, without a mount.</summary>
internal sealed class StageTree(Chain chain, string name) : ISourceTree
{
    public bool Hides => false;

    public LayerEntry? Find(string path) => chain.Resolve(path).Entry;

    public IEnumerable<string> Names(string folder) =>
        chain.Children(folder).Select(entry => EntryPath.Name(entry.Path)).Order(StringComparer.Ordinal);

    public IEnumerable<LayerEntry> Below(string folder) => chain.Subtree(folder);

    public Digest DigestOf(LayerEntry file)
    {
        using var content = file.Open!();
        return Digest.Of(content);
    }

    public string DescribeMissing(string source) => $"'{source}' is not in {name}";
}
