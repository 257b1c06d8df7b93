using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Manifold.Linux;

/// <summary>Whether OpenSSL is on this machine. TLS, certificates and signatures need it; nothing else does.</summary>
/// <remarks>.NET loads it at the first use and ends the process where it is missing, so whoever needs it asks here before.</remarks>
internal static class OpenSsl
{
    // In the order in which .NET 10 looks for them (System.Security.Cryptography.Native, opensslshim.c).
    private static readonly ImmutableArray<string> Names = ["libssl.so.3", "libssl.so.1.1"];

    private static readonly Lazy<bool> Found = new(() => Names.Any(name => NativeLibrary.TryLoad(name, out _)));

    public static bool IsHere => Found.Value;

    /// <param name="doing">What it is for, as the beginning of a sentence: "Speaking TLS with 'registry'".</param>
    /// <exception cref="HostNotReadyException">It is not installed.</exception>
    public static void Require(string doing)
    {
        if (!IsHere)
            throw Missing(doing);
    }

    internal static HostNotReadyException Missing(string doing, string library = "libssl.so.3") => new(
        $"{doing} needs OpenSSL ({library}), which is not installed. To install it on "
            + "Debian and Ubuntu: apt-get install openssl ca-certificates; "
            + "on Fedora: dnf install openssl-libs; on Alpine: apk add libssl3");
}
