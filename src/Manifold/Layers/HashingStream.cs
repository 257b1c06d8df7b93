using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Layers;

/// <summary>Hashes what is written through it, on the way to another stream or to nowhere.</summary>
internal sealed class HashingStream(Stream? target) : WriteOnlyStream
{
    private readonly Hasher hash = new(HashKind.Sha256);

    /// <summary>The digest of all that was written; ask once, at the end.</summary>
    internal Digest Finish() => Digest.FromHash(hash.Finish());

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        hash.Append(buffer);
        target?.Write(buffer);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            hash.Dispose();
        base.Dispose(disposing);
    }
}
