using System.Buffers.Binary;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Planning;

/// <summary>Makes a key of parts. Each part carries its length, so that no two lists of parts give the same bytes.</summary>
public sealed class KeyBuilder : IDisposable
{
    private readonly Hasher hash = new(HashKind.Sha256);

    public KeyBuilder Add(ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, part.Length);
        hash.Append(length);
        hash.Append(part);
        return this;
    }

    /// <summary>Adds a text. Names of files that are not UTF-8 count by their bytes (<see cref="FileName"/>).</summary>
    public KeyBuilder Add(string? part) => part is null ? Add(-1L) : Add(FileName.Encode(part));

    public KeyBuilder Add(long part)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, part);
        return Add(bytes);
    }

    public KeyBuilder Add(Digest part) => Add(part.ToString());

    public KeyBuilder AddAll(IEnumerable<string> parts)
    {
        var all = parts as IReadOnlyCollection<string> ?? [.. parts];
        Add(all.Count);
        foreach (var part in all)
            Add(part);
        return this;
    }

    public Digest ToDigest() => Digest.FromHash(hash.Finish());

    public void Dispose() => hash.Dispose();
}
