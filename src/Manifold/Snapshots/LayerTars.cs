using Manifold.Content;
using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.Snapshots;

/// <summary>
/// The tars of layers, uncompressed, by DiffId: <c>tars/</c> in the store. For readers who want files of a layer that no RUN stands on.
/// </summary>
/// <remarks>
/// One file a layer, however many files are in it: made by anybody, without owners, devices or attributes that only root may make,
/// and as easily removed.
/// </remarks>
internal sealed class LayerTars(Store store)
{
    private readonly string folder = store.Layout.Tars.Path;

    /// <summary>
    /// The layer's files. Its tar is made of the blob where it is not there; several who make the same each place it whole.
    /// </summary>
    /// <exception cref="LayerException">The layer is malformed, or its tar is not what <paramref name="diffId"/> says.</exception>
    public async Task<LayerTree> OpenAsync(Descriptor blob, Digest diffId, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, diffId.Hex);
        if (!File.Exists(path))
            await MakeAsync(blob, diffId, path, cancellation).ConfigureAwait(false);
        return await Task.Run(() => LayerTree.OfTar(path, $"layer {blob.Digest.Short}", cancellation: cancellation),
            cancellation).ConfigureAwait(false);
    }

    private async Task MakeAsync(Descriptor blob, Digest diffId, string path, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var making = Path.Combine(store.WorkFolder, $"tar-{Guid.NewGuid():N}");
        try
        {
            await using (var file = File.Create(making))
                await new LayerReader(store).CopyTarAsync(blob, diffId, file, cancellation).ConfigureAwait(false);
            File.Move(making, path, overwrite: true);
        }
        finally
        {
            File.Delete(making);
        }
    }
}
