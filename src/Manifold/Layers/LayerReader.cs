using Manifold.Content;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Layers;

/// <summary>
/// Reads layers from the store: unpacks them, or only says what is in them. Both verify the blob's digest and the diff id.
/// </summary>
internal sealed class LayerReader(Store store)
{
    /// <summary>Unpacks a layer with a writer made for an empty folder of its own.</summary>
    /// <exception cref="LayerException">The layer is malformed, hostile, or its tar is not what <paramref name="diffId"/> says: delete the
    /// folder.</exception>
    /// <exception cref="ContentMismatchException">The blob is absent or damaged.</exception>
    public UnpackedFolder Unpack(Descriptor layer, Digest diffId, FolderWriter folder, CancellationToken cancellation = default) =>
        Read(layer, diffId, entries => folder.Write(entries, cancellation), cancellation);

    /// <summary>A layer's table of contents, without unpacking it. Costs decompressing it once.</summary>
    /// <exception cref="LayerException">The layer is malformed, or its tar is not what <paramref name="diffId"/> says.</exception>
    /// <exception cref="ContentMismatchException">The blob is absent or damaged.</exception>
    public TableOfContents ReadContents(Descriptor layer, Digest diffId) => Read(layer, diffId, TableOfContents.Of);

    /// <summary>Hands a layer's entries, in the tar's order, to somebody who reads them once. Costs decompressing it once.</summary>
    /// <exception cref="LayerException">The layer is malformed, or its tar is not what <paramref name="diffId"/> says.</exception>
    public T Read<T>(Descriptor layer, Digest diffId, Func<IEnumerable<LayerEntry>, T> use, CancellationToken cancellation = default) =>
        Read(store.Open(layer.Digest), layer, diffId, use, cancellation);

    /// <inheritdoc cref="Read{T}(Descriptor, Digest, Func{IEnumerable{LayerEntry}, T}, CancellationToken)"/>
    /// <param name="blob">The layer's blob, wherever it comes from; disposed.</param>
    /// <param name="cancellation">Heard at each piece of the tar, also in the middle of content that is only passed over.</param>
    public static T Read<T>(Stream blob, Descriptor layer, Digest diffId, Func<IEnumerable<LayerEntry>, T> use,
        CancellationToken cancellation = default)
    {
        using var tar = new HashedTar(Compression.Open(blob), cancellation);
        var result = use(new TarReader(tar, $"layer {layer.Digest.Short}").Entries());
        RequireDiffId(layer, diffId, tar.Finish());
        return result;
    }

    /// <summary>Writes a layer's tar, uncompressed.</summary>
    /// <exception cref="LayerException">It is not what <paramref name="diffId"/> says.</exception>
    public async Task CopyTarAsync(Descriptor layer, Digest diffId, Stream target, CancellationToken cancellation)
    {
        using var tar = new HashedTar(Compression.Open(store.Open(layer.Digest)), cancellation);
        try
        {
            await tar.CopyToAsync(target, 256 * 1024, cancellation).ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            throw new LayerException($"Reading layer {layer.Digest.Short}: decompression failed ({e.Message.TrimEnd('.')}).", e);
        }
        RequireDiffId(layer, diffId, tar.Finish());
    }

    private static void RequireDiffId(Descriptor layer, Digest diffId, Digest found)
    {
        if (found != diffId)
            throw new LayerException($"Reading layer {layer.Digest.Short}: its tar has the digest {found}, "
                + $"but the image's config says {diffId}. The image is broken. Get it again from its publisher.");
    }

    private sealed class HashedTar(Stream inner, CancellationToken cancellation) : ReadOnlyStream
    {
        private readonly Hasher hash = new(HashKind.Sha256);

        internal Digest Finish() => Digest.FromHash(hash.Finish());

        public override int Read(Span<byte> buffer)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = inner.Read(buffer);
            hash.Append(buffer[..count]);
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
                hash.Dispose();
            }
            base.Dispose(disposing);
        }
    }
}
