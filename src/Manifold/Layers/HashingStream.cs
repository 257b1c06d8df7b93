using System.Security.Cryptography;
using Manifold.Oci;

namespace Manifold.Layers;

/// <summary>Hashes what is written through it, on the way to another stream or to nowhere.</summary>
internal sealed class HashingStream(Stream? target) : WriteOnlyStream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The digest of all that was written; ask once, at the end.</summary>
    internal Digest Finish() => Digest.FromHash(hash.GetHashAndReset());

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        hash.AppendData(buffer);
        target?.Write(buffer);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            hash.Dispose();
        base.Dispose(disposing);
    }
}
