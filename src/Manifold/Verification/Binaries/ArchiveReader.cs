using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;
using Manifold.Linux;

namespace Manifold.Verification.Binaries;

/// <summary>
/// Finds the native libraries of a zip, and of the zips within it: reads the table at its end, and the first bytes of what is
/// named as a library.
/// </summary>
/// <remarks>
/// Whatever the bytes are, this ends soon and does not throw; what cannot be read is left out. Nested archives are read one level deep, as
/// Spring Boot and application servers have them. A table may name the same few bytes any number of times, so each place is read once, and
/// one budget bounds all work on a file (<see cref="Limits.NestedArchives"/> and those below it). What is beyond it is not judged.
/// Source: PKWARE .ZIP application note, 4.3.7, 4.3.12, 4.3.16.
/// </remarks>
internal sealed class ArchiveReader
{
    private const int MostBytes = 64 * 1024 * 1024, MostTableBytes = 16 * 1024 * 1024, MostEntries = 100_000,
        MostNestedBytes = 16 * 1024 * 1024;
    private const int TailBytes = 22 + 65_535, HeaderBytes = 64, CompressedHeaderBytes = 4096;

    /// <summary>Bytes of the file or of an archive within it.</summary>
    private delegate bool Reading(long offset, Span<byte> target);

    private sealed record Entry(string Name, int Method, long CompressedSize, long Size, long Offset);

    private readonly List<ArchivePart> parts = [];
    private long archives = Limits.NestedArchives, inflated = Limits.NestedArchiveBytes, tables = Limits.ArchiveTableBytes,
        libraries = Limits.ArchiveLibraries;

    private ArchiveReader()
    {
    }

    public static ArchiveFile? TryRead(string path, ByteWindow window)
    {
        if (window.Length(MostBytes) is not { } length)
            return null;
        var reader = new ArchiveReader();
        reader.Read((offset, target) => window.TryRead(offset, target), length, "");
        return reader.parts.Count > 0 ? new ArchiveFile([.. reader.parts]) : null;
    }

    private void Read(Reading read, long length, string inside)
    {
        var (architectures, example, places) = (new SortedSet<string>(StringComparer.Ordinal), "", new HashSet<long>());
        foreach (var entry in Entries(read, length))
        {
            var isNested = inside.Length == 0 && entry.Name.EndsWith(".jar", StringComparison.Ordinal);
            if (!(isNested || IsLibrary(entry.Name)) || !places.Add(entry.Offset))
                continue;
            if (isNested)
                ReadNested(read, entry);
            else if (Start(read, entry) is { } start && ElfOf(start) is { } elf && architectures.Add(elf.Machine.Architecture)
                && example.Length == 0)
                example = entry.Name;
        }
        if (architectures.Count > 0)
            parts.Add(new ArchivePart(inside, [.. architectures], example));
    }

    private void ReadNested(Reading read, Entry entry)
    {
        if (!TryTake(ref archives, 1) || DataOf(read, entry) is not { } begin)
            return;
        if (entry.Method == 0)
            Read((offset, target) => offset >= 0 && offset <= entry.Size - target.Length
                && read(begin + offset, target), entry.Size, entry.Name);
        else if (entry.Size <= MostNestedBytes && TryTake(ref inflated, Math.Max(entry.Size, entry.CompressedSize))
            && Inflate(read, begin, entry, (int)entry.CompressedSize, (int)entry.Size) is { } bytes)
            Read((offset, target) => offset >= 0 && offset <= bytes.Length - target.Length
                && bytes.AsSpan((int)offset, target.Length).TryCopyTo(target), bytes.Length, entry.Name);
    }

    private static bool TryTake(ref long left, long amount)
    {
        if (amount > left)
            return false;
        left -= amount;
        return true;
    }

    private List<Entry> Entries(Reading read, long length)
    {
        var entries = new List<Entry>();
        var tail = new byte[(int)Math.Min(length, TailBytes)];
        if (tail.Length < 22 || !read(length - tail.Length, tail) || tail.AsSpan().LastIndexOf("PK\u0005\u0006"u8) is not (>= 0 and var end)
            || end + 22 > tail.Length)
            return entries;
        var (size, offset) = (BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(end + 12)),
            BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(end + 16)));
        var table = new byte[size <= MostTableBytes && TryTake(ref tables, size) ? (int)size : 0];
        if (!read(offset, table))
            return entries;
        for (var at = 0; at + 46 <= table.Length && entries.Count < MostEntries;)
        {
            var header = table.AsSpan(at);
            if (!header.StartsWith("PK\u0001\u0002"u8))
                break;
            var (name, extra, comment) = (Short(header, 28), Short(header, 30), Short(header, 32));
            if (at + 46 + name > table.Length)
                break;
            entries.Add(new Entry(FileName.Decode(header.Slice(46, name)), Short(header, 10),
                BinaryPrimitives.ReadUInt32LittleEndian(header[20..]),
                BinaryPrimitives.ReadUInt32LittleEndian(header[24..]), BinaryPrimitives.ReadUInt32LittleEndian(header[42..])));
            at += 46 + name + extra + comment;
        }
        return entries;
    }

    private static bool IsLibrary(string name) => name.EndsWith(".so", StringComparison.Ordinal)
        || name.Contains(".so.", StringComparison.Ordinal) || name.EndsWith(".jnilib", StringComparison.Ordinal);

    private static long? DataOf(Reading read, Entry entry)
    {
        Span<byte> header = stackalloc byte[30];
        return read(entry.Offset, header) && header.StartsWith("PK\u0003\u0004"u8)
            ? entry.Offset + 30 + Short(header, 26) + Short(header, 28) : null;
    }

    private byte[]? Start(Reading read, Entry entry)
    {
        if (entry.Size < HeaderBytes || !TryTake(ref libraries, 1) || DataOf(read, entry) is not { } begin)
            return null;
        var start = new byte[HeaderBytes];
        return entry.Method == 0 ? read(begin, start)
            ? start : null : Inflate(read, begin, entry, (int)Math.Min(entry.CompressedSize, CompressedHeaderBytes), HeaderBytes);
    }

    private static byte[]? Inflate(Reading read, long begin, Entry entry, int from, int size)
    {
        if (entry.Method != 8 || from > MostNestedBytes)
            return null;
        var (compressed, bytes) = (new byte[from], new byte[size]);
        if (!read(begin, compressed))
            return null;
        try
        {
            using var inflater = new DeflateStream(new MemoryStream(compressed), CompressionMode.Decompress);
            return inflater.ReadAtLeast(bytes, size, throwOnEndOfStream: false) == size ? bytes : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static ElfFile? ElfOf(byte[] start)
    {
        using var window = new ByteWindow(new MemoryStream(start));
        return start.AsSpan().StartsWith("\u007FELF"u8) ? ElfReader.TryRead(window) : null;
    }

    private static int Short(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
}
