using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Manifold.Oci;

namespace Manifold.Tests.Oci;

/// <summary>Digests as the OCI image specification writes them.</summary>
/// <remarks>
/// Sources of the expectations: OCI image specification, "Content Descriptors", "Digests" and "Registered Algorithms" (sha256 and sha512;
/// the encoded part in lower case); opencontainers/go-digest, digest_test.go (commit 01e3f4b); the test vectors of FIPS 180-4.
/// </remarks>
public sealed class NamingContent
{
    private const string OfAbc256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    private const string OfAbc512 = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

    [Theory]
    [InlineData("sha256", "e58fcf7418d4390dec8e8fb69d88c06ec07039d651fedd3aa72af9972e7d046b")]
    [InlineData("sha512", OfAbc512)]
    public void a_digest_has_an_algorithm_and_a_hash(string algorithm, string hex)
    {
        var digest = Digest.Parse($"{algorithm}:{hex}");

        Assert.Equal((algorithm, hex, hex[..12], $"{algorithm}:{hex}"), (digest.Algorithm, digest.Hex, digest.Short, digest.ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("     ")]
    [InlineData(":")]
    [InlineData("sha256")]
    [InlineData("sha256:")]
    [InlineData("sha256:                                                                ")]
    [InlineData("d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData(OfAbc256)]
    [InlineData("sha256:d41d8cd98f00b204e9800m98ecf8427e")]
    [InlineData("sha256:abcdef0123456789")]
    [InlineData("sha256:" + OfAbc256 + "0")]
    [InlineData("sha256:" + OfAbc256 + "\n")]
    [InlineData(" sha256:" + OfAbc256)]
    [InlineData("SHA256:" + OfAbc256)]
    [InlineData("sha512:abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789")]
    [InlineData("sha256:E58FCF7418D4390DEC8E8FB69D88C06EC07039D651FEDD3AA72AF9972E7D046B")]
    [InlineData("foo:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("sha256+b64:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564")]
    public void what_is_no_digest_is_refused(string? text) => Assert.False(Digest.TryParse(text, out _));

    /// <summary>Registered since, or unregistered: the specification lets an implementation refuse them.</summary>
    [Theory]
    [InlineData("sha384:d3fc7881460b7e22e3d172954463dddd7866d17597e7248453c48b3e9d26d9596bf9c4a9cf8072c9d5bad76e19af801d")]
    [InlineData("blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")]
    public void an_algorithm_that_we_do_not_compute_is_refused(string text) => Assert.False(Digest.TryParse(text, out _));

    [Fact]
    public void the_digest_of_content_is_its_SHA_256()
    {
        Assert.Equal("sha256:" + OfAbc256, Digest.Of("abc").ToString());
        Assert.Equal("sha256:" + OfAbc256, Digest.Of(Encoding.UTF8.GetBytes("abc")).ToString());
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes("xabc")) { Position = 1 };
        Assert.Equal("sha256:" + OfAbc256, Digest.Of(stream).ToString());
    }

    [Fact]
    public void a_hash_is_named_by_its_length()
    {
        Assert.Equal("sha512:" + OfAbc512, Digest.FromHash(SHA512.HashData(Encoding.UTF8.GetBytes("abc"))).ToString());
        Assert.Throws<ArgumentException>(() => Digest.FromHash(new byte[20]));
    }

    [Theory]
    [InlineData("sha256:" + OfAbc256)]
    [InlineData("sha512:" + OfAbc512)]
    public void content_is_checked_with_the_algorithm_that_its_digest_names(string text)
    {
        var digest = Digest.Parse(text);
        using var hasher = digest.CreateHasher();

        hasher.Append(Encoding.UTF8.GetBytes("abc"));

        Assert.Equal(digest, Digest.FromHash(hasher.Finish()));
    }

    [Fact]
    public void digests_have_an_order()
    {
        var (low, high) = (Digest.Parse("sha256:" + new string('0', 64)), Digest.Parse("sha256:" + new string('f', 64)));

        Assert.True(low < high && low <= high && high > low && high >= low && low <= Digest.Parse(low.ToString()));
        Assert.Equal([low, high], new[] { high, low }.Order());
    }

    [Fact]
    public void JSON_has_them_as_texts()
    {
        Assert.Equal(Digest.Of("abc"), JsonSerializer.Deserialize<Digest>($"\"sha256:{OfAbc256}\""));
        Assert.Equal($"\"sha256:{OfAbc256}\"", JsonSerializer.Serialize(Digest.Of("abc")));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Digest>("\"sha256:abc\""));
    }

    [Fact]
    public void a_digest_that_was_never_assigned_does_not_pass_for_one() =>
        Assert.Throws<InvalidOperationException>(() => default(Digest).ToString());
}
