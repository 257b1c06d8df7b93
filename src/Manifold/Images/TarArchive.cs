using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Linux;
using Microsoft.Win32.SafeHandles;

namespace Manifold.Images;

/// <summary>The files of a tar, each read where it lies: nothing is unpacked, and memory holds the names only.</summary>
/// <remarks>
/// <code>
/// 1  a compressed archive is decompressed once, to a file that has no name and goes with us
/// 2  headers are read from one to the next; contents are skipped, not read
/// 3  links are followed inside of the archive, as they would be if it were unpacked
/// </code>
/// Costs one small read for each entry. What could be read in two ways is refused: two entries of one name, <c>..</c>, an entry beyond the
/// end.
/// </remarks>
internal sealed class TarArchive : INamedFiles
{
    private readonly record struct Entry(long Offset, long Size, string? Link);

    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private readonly SafeFileHandle file;
    private readonly string path;
    private readonly long length;

    private TarArchive(string path, SafeFileHandle file)
    {
        (this.path, this.file) = (path, file);
        length = RandomAccess.GetLength(file);
    }

    public string Place => $"the archive '{path}'";

    /// <param name="workFolder">Where a compressed archive is decompressed to; asked for only then.</param>
    /// <exception cref="UsageException">There is no such file.</exception>
    /// <exception cref="LayerException">It is no tar, or a damaged or hostile one.</exception>
    public static TarArchive Open(string path, Func<string> workFolder)
    {
        var archive = new TarArchive(path, OpenTar(path, workFolder));
        try
        {
            archive.ReadHeaders();
            return archive;
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    public Stream? TryOpen(string name)
    {
        // 3
        for (var hops = 0; hops <= Limits.SymbolicLinks; hops++)
        {
            if (!entries.TryGetValue(name, out var entry))
                return null;
            if (entry.Link is null)
                return new FileSection(file, entry.Offset, entry.Size);
            name = entry.Link;
        }
        throw Malformed($"the links that start at '{name}' form a loop");
    }

    public void Dispose() => file.Dispose();

    // 1
    private static SafeFileHandle OpenTar(string path, Func<string> workFolder)
    {
        FileStream compressed;
        try
        {
            compressed = PlainFile.Open(path);
        }
        catch (Exception e) when (e is FileNotFoundException or UnauthorizedAccessException || Directory.Exists(path))
        {
            throw new UsageException(Directory.Exists(path)
                ? $"'{path}' is a folder, not an archive. For an OCI layout, use: oci:{path}"
                : $"There is no archive '{path}'.");
        }
        catch (IOException e)
        {
            throw new UsageException($"Reading the archive '{path}': {e.Message}");
        }
        using (compressed)
        {
            var start = new byte[4];
            var known = compressed.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            if (!Compression.IsCompressed(start.AsSpan(0, known)))
                return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            compressed.Position = 0;
            return Decompress(compressed, path, Path.Combine(workFolder(), "archive-" + Guid.NewGuid().ToString("N")));
        }
    }

    private static SafeFileHandle Decompress(Stream compressed, string path, string temporary)
    {
        var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        try
        {
            using var tar = Compression.Open(compressed);
            var buffer = new byte[256 * 1024];
            for (var position = 0L; tar.Read(buffer) is var count and > 0; position += count)
                RandomAccess.Write(file, buffer.AsSpan(0, count), position);
            return file;
        }
        catch (Exception e)
        {
            file.Dispose();
            if (e is InvalidDataException)
                throw new LayerException($"Reading the archive '{path}': decompression failed ({e.Message.TrimEnd('.')}). "
                    + "Create it again.", e);
            throw;
        }
    }

    // 2
    private void ReadHeaders()
    {
        var source = $"archive '{path}'";
        var block = new byte[TarFormat.Block];
        var records = new TarRecords(ImmutableSortedDictionary<string, byte[]>.Empty);
        var global = records.Values;
        for (var position = 0L; ReadBlock(block, position);)
        {
            var fields = new TarHeader(block, source);
            position += TarFormat.Block;
            if (fields.Type is 'x' or 'g' or 'L' or 'K' or 'V')
            {
                var record = ReadRecord(fields, position);
                Amend(records, fields.Type, record, source);
                if (fields.Type == 'g')
                    global = records.Values;
                position += record.Length + TarFormat.Padding(record.Length);
                continue;
            }
            position = Add(records, fields, position, source);
            records = new TarRecords(global);
        }
        if (entries.Count == 0)
            throw Malformed("it is empty");
    }

    private static void Amend(TarRecords records, char type, byte[] record, string source)
    {
        if (type is 'x' or 'g')
            records.AddPax(record, source);
        else if (type is 'L' or 'K')
            records.Set(type == 'L' ? "path" : "linkpath", TarHeader.UntilZero(record));
    }

    /// <summary>Notes an entry, and returns where the next header is.</summary>
    private long Add(TarRecords records, TarHeader fields, long position, string source)
    {
        var entry = records.Apply(fields, source);
        var size = entry.Kind == EntryKind.File ? records.Size(fields, source) : 0;
        if (size > length - position)
            throw Malformed($"it ends in the middle of '{entry.Path}'");
        var link = entry.Kind switch
        {
            EntryKind.HardLink => entry.LinkTarget,
            EntryKind.SymbolicLink => Resolve(entry.Path, entry.LinkTarget!),
            _ => null,
        };
        if (entry.Kind is EntryKind.File || link is not null)
        {
            if (!entries.TryAdd(entry.Path, new Entry(position, size, link)))
                throw Malformed($"it has two entries with the name '{entry.Path}', and tools disagree about which one to use");
            if (entries.Count > Limits.ArchiveEntries)
                throw Malformed($"it has more than {Limits.ArchiveEntries} entries");
        }
        return position + size + TarFormat.Padding(size);
    }

    /// <summary>Where a symbolic link points to, in the archive's own names.</summary>
    private string Resolve(string link, string target)
    {
        var parts = new List<string>(EntryPath.Parent(link).Split('/', StringSplitOptions.RemoveEmptyEntries));
        foreach (var part in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."))
        {
            if (part != "..")
                parts.Add(part);
            else if (parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else
                throw Malformed($"the link '{link}' points outside the archive");
        }
        if (target.StartsWith('/'))
            throw Malformed($"the link '{link}' points outside the archive");
        return string.Join('/', parts);
    }

    private byte[] ReadRecord(TarHeader fields, long position)
    {
        if (fields.Size is < 0 or > Limits.TarRecordBytes)
            throw Malformed($"a header has a record of {fields.Size} bytes; the limit is {Limits.TarRecordBytes}");
        var record = new byte[fields.Size];
        return Fill(record, position) == record.Length ? record : throw Malformed("it ends in the middle of a record");
    }

    // An archive may end with one zero block, two, or none.
    private bool ReadBlock(byte[] block, long position)
    {
        var count = Fill(block, position);
        if (position > length)
            throw Malformed("it ends in the middle of a record or a file");
        if (count == 0 || (count == block.Length && block.AsSpan().IndexOfAnyExcept((byte)0) < 0))
            return false;
        return count == block.Length ? true : throw Malformed("it ends in the middle of a header");
    }

    private int Fill(Span<byte> target, long position)
    {
        var filled = 0;
        while (filled < target.Length && RandomAccess.Read(file, target[filled..], position + filled) is var count and > 0)
            filled += count;
        return filled;
    }

    private LayerException Malformed(string what) => new($"Reading {Place}: {what}. It is damaged or not an image. Create it again.");
}

/// <summary>A part of a file as a stream. Any number of them read one file at once.</summary>
internal sealed class FileSection(SafeFileHandle file, long offset, long length) : Stream
{
    private long position;

    public override int Read(Span<byte> buffer)
    {
        var count = RandomAccess.Read(file, buffer[..(int)Math.Min(buffer.Length, length - position)], offset + position);
        position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => length;
    public override long Position { get => position; set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
