using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Manifold.Linux;

/// <summary>Proves a password against what is kept of it, as crypt(3) does: bcrypt, SHA-crypt and yescrypt.</summary>
/// <remarks>
/// Costs what the hash asks for, some milliseconds to a second of one core. The weak kinds (MD5, DES, plain SHA-1) are not known here.
/// Source: crypt(3), crypt(5).
/// </remarks>
internal static unsafe partial class PasswordHash
{
    // struct crypt_data: 32 KiB in libxcrypt, 128 KiB and some in the older libraries of the same name.
    private const int WorkBytes = 256 * 1024;

    private const string Cheap = "$2y$04$......................ZlCW9bVzYwPJGMBJpiKG3LJS1YmJnFu";

    /// <summary>Says at once what every password would say: that the library is missing.</summary>
    /// <exception cref="HostNotReadyException">It is.</exception>
    public static void RequireLibrary() => IsRight(Cheap, "");

    public static bool IsKnown(string hash) => KnownPattern().IsMatch(hash);

    /// <exception cref="HostNotReadyException">The library is not there.</exception>
    public static bool IsRight(string hash, string password)
    {
        if (password.Contains('\0', StringComparison.Ordinal))
            return false; // crypt would end there, and prove the part before
        var work = NativeMemory.AllocZeroed(WorkBytes);
        try
        {
            var found = Marshal.PtrToStringUTF8(crypt_r(password, hash, work));
            return found is not null
                && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(found), Encoding.UTF8.GetBytes(hash));
        }
        catch (DllNotFoundException e)
        {
            throw new HostNotReadyException("Checking a password: libcrypt.so.1 is not installed. Install it with: "
                + "apt-get install libcrypt1", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(new Span<byte>(work, WorkBytes));
            NativeMemory.Free(work);
        }
    }

    [LibraryImport("libcrypt.so.1", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint crypt_r(string phrase, string setting, void* data);

    [GeneratedRegex(@"\A(?:\$2[aby]\$[0-3][0-9]\$[./A-Za-z0-9]{53}|\$[56]\$[^:\s]{44,}|\$y\$[^:\s]{44,})\z")]
    private static partial Regex KnownPattern();
}
