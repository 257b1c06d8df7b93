using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Layers;

/// <summary>Tables of contents by diff id: <c>cache/contents</c> in the store. Small, and made again where prune took them.</summary>
internal sealed class ContentsCache(Store store)
{
    private readonly string folder = Directory.CreateDirectory(store.Layout.Contents.Path).FullName;

    public bool Has(Digest diffId) => File.Exists(PathOf(diffId));

    /// <summary>Null where it is not there, or damaged.</summary>
    public TableOfContents? Find(Digest diffId)
    {
        if (!Has(diffId))
            return null;
        using var file = File.OpenRead(PathOf(diffId));
        return TableOfContents.TryLoad(file);
    }

    /// <summary>Idempotent: a diff id has one table.</summary>
    public void Save(Digest diffId, TableOfContents table)
    {
        if (Has(diffId))
            return;
        using var buffer = new MemoryStream();
        table.Save(buffer);
        Store.ReplaceFile(PathOf(diffId), buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private string PathOf(Digest diffId) => Path.Combine(folder, diffId.Hex);
}
