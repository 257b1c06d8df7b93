using System.Collections.Concurrent;
using Manifold.Events;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Snapshots;

namespace Manifold.Solving.Keeping;

/// <summary>Layers as folders on disk, which RUNs stand on and readers look into.</summary>
/// <remarks>
/// <code>
/// a blob            1  unpacked, verified against the diff id
/// no blob           2  the files of the step that made the layer
/// a RUN's changes   3  adopted: renamed, not unpacked
/// </code>
/// Each layer is unpacked once for all who ask, and its table of contents is known afterwards. Thread-safe.
/// </remarks>
internal sealed class UnpackedLayers(KeepingTools tools, LayerSources sources, BlobFinder blobs, ContentTables tables)
{
    private readonly SnapshotStore snapshots = tools.Program.Snapshots;
    private readonly ConcurrentDictionary<Digest, bool> expected = new();

    /// <summary>Tells of layers that RUNs will stand on.</summary>
    public void Expect(IEnumerable<Digest> layers)
    {
        foreach (var layer in layers)
            expected[layer] = true;
    }

    /// <summary>
    /// Whether a RUN will need the layer unpacked.
    /// Whoever needs another form then unpacks it, so that it is decompressed once.
    /// </summary>
    public bool IsExpected(Digest diffId) => expected.ContainsKey(diffId);

    public bool Has(Digest diffId) => snapshots.Contains(diffId);

    public string FolderOf(Digest diffId) => snapshots.FolderOf(diffId);

    /// <summary>Sees to it that each layer of a chain is unpacked; in parallel.</summary>
    public Task UnpackAsync(IEnumerable<ChainLayer> chain, CancellationToken cancellation) => Task.WhenAll(chain.Select(layer =>
        snapshots.GetOrAddAsync(layer.DiffId, (folder, stop) => FillAsync(layer, folder, stop), cancellation)));

    /// <summary>An unpacked layer with content. Owned by the caller: one for each reader.</summary>
    public SnapshotFolder Open(ChainLayer layer) => new(snapshots.FolderOf(layer.DiffId), snapshots.ImpliedBy(layer.DiffId));

    /// <summary>3. The folder is gone from where it was.</summary>
    /// <param name="table">The layer's own contents, without the folders that overlayfs copied up.</param>
    public void Adopt(Digest diffId, string changes, TableOfContents table) => snapshots.Adopt(changes, diffId, table.ImpliedFolders);

    private async Task<FolderSet> FillAsync(ChainLayer layer, string folder, CancellationToken cancellation)
    {
        var writer = new FolderWriter(folder, SnapshotStore.Format);
        var blob = await blobs.FindAsync(layer, cancellation).ConfigureAwait(false);
        UnpackedFolder unpacked;
        if (blob is not null)
        {
            // 1
            var reader = new LayerReader(tools.Program.Store);
            unpacked = await blobs.ReadAsync(layer, () => reader.Unpack(blob, layer.DiffId, writer, cancellation), cancellation)
                .ConfigureAwait(false);
            tools.Tell(TransferKind.Unpack, layer.DiffId, "", blob.Size, blob.Size);
        }
        else
        {
            // 2
            var entries = tools.Writer.Ordered(await sources.ReadAsync(layer, cancellation).ConfigureAwait(false));
            unpacked = await tools.Processors.RunAsync(() => writer.Write(entries, cancellation), cancellation).ConfigureAwait(false);
        }
        tables.Remember(layer.DiffId, unpacked.Contents);
        return unpacked.ImpliedFolders;
    }
}
