using System.IO.Compression;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Layers;

/// <summary>Compressed tars: recognised by their first bytes, made the same each time.</summary>
public static class Compression
{
    private const int ZstdLevel = 3;

    public static string MediaTypeOf(LayerCompression compression) => compression switch
    {
        LayerCompression.Gzip => MediaType.LayerGzip,
        LayerCompression.Zstd => MediaType.LayerZstd,
        _ => MediaType.Layer,
    };

    /// <summary>Decompresses gzip (of any number of members) and zstd; other bytes come as they are. Disposes <paramref name="compressed"/> with itself.</summary>
    public static Stream Open(Stream compressed)
    {
        var start = new byte[6];
        var length = compressed.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        var whole = new PrefixedStream(start.AsMemory(0, length), compressed);
        return start switch
        {
            [0x1F, 0x8B, ..] => new GZipStream(whole, CompressionMode.Decompress),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => new ZstdReader(whole),
            _ => whole,
        };
    }

    /// <summary>Compresses what is written to the stream that it returns; disposing that ends the data and leaves <paramref name="target"/> open.</summary>
    public static Stream Compress(Stream target, LayerCompression compression) => compression switch
    {
        LayerCompression.Gzip => new GZipStream(target, CompressionLevel.Optimal, leaveOpen: true),
        LayerCompression.Zstd => new ZstdWriter(target, ZstdLevel),
        _ => new HashingStream(target),
    };
}
