using System.Buffers;
using System.Text;

namespace Manifold.Verification.Binaries;

/// <summary>A file's bytes at any place, of a stream that may only be readable once and forward (an entry of a tar).</summary>
/// <remarks>
/// Where the stream seeks, only what is asked for is read. Where it does not, what passes by is kept up to
/// <see cref="Limits.InspectedBytes"/>, since headers point backwards too; places beyond are read if they still lie ahead. Never throws for
/// what the bytes are. The stream is not disposed.
/// </remarks>
internal sealed class ByteWindow : IDisposable
{
    private const int FirstBytes = 4096;

    private readonly Stream stream;
    private byte[] kept;
    private int count;
    private long position;

    public ByteWindow(Stream stream)
    {
        this.stream = stream;
        kept = ArrayPool<byte>.Shared.Rent(FirstBytes);
        position = count = stream.ReadAtLeast(kept.AsSpan(0, FirstBytes), FirstBytes, throwOnEndOfStream: false);
    }

    /// <summary>The file's begin, as far as it was read at once.</summary>
    public ReadOnlySpan<byte> Start => kept.AsSpan(0, Math.Min(count, FirstBytes));

    /// <summary>Fills the target from a place of the file; false where it does not have so much, or where that has passed by.</summary>
    public bool TryRead(long offset, Span<byte> target)
    {
        if (offset < 0 || offset > long.MaxValue - target.Length)
            return false;
        var end = offset + target.Length;
        if (end > count && !stream.CanSeek)
            Keep((int)Math.Min(end, Limits.InspectedBytes));
        if (end <= count)
        {
            kept.AsSpan((int)offset, target.Length).CopyTo(target);
            return true;
        }
        return stream.CanSeek ? ReadThere(offset, target) : ReadAhead(offset, target);
    }

    /// <summary>The file's begin as text, a character for each byte.</summary>
    public string Text(int mostBytes)
    {
        var text = new StringBuilder();
        Span<byte> piece = stackalloc byte[1024];
        // Whole pieces, then halves of one, which find the end.
        for (var size = piece.Length; size > 0 && text.Length < mostBytes;)
        {
            if (TryRead(text.Length, piece[..size]))
                text.Append(Encoding.Latin1.GetString(piece[..size]));
            else
                size /= 2;
        }
        return text.ToString();
    }

    /// <summary>The file's length, where that can be known without keeping more than so many bytes of it.</summary>
    public long? Length(int most)
    {
        if (stream.CanSeek)
            return stream.Length;
        for (var asked = count; count == asked; Keep(asked))
        {
            if (asked >= most || position > count)
                return null;
            asked = (int)Math.Min((long)Math.Max(asked, FirstBytes) * 2, most);
        }
        return count;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(kept);

    private bool ReadThere(long offset, Span<byte> target)
    {
        if (offset > stream.Length - target.Length)
            return false;
        stream.Position = offset;
        return stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) == target.Length;
    }

    private bool ReadAhead(long offset, Span<byte> target)
    {
        if (offset < position)
            return false;
        var scrap = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            while (position < offset)
            {
                var read = stream.Read(scrap.AsSpan(0, (int)Math.Min(scrap.Length, offset - position)));
                if (read == 0)
                    return false;
                position += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scrap);
        }
        var got = stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        position += got;
        return got == target.Length;
    }

    private void Keep(int end)
    {
        if (end <= count || position > count)
            return; // all there, or something was left out already
        if (kept.Length < end)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(end, kept.Length * 2));
            kept.AsSpan(0, count).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(kept);
            kept = larger;
        }
        count += stream.ReadAtLeast(kept.AsSpan(count, end - count), end - count, throwOnEndOfStream: false);
        position = count;
    }
}
