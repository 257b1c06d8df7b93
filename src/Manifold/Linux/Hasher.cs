using System.Runtime.InteropServices;

namespace Manifold.Linux;

/// <summary>A hash function. Source: FIPS 180-4; RFC 1321 for MD5. The last two only name things; they prove nothing.</summary>
public enum HashKind
{
    Sha256,
    Sha512,
    Sha1,
    Md5,
}

/// <summary>Hashes bytes as they arrive. Not thread-safe.</summary>
public sealed unsafe class Hasher : IDisposable
{
    public const int Sha256Bytes = 32;

    private readonly byte* context = (byte*)NativeMemory.AllocZeroed(CryptoCalls.ContextBytes);
    private bool disposed;

    /// <exception cref="HostNotReadyException">The build is not the native one, and OpenSSL is not installed.</exception>
    public Hasher(HashKind kind)
    {
        Kind = kind;
        try
        {
            Begin();
        }
        catch (DllNotFoundException)
        {
            throw new HostNotReadyException("This build of manifold needs OpenSSL 3 (libcrypto.so.3), which is not on this machine. "
                + "Install it. Debian and Ubuntu: apt-get install openssl; Fedora: dnf install openssl-libs; Alpine: apk add libcrypto3.");
        }
    }

    public HashKind Kind { get; }

    /// <summary>The hash of the bytes: 32 of them for SHA-256, 64 for SHA-512, 20 for SHA-1, 16 for MD5.</summary>
    public static byte[] Hash(HashKind kind, ReadOnlySpan<byte> bytes)
    {
        using var hasher = new Hasher(kind);
        hasher.Append(bytes);
        return hasher.Finish();
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        fixed (byte* first = bytes)
        {
            _ = Kind switch
            {
                HashKind.Sha256 => CryptoCalls.AddSha256(context, first, (nuint)bytes.Length),
                HashKind.Sha512 => CryptoCalls.AddSha512(context, first, (nuint)bytes.Length),
                HashKind.Sha1 => CryptoCalls.AddSha1(context, first, (nuint)bytes.Length),
                _ => CryptoCalls.AddMd5(context, first, (nuint)bytes.Length),
            };
        }
        GC.KeepAlive(this);
    }

    /// <summary>The hash of all that was appended since the last time; the next byte begins a new one.</summary>
    public byte[] Finish()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        var hash = new byte[Kind switch { HashKind.Sha256 => Sha256Bytes, HashKind.Sha512 => 64, HashKind.Sha1 => 20, _ => 16 }];
        fixed (byte* first = hash)
        {
            _ = Kind switch
            {
                HashKind.Sha256 => CryptoCalls.EndSha256(first, context),
                HashKind.Sha512 => CryptoCalls.EndSha512(first, context),
                HashKind.Sha1 => CryptoCalls.EndSha1(first, context),
                _ => CryptoCalls.EndMd5(first, context),
            };
        }
        Begin();
        GC.KeepAlive(this);
        return hash;
    }

    private void Begin()
    {
        _ = Kind switch
        {
            HashKind.Sha256 => CryptoCalls.BeginSha256(context),
            HashKind.Sha512 => CryptoCalls.BeginSha512(context),
            HashKind.Sha1 => CryptoCalls.BeginSha1(context),
            _ => CryptoCalls.BeginMd5(context),
        };
        GC.KeepAlive(this);
    }

    ~Hasher() => Free();

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (disposed)
            return;
        disposed = true;
        NativeMemory.Free(context);
    }
}
