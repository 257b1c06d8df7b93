namespace Manifold.Tests.Support;

/// <summary>Bytes that come once and forward, a few at a time, as a tar's entry does.</summary>
internal sealed class ForwardStream(Stream inner) : ReadOnlyStream
{
    public ForwardStream(byte[] bytes) : this(new MemoryStream(bytes)) { }

    public override int Read(Span<byte> buffer) => inner.Read(buffer[..Math.Min(buffer.Length, 1000)]);
}
