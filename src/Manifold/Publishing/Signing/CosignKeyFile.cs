using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Linux;

namespace Manifold.Publishing.Signing;

/// <summary>cosign's private key file: a PKCS#8 key, sealed with a password, as JSON in PEM.</summary>
/// <remarks>Source: go-securesystemslib, package encrypted; sigstore/cosign pkg/cosign/keys.go.</remarks>
internal sealed record CosignKeyFile(CosignKeyFile.Derivation Kdf, CosignKeyFile.Cipherment Cipher, byte[] Ciphertext)
{
    internal const string Label = "ENCRYPTED SIGSTORE PRIVATE KEY", OldLabel = "ENCRYPTED COSIGN PRIVATE KEY";

    // cosign's own, and the only ones that it reads back.
    private static readonly Costs Standard = new(65536, 8, 1);

    internal sealed record Derivation(string Name, [property: JsonPropertyName("params")] Costs Costs, byte[] Salt);

    internal sealed record Costs([property: JsonPropertyName("N")] ulong N, uint R, uint P);

    internal sealed record Cipherment(string Name, byte[] Nonce);

    internal static byte[] Seal(ReadOnlySpan<byte> pkcs8, ReadOnlySpan<byte> password)
    {
        var (salt, nonce) = (SecretBox.RandomBytes(SecretBox.SaltBytes), SecretBox.RandomBytes(SecretBox.NonceBytes));
        var box = SecretBox.Seal(pkcs8, password, salt, nonce, new ScryptParameters(Standard.N, Standard.R, Standard.P));
        var file = new CosignKeyFile(new Derivation("scrypt", Standard, salt), new Cipherment("nacl/secretbox", nonce), box);
        return JsonSerializer.SerializeToUtf8Bytes(file, CosignKeyJson.Default.CosignKeyFile);
    }

    /// <summary>The PKCS#8 key; null where the password is wrong.</summary>
    /// <exception cref="FormatException">The file is no such key.</exception>
    internal static byte[]? TryOpen(ReadOnlySpan<byte> json, ReadOnlySpan<byte> password)
    {
        CosignKeyFile? file;
        try
        {
            file = JsonSerializer.Deserialize(json, CosignKeyJson.Default.CosignKeyFile);
        }
        catch (JsonException)
        {
            throw new FormatException("its content is not JSON in cosign's format");
        }
        if (file is not
            {
                Kdf: { Name: "scrypt", Costs: { } costs, Salt: { } salt },
                Cipher: { Name: "nacl/secretbox", Nonce: { } nonce },
                Ciphertext: { } box
            })
            throw new FormatException("it is not encrypted as cosign encrypts keys (scrypt, nacl/secretbox)");
        var parameters = new ScryptParameters(costs.N, costs.R, costs.P);
        if (!parameters.IsAcceptable)
            throw new FormatException($"its scrypt parameters (N={costs.N}, r={costs.R}, p={costs.P}) are out of range");
        return SecretBox.TryOpen(box, password, salt, nonce, parameters);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CosignKeyFile))]
internal sealed partial class CosignKeyJson : JsonSerializerContext;
