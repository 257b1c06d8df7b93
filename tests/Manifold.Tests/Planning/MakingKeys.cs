using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Tests.Planning;

/// <summary>A key is the hash of its parts, each after its length: keys that stores have stay what they are.</summary>
public sealed class MakingKeys
{
    [Theory]
    [InlineData(new[] { 0 })]
    [InlineData(new[] { 3, 0, 5 })]
    [InlineData(new[] { 8 * 1024 })]
    [InlineData(new[] { 1, 8 * 1024, 1 })]
    [InlineData(new[] { 8 * 1024 - 4, 8 * 1024 - 3, 8 * 1024 + 1, 7 })]
    [InlineData(new[] { 100, 4000, 4000, 4000, 50_000, 2 })]
    public void it_does_not_matter_how_long_the_parts_are(int[] lengths)
    {
        using var key = new KeyBuilder();
        using var expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var length in lengths)
        {
            var part = Enumerable.Range(0, length).Select(i => (byte)(i * 31 + length)).ToArray();
            key.Add(part);
            Append(expected, part);
        }
        Assert.Equal(Digest.FromHash(expected.GetHashAndReset()), key.ToDigest());
    }

    [Theory]
    [InlineData("")]
    [InlineData("src/d1/f1.txt")]
    [InlineData("naïve/文件/🙂")]
    public void a_text_counts_by_its_bytes(string text)
    {
        foreach (var name in new[] { text, string.Concat(Enumerable.Repeat(text + "/", 400)) })
        {
            using var key = new KeyBuilder().Add(name).Add(7L);
            using var expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            Append(expected, Encoding.UTF8.GetBytes(name));
            Append(expected, BitConverter.GetBytes(7L));
            Assert.Equal(Digest.FromHash(expected.GetHashAndReset()), key.ToDigest());
        }
    }

    [Fact]
    public void the_same_text_is_parsed_once_and_a_changed_one_again()
    {
        var files = new ParsedFiles();
        var first = files.Parse("Dockerfile", "FROM scratch"u8.ToArray(), (null, null));

        Assert.Same(first, files.Parse("Dockerfile", "FROM scratch"u8.ToArray(), (null, null)));
        Assert.NotSame(first, files.Parse("other", "FROM scratch"u8.ToArray(), (null, null)));
        Assert.Equal(2, files.Parse("Dockerfile", "FROM scratch\nFROM scratch"u8.ToArray(), (null, null)).Tree.Stages.Length);
    }

    private static void Append(IncrementalHash hash, byte[] part)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, part.Length);
        hash.AppendData(length);
        hash.AppendData(part);
    }
}
