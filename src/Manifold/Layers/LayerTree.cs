using System.Collections.Immutable;

namespace Manifold.Layers;

/// <summary>A layer's entries with their content as a part of a <see cref="Chain"/>, wherever the content is; nothing is unpacked.</summary>
/// <remarks>
/// So owners, modes, devices and attributes are those of the layer, whatever this machine lets its user make. For readers who want some of the files; a RUN needs them
/// unpacked. Hard links are files here. Immutable; thread-safe.
/// </remarks>
public sealed class LayerTree : ILayerContents
{
    private readonly TableOfContents table;
    private readonly Dictionary<string, LayerEntry> whole = new(StringComparer.Ordinal);

    private LayerTree(IEnumerable<LayerEntry> entries)
    {
        var builder = new TableOfContents.Builder();
        foreach (var entry in entries)
        {
            if (entry is { Kind: EntryKind.CharacterDevice, DeviceMajor: 0, DeviceMinor: 0 })
                throw new LayerException($"'{entry.Path}': the device 0:0 is overlayfs's whiteout, and no device.");
            var file = entry.Kind == EntryKind.HardLink ? Linked(entry, builder) : entry;
            builder.Add(entry);
            whole[entry.Path] = file;
        }
        table = builder.Build();
    }

    /// <summary>Of entries whose content can be opened at any time; a later one of the same path replaces the earlier.</summary>
    /// <exception cref="LayerException">They contradict each other.</exception>
    public static LayerTree Of(IEnumerable<LayerEntry> entries) => new(entries);

    /// <summary>Of a tar on disk that nobody changes, uncompressed. Costs reading its headers.</summary>
    /// <param name="source">For messages.</param>
    /// <param name="whiteouts">As <see cref="TarReader"/> has it.</param>
    public static LayerTree OfTar(string path, string source, bool whiteouts = true)
    {
        using var tar = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return new LayerTree(new TarReader(tar, source, whiteouts).Entries().Select(entry =>
        {
            var begin = tar.Position;
            return entry.Kind == EntryKind.File ? entry with { Open = () => new FilePart(path, begin, entry.Size) } : entry;
        }));
    }

    /// <summary>All entries, folders that are only implied among them, in <see cref="EntryPath.Order"/>; hard links are links here.</summary>
    public IEnumerable<LayerEntry> Entries() => table.Entries.Select(entry =>
        // The file that a link named may have given way to another of its name.
        entry.Kind == EntryKind.HardLink && whole[entry.Path] == whole.GetValueOrDefault(entry.LinkTarget!)?.Renamed(entry.Path) ? entry : Whole(entry));

    public LayerEntry? Find(string path) => table.Find(path) is { } entry ? Whole(entry) : null;

    public IEnumerable<LayerEntry> Children(string folder) => table.Children(folder).Select(Whole);

    private LayerEntry Whole(LayerEntry listed) => listed.Implied || !whole.TryGetValue(listed.Path, out var entry) ? listed
        : listed.Kind == EntryKind.HardLink ? entry : listed with { Open = entry.Open, Xattrs = entry.Xattrs };

    private LayerEntry Linked(LayerEntry link, TableOfContents.Builder builder) =>
        builder.Find(link.LinkTarget!) is { Kind: not (EntryKind.Folder or EntryKind.Whiteout) } ? whole[link.LinkTarget!].Renamed(link.Path)
            : throw new LayerException($"'{link.Path}' is a hard link to '{link.LinkTarget}', which is no file of this layer.");

    /// <summary>Some bytes of a file, from their begin to their end.</summary>
    private sealed class FilePart(string path, long begin, long size) : ReadOnlyStream
    {
        private readonly FileStream file = new(path, new FileStreamOptions { Share = FileShare.Read | FileShare.Delete, BufferSize = 0 });
        private long done;

        public override int Read(Span<byte> buffer)
        {
            var count = RandomAccess.Read(file.SafeFileHandle, buffer[..(int)Math.Min(buffer.Length, size - done)], begin + done);
            done += count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                file.Dispose();
            base.Dispose(disposing);
        }
    }
}
