using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Manifold.Linux;

/// <summary>How a key is derived from a password. Source: RFC 7914.</summary>
internal sealed record ScryptParameters(ulong Cost, uint BlockSize, uint Parallel)
{
    // What a file may ask for: 1 GiB of memory. More is a mistake, or meant to stop the machine.
    private const ulong CostAtMost = 1 << 20;

    public bool IsAcceptable =>
        Cost is >= 2 and <= CostAtMost && ulong.IsPow2(Cost) && BlockSize is >= 1 and <= 8 && Parallel is >= 1 and <= 4;
}

/// <summary>Seals bytes with a password: scrypt and NaCl's secretbox, by libsodium.</summary>
internal static unsafe partial class SecretBox
{
    public const int NonceBytes = 24, SaltBytes = 32;
    private const int KeyBytes = 32, TagBytes = 16;

    /// <exception cref="HostNotReadyException">libsodium is not installed.</exception>
    public static byte[] Seal(
        ReadOnlySpan<byte> message,
        ReadOnlySpan<byte> password,
        ReadOnlySpan<byte> salt,
        ReadOnlySpan<byte> nonce,
        ScryptParameters parameters)
    {
        var sealedBytes = new byte[message.Length + TagBytes];
        var key = Derive(password, salt, parameters);
        fixed (byte* box = sealedBytes, content = message, once = nonce, secret = key)
            _ = SodiumCalls.Seal(box, content, (ulong)message.Length, once, secret);
        CryptographicOperations.ZeroMemory(key);
        return sealedBytes;
    }

    /// <summary>What was sealed; null where the password is another, or the bytes were changed.</summary>
    /// <exception cref="HostNotReadyException">libsodium is not installed.</exception>
    public static byte[]? TryOpen(
        ReadOnlySpan<byte> box, ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> nonce, ScryptParameters parameters)
    {
        if (box.Length < TagBytes || nonce.Length != NonceBytes || !parameters.IsAcceptable)
            return null;
        var message = new byte[box.Length - TagBytes];
        var key = Derive(password, salt, parameters);
        int result;
        fixed (byte* content = message, bytes = box, once = nonce, secret = key)
            result = SodiumCalls.Open(content, bytes, (ulong)box.Length, once, secret);
        CryptographicOperations.ZeroMemory(key);
        return result == 0 ? message : null;
    }

    /// <summary>Random bytes that nobody can foresee.</summary>
    /// <remarks>Source: getrandom(2), which gives up to 256 bytes whole.</remarks>
    public static byte[] RandomBytes(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 256);
        var bytes = new byte[count];
        fixed (byte* first = bytes)
            return GetRandom(first, (nuint)count, 0) == count ? bytes : throw FileCalls.Failure("Reading random bytes");
    }

    private static byte[] Derive(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, ScryptParameters parameters)
    {
        try
        {
            _ = SodiumCalls.Initialize();
        }
        catch (DllNotFoundException e)
        {
            throw new HostNotReadyException("Reading an encrypted key: libsodium.so.23 is not installed. Install it with: "
                + "apt-get install libsodium23", e);
        }
        var key = new byte[KeyBytes];
        int result;
        fixed (byte* secret = password, grains = salt, bytes = key)
            result = SodiumCalls.Scrypt(secret, (nuint)password.Length,
                grains, (nuint)salt.Length, parameters.Cost, parameters.BlockSize, parameters.Parallel, bytes, KeyBytes);
        if (result != 0)
            throw new HostNotReadyException(
                "Reading an encrypted key: there is not enough memory to derive the key from the password.");
        return key;
    }

    [LibraryImport("libc", EntryPoint = "getrandom", SetLastError = true)]
    private static partial nint GetRandom(byte* bytes, nuint count, uint flags);
}
