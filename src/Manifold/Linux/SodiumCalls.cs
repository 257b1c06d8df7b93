using System.Runtime.InteropServices;

namespace Manifold.Linux;

/// <summary>
/// The two primitives of libsodium that cosign's key files are made with. Source: crypto_pwhash_scryptsalsa208sha256.h, crypto_secretbox.h.
/// </summary>
internal static unsafe partial class SodiumCalls
{
    private const string Library = "libsodium.so.23";

    [LibraryImport(Library, EntryPoint = "sodium_init")]
    internal static partial int Initialize();

    [LibraryImport(Library, EntryPoint = "crypto_pwhash_scryptsalsa208sha256_ll")]
    internal static partial int Scrypt(
        byte* password,
        nuint passwordLength,
        byte* salt,
        nuint saltLength,
        ulong cost,
        uint blockSize,
        uint parallel,
        byte* key,
        nuint keyLength);

    [LibraryImport(Library, EntryPoint = "crypto_secretbox_easy")]
    internal static partial int Seal(byte* box, byte* message, ulong length, byte* nonce, byte* key);

    [LibraryImport(Library, EntryPoint = "crypto_secretbox_open_easy")]
    internal static partial int Open(byte* message, byte* box, ulong length, byte* nonce, byte* key);
}
