namespace Manifold.Layers;

/// <summary>A list that grows by pieces: nothing is copied when it grows, and little space is unused.</summary>
internal sealed class Chunks<T> where T : struct
{
    private const int Bits = 10, Size = 1 << Bits;
    private readonly List<T[]> pieces = [];

    internal int Count { get; private set; }

    internal ref T this[int index] => ref pieces[index >> Bits][index & (Size - 1)];

    internal void Add(T value)
    {
        if (Count == pieces.Count * Size)
            pieces.Add(new T[pieces.Count == 0 ? 16 : Size]);
        else if (Count == pieces[0].Length && pieces.Count == 1 && Count < Size)
            pieces[0] = Grown(pieces[0]);
        pieces[Count >> Bits][Count & (Size - 1)] = value;
        Count++;
    }

    // Most layers are small.
    private static T[] Grown(T[] first)
    {
        Array.Resize(ref first, Math.Min(first.Length * 4, Size));
        return first;
    }
}

/// <summary>Short texts, one behind the other in large pieces.</summary>
internal sealed class ByteHeap
{
    private const int Bits = 16, Size = 1 << Bits;
    private readonly List<byte[]> pieces = [];
    private int used;

    /// <summary>Stores a text of at most 64 KiB and returns its position.</summary>
    /// <exception cref="LayerException">All texts together are too long.</exception>
    internal int Add(ReadOnlySpan<byte> text)
    {
        var offset = Room(text.Length);
        text.CopyTo(pieces[offset >> Bits].AsSpan(offset & (Size - 1)));
        return offset;
    }

    internal ReadOnlySpan<byte> Get(int offset, int length) => length == 0
        ? []
        : pieces[offset >> Bits].AsSpan(offset & (Size - 1), length);

    /// <summary>Stores a text with its length and returns its position.</summary>
    internal int AddCounted(ReadOnlySpan<byte> text)
    {
        if (text.Length > Size - 2)
            throw new LayerException($"The target of a link has {text.Length} bytes, which is too long for Linux.");
        var offset = Room(text.Length + 2);
        var room = pieces[offset >> Bits].AsSpan(offset & (Size - 1));
        (room[0], room[1]) = ((byte)text.Length, (byte)(text.Length >> 8));
        text.CopyTo(room[2..]);
        return offset;
    }

    internal ReadOnlySpan<byte> GetCounted(int offset)
    {
        var room = pieces[offset >> Bits].AsSpan(offset & (Size - 1));
        return room.Slice(2, room[0] | room[1] << 8);
    }

    private int Room(int length)
    {
        if (pieces.Count == 0)
            pieces.Add(new byte[Math.Max(1024, length)]);
        var piece = pieces[^1];
        if (used + length > piece.Length && piece.Length < Size)
        {
            Array.Resize(ref piece, Math.Min(Size, Math.Max(piece.Length * 4, used + length)));
            pieces[^1] = piece;
        }
        if (used + length > piece.Length)
        {
            if ((pieces.Count + 1L) * Size > Limits.LayerNamesBytes)
                throw new LayerException($"The names in a layer have more than {Limits.LayerNamesBytes} bytes in total.");
            pieces.Add(new byte[Size]);
            used = 0;
        }
        var offset = (pieces.Count - 1) * Size + used;
        used += length;
        return offset;
    }
}
