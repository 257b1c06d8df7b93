using System.Buffers;
using System.Collections.Immutable;

namespace Manifold.Layers;

/// <summary>
/// Reads a tar's entries in their order, from a stream that need not seek; where it can, content that nobody reads is passed over.
/// </summary>
/// <remarks>
/// Reads ustar, PAX, GNU and V7 (not sparse files). Our own, because the platform's decodes every PAX value as UTF-8 and so destroys file
/// capabilities and other binary attributes, and names that are not UTF-8 (docs/decisions/0002-own-tar.md).
/// Whatever the bytes are, memory stays bounded by <see cref="Limits"/> and reading ends. Paths come out in their plain form.
/// At the end the stream is read to its own end, so that a digest over it is complete. Not thread-safe; the stream is not disposed.
/// <code>
/// 1  zero block, or end of stream    the end
/// 2  x, g, L, K                      records that amend the next header
/// 3  header                          an entry; with .wh. names it becomes a whiteout or an opaque folder
/// 4  content, padding                skipped before the next header, as far as nobody read it
/// </code>
/// </remarks>
/// <param name="source">For messages: "layer sha256:…", "archive 'x.tar.gz'".</param>
/// <param name="whiteouts">Whether <c>.wh.</c> names mean what they mean in a layer, and <c>..</c> is refused; an archive that a user adds
/// has ordinary names, and <c>..</c> leads no further than to its top.</param>
internal sealed class TarReader(Stream tar, string source, bool whiteouts = true)
{
    private readonly byte[] header = new byte[TarFormat.Block];
    private ImmutableSortedDictionary<string, byte[]> global = ImmutableSortedDictionary<string, byte[]>.Empty;
    private long remaining, padding;
    private int entries, devices;

    /// <summary>All entries. Ends with <see cref="LayerException"/> where the tar is malformed.</summary>
    public IEnumerable<LayerEntry> Entries()
    {
        while (Next() is { } entry)
            yield return entry;
    }

    /// <summary>The next entry, or null at the end.</summary>
    public LayerEntry? Next()
    {
        SkipContent();
        var records = new TarRecords(global, bounded: !whiteouts);
        var amending = 0;
        while (ReadHeader())
        {
            var fields = new TarHeader(header, source);
            amending = fields.Type is 'x' or 'g' or 'L' or 'K' or 'V' ? amending + 1 : 0;
            if (amending > Limits.TarRecordsOfAnEntry)
                throw Malformed($"one header has more than {Limits.TarRecordsOfAnEntry} extra records");
            switch (fields.Type)
            {
                case 'x': records.AddPax(ReadRecord(fields), source); break;
                case 'g': AddGlobal(ReadRecord(fields)); break;
                case 'L': records.Set("path", TarHeader.UntilZero(ReadRecord(fields))); break;
                case 'K': records.Set("linkpath", TarHeader.UntilZero(ReadRecord(fields))); break;
                case 'V': ReadRecord(fields); break;
                default:
                    if (Entry(fields, records) is { } entry)
                        return entry;
                    SkipContent();
                    records = new TarRecords(global, bounded: !whiteouts);
                    break;
            }
        }
        Drain();
        return null;
    }

    private LayerEntry? Entry(TarHeader fields, TarRecords records)
    {
        if (++entries > Limits.LayerEntries)
            throw Malformed($"it has more than {Limits.LayerEntries} entries");
        var entry = records.Apply(fields, source);
        Expect(entry.Kind == EntryKind.File || fields.Type == 'D' ? records.Size(fields, source) : 0);
        if (entry.Kind is EntryKind.CharacterDevice or EntryKind.BlockDevice && ++devices > Limits.LayerDevices)
            throw Malformed($"it has more than {Limits.LayerDevices} device nodes");
        if (entry.Kind == EntryKind.File)
        {
            var number = entries;
            entry = entry with { Size = remaining, Open = () => new ContentStream(this, number) };
        }
        return whiteouts ? Whiteouts.FromTar(entry, source) : entry;
    }

    private void AddGlobal(byte[] record)
    {
        var records = new TarRecords(global, bounded: !whiteouts);
        records.AddPax(record, source);
        global = records.Values;
        if (global.Count > Limits.TarGlobalRecords || global.Sum(pair => (long)pair.Value.Length) > Limits.TarGlobalBytes)
            throw Malformed($"it has more than {Limits.TarGlobalRecords} global records, "
                + $"or more than {Limits.TarGlobalBytes} bytes of them");
    }

    // 1: an archive may end with one zero block, two, or none.
    private bool ReadHeader()
    {
        var count = Read(header);
        if (count == 0 || (count == TarFormat.Block && header.AsSpan().IndexOfAnyExcept((byte)0) < 0))
            return false;
        return count == TarFormat.Block ? true : throw Malformed("it ends in the middle of a header");
    }

    private byte[] ReadRecord(TarHeader fields)
    {
        if (fields.Size is < 0 or > Limits.TarRecordBytes)
            throw Malformed($"a header has a record of {fields.Size} bytes; the limit is {Limits.TarRecordBytes}");
        var record = new byte[fields.Size];
        Expect(fields.Size);
        if (Read(record) < record.Length)
            throw Malformed("it ends in the middle of a record");
        remaining = 0;
        SkipContent();
        return record;
    }

    private void Expect(long size) => (remaining, padding) = (size, TarFormat.Padding(size));

    private void SkipContent()
    {
        var padded = padding;
        remaining += padding;
        padding = 0;
        if (tar.CanSeek && remaining > 0)
        {
            if (tar.Length - tar.Position < remaining - padded)
                throw Malformed($"it ends {remaining - padded - (tar.Length - tar.Position)} bytes before the end of a file");
            tar.Seek(remaining, SeekOrigin.Current);
            remaining = 0;
        }
        var scrap = ArrayPool<byte>.Shared.Rent(64 * 1024);
        while (remaining > 0)
            _ = ReadContent(scrap);
        ArrayPool<byte>.Shared.Return(scrap);
    }

    private void Drain()
    {
        var scrap = ArrayPool<byte>.Shared.Rent(64 * 1024);
        while (Read(scrap) > 0)
        {
        }
        ArrayPool<byte>.Shared.Return(scrap);
    }

    private int ReadContent(Span<byte> target)
    {
        if (remaining == 0 || target.IsEmpty)
            return 0;
        var count = Read(target[..(int)Math.Min(target.Length, remaining)]);
        if (count == 0)
            throw Malformed($"it ends {remaining} bytes before the end of a file");
        remaining -= count;
        return count;
    }

    private int Read(Span<byte> target)
    {
        try
        {
            return tar.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException e)
        {
            throw Malformed($"decompression failed ({e.Message.TrimEnd('.')})", e);
        }
    }

    private LayerException Malformed(string what, Exception? inner = null) => new($"Reading the tar of {source}: {what}.", inner);

    private sealed class ContentStream(TarReader reader, int entry) : ReadOnlyStream
    {
        public override int Read(Span<byte> buffer) => reader.entries == entry ? reader.ReadContent(buffer)
            : throw new InvalidOperationException("The content of a tar's entry was read after the next entry.");
    }
}
