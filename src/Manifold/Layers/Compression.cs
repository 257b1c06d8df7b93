using System.IO.Compression;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Layers;

/// <summary>Compressed tars: recognised by their first bytes, made the same each time.</summary>
internal static class Compression
{
    // Measured on a Debian root and on text: docs/decisions/0007-compression.md.
    private const int GzipLevel = 3, ZstdLevel = 3;

    /// <summary>What a layer's media type says of its blob: OCI's and Docker's words alike.</summary>
    public static LayerCompression CompressionOf(string mediaType) =>
        mediaType.EndsWith("gzip", StringComparison.Ordinal) ? LayerCompression.Gzip
            : mediaType.EndsWith("zstd", StringComparison.Ordinal) ? LayerCompression.Zstd
            : LayerCompression.None;

    public static string MediaTypeOf(LayerCompression compression) => compression switch
    {
        LayerCompression.Gzip => MediaType.LayerGzip,
        LayerCompression.Zstd => MediaType.LayerZstd,
        _ => MediaType.Layer,
    };

    /// <summary>
    /// Decompresses gzip (of any number of members) and zstd; other bytes come as they are.
    /// Disposes <paramref name="compressed"/> with itself.
    /// </summary>
    public static Stream Open(Stream compressed)
    {
        var (start, whole) = Sniff(compressed);
        return FormOf(start) switch
        {
            LayerCompression.Gzip => new GZipStream(whole, CompressionMode.Decompress),
            LayerCompression.Zstd => new ZstdReader(whole),
            _ => whole,
        };
    }

    /// <summary>Whether bytes that begin so are what <see cref="Open"/> decompresses.</summary>
    internal static bool IsCompressed(ReadOnlySpan<byte> start) => FormOf(start) is not LayerCompression.None;

    /// <summary>What the first four bytes say.</summary>
    internal static LayerCompression FormOf(ReadOnlySpan<byte> start) => start switch
    {
        [0x1F, 0x8B, ..] => LayerCompression.Gzip,
        [0x28, 0xB5, 0x2F, 0xFD, ..] => LayerCompression.Zstd,
        _ => LayerCompression.None,
    };

    /// <summary>As <see cref="Open"/>, and bzip2 and xz besides, which archives of users come in and layers never do.</summary>
    /// <exception cref="HostNotReadyException">The program that unpacks it is not installed.</exception>
    internal static Stream OpenArchive(Stream compressed)
    {
        var (start, whole) = Sniff(compressed);
        return start switch
        {
            [(byte)'B', (byte)'Z', (byte)'h', ..] => Filtered("bzip2", "bzip2", whole),
            [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0] => Filtered("xz", "xz-utils", whole),
            _ => Open(whole),
        };
    }

    /// <summary>
    /// Compresses what is written to the stream that it returns; disposing that ends the data and leaves <paramref name="target"/> open.
    /// </summary>
    public static Stream Compress(Stream target, LayerForm form) => form.Compression switch
    {
        LayerCompression.Gzip => new GzipBlocksStream(target, form.Level ?? GzipLevel),
        LayerCompression.Zstd => new ZstdWriter(target, form.Level ?? ZstdLevel),
        _ => new Unchanged(target),
    };

    private static (byte[] Start, Stream Whole) Sniff(Stream compressed)
    {
        var start = new byte[6];
        var length = compressed.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return (start, new PrefixedStream(start.AsMemory(0, length), compressed));
    }

    private static FilterProcess Filtered(string program, string package, Stream source) =>
        FilterProcess.TryStart(program, ["-dc"], source)
        ?? throw new HostNotReadyException(
            $"Unpacking an archive: '{program}' is not installed. Install it with: apt-get install {package}");

    private sealed class Unchanged(Stream target) : WriteOnlyStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => target.Write(buffer);
    }
}
