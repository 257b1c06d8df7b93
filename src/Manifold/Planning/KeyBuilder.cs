using System.Buffers.Binary;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Planning;

/// <summary>Makes a key of parts. Each part carries its length, so that no two lists of parts give the same bytes.</summary>
internal sealed class KeyBuilder : IDisposable
{
    // Parts are a few bytes each, and a context of many files has many: the hash gets them by the thousand.
    private const int Gathered = 8 * 1024;

    // Of the names that are encoded without an array of their own.
    private const int Longest = 1024;

    private readonly Hasher hash = new(HashKind.Sha256);
    private byte[] gathered = [];
    private int count;

    public KeyBuilder Add(ReadOnlySpan<byte> part)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Room(sizeof(int)), part.Length);
        count += sizeof(int);
        if (part.Length > Gathered)
        {
            Flush();
            hash.Append(part);
            return this;
        }
        part.CopyTo(Room(part.Length));
        count += part.Length;
        return this;
    }

    /// <summary>At least this many bytes for the next part; at most <see cref="Gathered"/>.</summary>
    private Span<byte> Room(int length)
    {
        if (count + length > gathered.Length)
            Flush();
        if (gathered.Length == 0)
            gathered = new byte[Gathered];
        return gathered.AsSpan(count);
    }

    private void Flush()
    {
        hash.Append(gathered.AsSpan(0, count));
        count = 0;
    }

    /// <summary>Adds a text. Names of files that are not UTF-8 count by their bytes (<see cref="FileName"/>).</summary>
    public KeyBuilder Add(string? part)
    {
        if (part is null)
            return Add(-1L);
        if (FileName.MaxLength(part) > Longest)
            return Add(FileName.Encode(part));
        Span<byte> bytes = stackalloc byte[Longest];
        return Add(bytes[..FileName.Encode(part, bytes)]);
    }

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

    public Digest ToDigest()
    {
        Flush();
        return Digest.FromHash(hash.Finish());
    }

    public void Dispose() => hash.Dispose();
}
