using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.Solving.Keeping;

/// <summary>The tables of contents of layers: the paths that each has.</summary>
/// <remarks>Known in memory, else saved in the store, else read: once for all who ask, and saved then. Thread-safe.</remarks>
internal sealed class ContentTables(Store store)
{
    private readonly SharedWork<Digest, TableOfContents> known = new();
    private readonly ContentsCache saved = new(store);

    /// <summary>Whether the table is known without reading the layer.</summary>
    public bool Has(Digest diffId) => known.IsKnown(diffId) || saved.Has(diffId);

    /// <summary>The table that the store has; null where it has none.</summary>
    public TableOfContents? FindSaved(Digest diffId) => saved.Find(diffId);

    /// <param name="read">Reads the layer. Called only where no table is known.</param>
    public Task<TableOfContents> GetAsync(
        Digest diffId, Func<CancellationToken, Task<TableOfContents>> read, CancellationToken cancellation) =>
        known.GetAsync(diffId, async stop => saved.Find(diffId) ?? Save(diffId, await read(stop).ConfigureAwait(false)), cancellation);

    /// <summary>Keeps a table that was made on the way.</summary>
    public void Remember(Digest diffId, TableOfContents table) => known.Remember(diffId, Save(diffId, table));

    public void Forget(Digest diffId) => known.Forget(layer => layer == diffId);

    private TableOfContents Save(Digest diffId, TableOfContents table)
    {
        saved.Save(diffId, table);
        return table;
    }
}
