using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Linux;

namespace Manifold.Oci;

/// <summary>Names content by its hash, e.g. <c>sha256:9f86…</c>. A parsed or computed Digest is well formed.</summary>
/// <remarks>Source: OCI image specification, "Descriptor", section "Digests": sha256 (64 hex digits) and sha512 (128).</remarks>
[JsonConverter(typeof(DigestJsonConverter))]
public readonly record struct Digest : IComparable<Digest>
{
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");
    private readonly string? text;

    private Digest(string text) => this.text = text;

    /// <summary><c>sha256</c> or <c>sha512</c>.</summary>
    public string Algorithm => Text[..Text.IndexOf(':')];

    /// <summary>The hash in lower-case hexadecimal digits.</summary>
    public string Hex => Text[(Text.IndexOf(':') + 1)..];

    /// <summary>The first 12 hexadecimal digits, for people.</summary>
    public string Short => Hex[..12];

    private string Text => text ?? throw new InvalidOperationException("This Digest was never assigned.");

    public static Digest Parse(string text)
    {
        if (!TryParse(text, out var digest))
            throw new FormatException($"'{text}' is not a digest. Expected sha256: and 64 hex digits.");
        return digest;
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        var hexLength = text switch
        {
            null => 0,
            _ when text.StartsWith("sha256:", StringComparison.Ordinal) => 64,
            _ when text.StartsWith("sha512:", StringComparison.Ordinal) => 128,
            _ => 0,
        };
        if (hexLength == 0 || text!.Length != 7 + hexLength || text.AsSpan(7).ContainsAnyExcept(LowerHex))
            return false;
        digest = new Digest(text);
        return true;
    }

    /// <summary>The digest of a SHA-256 hash of 32 bytes, or of a SHA-512 hash of 64 bytes.</summary>
    public static Digest FromHash(ReadOnlySpan<byte> hash) => new(hash.Length switch
    {
        32 => Named("sha256:", hash),
        64 => Named("sha512:", hash),
        _ => throw new ArgumentException($"A hash of {hash.Length} bytes is neither SHA-256 nor SHA-512.", nameof(hash)),
    });

    private static string Named(string algorithm, ReadOnlySpan<byte> hash) =>
        string.Create(algorithm.Length + (hash.Length * 2), hash, (text, bytes) =>
        {
            algorithm.CopyTo(text);
            Convert.TryToHexStringLower(bytes, text[algorithm.Length..], out _);
        });

    public static Digest Of(ReadOnlySpan<byte> content) => FromHash(Hasher.Hash(HashKind.Sha256, content));

    /// <summary>The digest of what is left of a stream.</summary>
    public static Digest Of(Stream content)
    {
        using var hasher = new Hasher(HashKind.Sha256);
        var buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            while (content.Read(buffer) is > 0 and var count)
                hasher.Append(buffer.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return FromHash(hasher.Finish());
    }

    /// <summary>The digest of the text's UTF-8 bytes.</summary>
    public static Digest Of(string content) => Of(Encoding.UTF8.GetBytes(content));

    /// <summary>A fresh hasher for content that claims this digest.</summary>
    internal Hasher CreateHasher() => new(Algorithm == "sha512" ? HashKind.Sha512 : HashKind.Sha256);

    public int CompareTo(Digest other) => string.CompareOrdinal(text, other.text);

    public override string ToString() => Text;

    public static bool operator <(Digest left, Digest right) => left.CompareTo(right) < 0;
    public static bool operator <=(Digest left, Digest right) => left.CompareTo(right) <= 0;
    public static bool operator >(Digest left, Digest right) => left.CompareTo(right) > 0;
    public static bool operator >=(Digest left, Digest right) => left.CompareTo(right) >= 0;
}

internal sealed class DigestJsonConverter : JsonConverter<Digest>
{
    public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Digest.TryParse(reader.GetString(), out var digest) ? digest
            : throw new JsonException("Expected a digest: sha256: and 64 hex digits.");

    public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
