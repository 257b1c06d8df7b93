using System.Runtime.InteropServices;

namespace Manifold.Linux;

/// <summary>The hash functions of OpenSSL's libcrypto, which choose the processor's own instructions and need no set-up.</summary>
/// <remarks>
/// Linked into the native program. .NET's own hash functions load all of OpenSSL first, and end the process where it is not installed.
/// A context is the caller's memory: shapes from sha.h and md5.h. Every call answers 1. Source: SHA256_Init(3), MD5_Init(3).
/// </remarks>
internal static unsafe partial class CryptoCalls
{
    private const string Library = "libcrypto.so.3";

    /// <summary>The largest context, that of SHA-512, is 216 bytes.</summary>
    internal const int ContextBytes = 256;

    [LibraryImport(Library, EntryPoint = "SHA256_Init")]
    internal static partial int BeginSha256(byte* context);

    [LibraryImport(Library, EntryPoint = "SHA256_Update")]
    internal static partial int AddSha256(byte* context, byte* bytes, nuint count);

    [LibraryImport(Library, EntryPoint = "SHA256_Final")]
    internal static partial int EndSha256(byte* hash, byte* context);

    [LibraryImport(Library, EntryPoint = "SHA512_Init")]
    internal static partial int BeginSha512(byte* context);

    [LibraryImport(Library, EntryPoint = "SHA512_Update")]
    internal static partial int AddSha512(byte* context, byte* bytes, nuint count);

    [LibraryImport(Library, EntryPoint = "SHA512_Final")]
    internal static partial int EndSha512(byte* hash, byte* context);

    [LibraryImport(Library, EntryPoint = "SHA1_Init")]
    internal static partial int BeginSha1(byte* context);

    [LibraryImport(Library, EntryPoint = "SHA1_Update")]
    internal static partial int AddSha1(byte* context, byte* bytes, nuint count);

    [LibraryImport(Library, EntryPoint = "SHA1_Final")]
    internal static partial int EndSha1(byte* hash, byte* context);

    [LibraryImport(Library, EntryPoint = "MD5_Init")]
    internal static partial int BeginMd5(byte* context);

    [LibraryImport(Library, EntryPoint = "MD5_Update")]
    internal static partial int AddMd5(byte* context, byte* bytes, nuint count);

    [LibraryImport(Library, EntryPoint = "MD5_Final")]
    internal static partial int EndMd5(byte* hash, byte* context);
}
