using System.Security.Cryptography;
using Manifold.Linux;

namespace Manifold.Verification.Signatures;

/// <summary>A public key that signatures are checked with: ECDSA on P-256 or P-384, as cosign's <c>cosign.pub</c>.</summary>
internal sealed class VerificationKey : IDisposable
{
    private readonly ECDsa key;

    private VerificationKey(ECDsa key) => this.key = key;

    /// <param name="name">For messages: where the text comes from.</param>
    /// <exception cref="UsageException">It is no such key.</exception>
    public static VerificationKey Parse(string pem, string name)
    {
        if (pem.Contains("PRIVATE KEY", StringComparison.Ordinal))
            throw new UsageException($"'{name}' is a private key. To verify signatures, use the public key, e.g. --key cosign.pub");
        OpenSsl.Require($"Reading the key '{name}'");
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            return new VerificationKey(key);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new UsageException($"'{name}' is not a supported public key. Expected an ECDSA key (P-256 or P-384) in PEM format, "
                + "-----BEGIN PUBLIC KEY-----, as 'manifold key generate' and cosign write it.");
        }
    }

    public static VerificationKey Of(ECDsa key) => new(ECDsa.Create(key.ExportParameters(false)));

    /// <summary>
    /// Whether the bytes were signed with this key's private half. cosign hashes with SHA-256 whatever the curve; others go by the curve.
    /// </summary>
    public bool Verifies(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature)
    {
        try
        {
            return key.VerifyData(payload, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)
                || (key.KeySize > 256
                    && key.VerifyData(payload, signature, HashAlgorithmName.SHA384, DSASignatureFormat.Rfc3279DerSequence));
        }
        catch (CryptographicException)
        {
            return false; // no signature at all
        }
    }

    public void Dispose() => key.Dispose();
}
