using System.Security.Cryptography;
using System.Text;
using Manifold.Linux;
using Manifold.Verification.Signatures;

namespace Manifold.Publishing.Signing;

/// <summary>Gives the password of a key file. Asked only where the file is encrypted.</summary>
internal delegate Task<string> PasswordSource(string keyFile, CancellationToken cancellation);

/// <summary>A key pair as cosign writes it: the private half encrypted.</summary>
internal sealed record KeyPairFiles(string PrivatePem, string PublicPem);

/// <summary>A private key that images are signed with: ECDSA on P-256 or P-384. What it holds is never printed.</summary>
/// <remarks>Reads cosign's encrypted files, PKCS#8 (plain, or encrypted as openssl does it) and SEC 1.</remarks>
internal sealed class SigningKey : IDisposable
{
    private const string Encrypted = "ENCRYPTED PRIVATE KEY";

    private readonly ECDsa key;

    private SigningKey(ECDsa key) => this.key = key;

    /// <param name="pem">What the key file holds.</param>
    /// <param name="file">What the key is called in questions and messages.</param>
    /// <exception cref="UsageException">It is no such key, or the password is wrong.</exception>
    public static async Task<SigningKey> ParseAsync(
        string pem, string file, PasswordSource password, CancellationToken cancellation = default)
    {
        if (!PemEncoding.TryFind(pem, out var fields))
            throw Unfit(file, "it contains no PEM block");
        var label = pem[fields.Label];
        OpenSsl.Require($"Reading the key '{file}'");
        var isSealed = label is CosignKeyFile.Label or CosignKeyFile.OldLabel or Encrypted;
        var secret = isSealed ? await password(file, cancellation).ConfigureAwait(false) : "";
        var key = ECDsa.Create();
        try
        {
            Import(key, label, pem, secret, file);
            return new SigningKey(key);
        }
        catch (Exception e)
        {
            key.Dispose();
            throw e switch
            {
                CryptographicException when label == Encrypted => WrongPassword(file),
                CryptographicException or ArgumentException => Unfit(file, "it is not an ECDSA key (P-256 or P-384)"),
                FormatException => Unfit(file, e.Message),
                _ => e,
            };
        }
    }

    private static void Import(ECDsa key, string label, string pem, string password, string file)
    {
        switch (label)
        {
            case CosignKeyFile.Label or CosignKeyFile.OldLabel:
                var box = Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
                var pkcs8 = CosignKeyFile.TryOpen(box, Encoding.UTF8.GetBytes(password)) ?? throw WrongPassword(file);
                key.ImportPkcs8PrivateKey(pkcs8, out _);
                CryptographicOperations.ZeroMemory(pkcs8);
                break;
            case Encrypted:
                key.ImportFromEncryptedPem(pem, password);
                break;
            case "PUBLIC KEY":
                throw Unfit(file, "it is a public key; signing requires the private key");
            default:
                key.ImportFromPem(pem);
                break;
        }
    }

    /// <summary>A new pair on P-256, which is what cosign makes.</summary>
    public static KeyPairFiles Generate(string password)
    {
        OpenSsl.Require("Generating a key pair");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pkcs8 = key.ExportPkcs8PrivateKey();
        var box = CosignKeyFile.Seal(pkcs8, Encoding.UTF8.GetBytes(password));
        CryptographicOperations.ZeroMemory(pkcs8);
        return new KeyPairFiles(PemEncoding.WriteString(CosignKeyFile.Label, box) + "\n", key.ExportSubjectPublicKeyInfoPem() + "\n");
    }

    public VerificationKey Public => VerificationKey.Of(key);

    /// <summary>A signature over the bytes' SHA-256, in DER: what cosign makes with either curve.</summary>
    public byte[] Sign(ReadOnlySpan<byte> payload) =>
        key.SignData(payload, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    public void Dispose() => key.Dispose();

    private static UsageException WrongPassword(string file) =>
        new($"The key '{file}' cannot be decrypted: the password is wrong, or the file is damaged. The password comes from "
            + "COSIGN_PASSWORD or from a prompt on the terminal.");

    private static UsageException Unfit(string file, string why) => new($"'{file}' is not a signing key: {why}. Create a key pair with: "
        + "manifold key generate");
}
