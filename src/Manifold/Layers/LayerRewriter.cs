using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Layers;

/// <summary>Gives a layer's blob another form. The tar stays byte for byte what it was, and so does the diff id.</summary>
internal sealed class LayerRewriter(Store store)
{
    /// <summary>Decompresses and compresses once; memory does not grow with it. Idempotent.</summary>
    /// <exception cref="LayerException">The blob's tar is not what <paramref name="diffId"/> says; nothing is stored.</exception>
    public async Task<Descriptor> RewriteAsync(Descriptor layer, Digest diffId, LayerForm form, CancellationToken cancellation)
    {
        await using var blob = store.CreateBlob();
        var found = Rewrite(layer, blob, form, cancellation);
        if (found != diffId)
            throw new LayerException($"Recompressing layer {layer.Digest.Short}: its tar has the digest {found}, "
                + $"but the image's config says {diffId}. The image is broken. Get it again from its publisher.");
        return await blob.CommitAsync(Compression.MediaTypeOf(form.Compression), cancellation: cancellation).ConfigureAwait(false);
    }

    private Digest Rewrite(Descriptor layer, BlobWriter blob, LayerForm form, CancellationToken cancellation)
    {
        using var tar = Compression.Open(store.Open(layer.Digest));
        using var compressed = Compression.Compress(blob, form);
        using var hashed = new HashingStream(compressed);
        var buffer = new byte[256 * 1024];
        for (int count; (count = tar.Read(buffer)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            hashed.Write(buffer.AsSpan(0, count));
        }
        return hashed.Finish();
    }
}
