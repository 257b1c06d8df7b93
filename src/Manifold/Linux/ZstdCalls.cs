using System.Runtime.InteropServices;

namespace Manifold.Linux;

/// <summary>The streaming half of libzstd's stable interface.</summary>
/// <remarks>Source: zstd.h, "Streaming". Results that are errors answer true to <see cref="IsError"/>.</remarks>
internal static unsafe partial class ZstdCalls
{
    private const string Library = "libzstd.so.1";
    internal const int CompressionLevel = 100, ChecksumFlag = 201, Continue = 0, End = 2;

    [StructLayout(LayoutKind.Sequential)]
    internal struct Buffer
    {
        internal byte* Bytes;
        internal nuint Size, Position;
    }

    [LibraryImport(Library, EntryPoint = "ZSTD_createCCtx")]
    internal static partial nint CreateCompressor();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeCCtx")]
    internal static partial nuint FreeCompressor(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_setParameter")]
    internal static partial nuint SetParameter(nint context, int parameter, int value);

    [LibraryImport(Library, EntryPoint = "ZSTD_compressStream2")]
    internal static partial nuint Compress(nint context, Buffer* output, Buffer* input, int directive);

    [LibraryImport(Library, EntryPoint = "ZSTD_createDCtx")]
    internal static partial nint CreateDecompressor();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDCtx")]
    internal static partial nuint FreeDecompressor(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressStream")]
    internal static partial nuint Decompress(nint context, Buffer* output, Buffer* input);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    internal static partial uint IsErrorCode(nuint code);

    [LibraryImport(Library, EntryPoint = "ZSTD_getErrorName")]
    private static partial nint ErrorName(nuint code);

    internal static bool IsError(nuint code) => IsErrorCode(code) != 0;

    internal static string Describe(nuint code) => Marshal.PtrToStringUTF8(ErrorName(code)) ?? "unknown";

    internal static HostNotReadyException Missing(Exception inner) =>
        new("Compressing with zstd: libzstd.so.1 is not installed. Install it with: apt-get install libzstd1", inner);
}
