using System.Collections.Immutable;

namespace Manifold.Layers;

/// <summary>
/// A layer's entries with their content as a part of a <see cref="Chain"/>, wherever the content is; nothing is unpacked.
/// </summary>
/// <remarks>
/// So owners, modes, devices and attributes are those of the layer, whatever this machine lets its user make. For readers who want some of
/// the files; a RUN needs them unpacked. Hard links are files here, of one <see cref="LayerEntry.Identity"/>. Of a tar, the place of each
/// file's content is kept and no more. Immutable; thread-safe.
/// </remarks>
internal sealed class LayerTree : ILayerContents
{
    private readonly EntryTree tree;
    private readonly string? tar;

    // The content of a file that was there before is in no tar: it comes with the file, or is not known here.
    private const long OfBelow = -1;

    // By number: where a file's content begins in the tar, or which number a hard link names.
    private readonly Chunks<long> places = new();
    private readonly HashSet<int> linked = [];
    private readonly Dictionary<int, (ImmutableSortedDictionary<string, byte[]> Xattrs, Func<Stream>? Open)> kept = [];
    private long xattrBytes;

    private LayerTree(IEnumerable<LayerEntry> entries, string? tar, Func<long>? position, Func<string, LayerEntry?>? below = null)
    {
        this.tar = tar;
        var builder = new TableOfContents.Builder();
        tree = builder.Tree;
        var links = below is null ? null : new LinksOfAnArchive(tree, below);
        foreach (var named in entries)
        {
            var entry = links is null ? named : links.Followed(named);
            // An archive says nothing about the folder that it is unpacked into.
            if (links is not null && entry.Path.Length == 0)
                continue;
            if (entry is { Kind: EntryKind.CharacterDevice, DeviceMajor: 0, DeviceMinor: 0 })
                throw new LayerException($"'{entry.Path}': the device 0:0 marks a deleted file in overlayfs and cannot be a real device.");
            var place = entry.Kind == EntryKind.HardLink ? Linked(entry, builder, below) : position?.Invoke() ?? 0;
            var id = builder.Add(entry, out var applied);
            if (applied)
                Keep(id, entry, place);
        }
        _ = builder.Build();
    }

    /// <summary>Of entries whose content can be opened at any time; a later one of the same path replaces the earlier.</summary>
    /// <exception cref="LayerException">They contradict each other.</exception>
    public static LayerTree Of(IEnumerable<LayerEntry> entries) => new(entries, null, null);

    /// <summary>Of a tar on disk that nobody changes, uncompressed. Costs reading its headers.</summary>
    /// <param name="source">For messages.</param>
    public static LayerTree OfTar(string path, string source, CancellationToken cancellation = default)
    {
        using var tar = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return new LayerTree(new TarReader(tar, source).Entries().Until(cancellation), path, () => tar.Position);
    }

    /// <summary>
    /// Of an archive that is unpacked over other files: its names are ordinary ones, and lead through links
    /// (<see cref="LinksOfAnArchive"/>).
    /// </summary>
    /// <param name="below">The file that is at a path already, without its parents' links being followed. If the archive has a hard link to
    /// it, it is an entry here too: with the content that it has there, else with that path as
    /// <see cref="LayerEntry.LinkTarget"/>.</param>
    /// <inheritdoc cref="OfTar"/>
    public static LayerTree OfArchive(
        string path, string source, Func<string, LayerEntry?> below, CancellationToken cancellation = default)
    {
        using var tar = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return new LayerTree(new TarReader(tar, source, whiteouts: false).Entries().Until(cancellation), path, () => tar.Position, below);
    }

    /// <summary>
    /// All entries, folders that are only implied among them, in <see cref="EntryPath.Order"/>. Of a file's several names the
    /// first in this order has its content, whichever had it in the tar; the others are hard links to that one.
    /// </summary>
    public IEnumerable<LayerEntry> Entries()
    {
        var first = new Dictionary<int, string>();
        foreach (var (id, path) in tree.Walk(tree.Root, ""))
        {
            var file = FileOf(id);
            var entry = Whole(id, path);
            yield return linked.Contains(file) && !first.TryAdd(file, path) ? entry.AsHardLink(path, first[file]) : entry;
        }
    }

    public LayerEntry? Find(string path) => tree.Find(path) is var id and not EntryTree.None ? Whole(id, path) : null;

    public IEnumerable<LayerEntry> Children(string folder)
    {
        var found = tree.Find(folder);
        for (var id = found == EntryTree.None ? found : tree.FirstChild(found); id != EntryTree.None; id = tree.NextSibling(id))
            yield return Whole(id, EntryPath.Join(folder, tree.NameOf(id)));
    }

    private LayerEntry Whole(int id, string path)
    {
        var file = FileOf(id);
        var entry = tree.Entry(file, path);
        var (xattrs, open) = kept.GetValueOrDefault(file);
        if (tar is not null && entry.Kind == EntryKind.File && places[file] != OfBelow)
            open = OpenPart(tar, places[file], entry.Size);
        var identity = linked.Contains(file) ? new FileIdentity(tree, (ulong)file) : null;
        return xattrs is null && open is null && identity is null ? entry
            : entry with { Open = open, Xattrs = xattrs ?? entry.Xattrs, Identity = identity };
    }

    private static Func<Stream> OpenPart(string path, long begin, long size) => () => new FilePart(path, begin, size);

    private int FileOf(int id) => tree.KindOf(id) == EntryKind.HardLink ? (int)places[id] : id;

    private void Keep(int id, LayerEntry entry, long place)
    {
        while (places.Count <= id)
            places.Add(0);
        places[id] = place;
        kept.Remove(id);
        if (entry.Kind == EntryKind.HardLink)
        {
            linked.Add((int)place);
            return;
        }
        var open = tar is null || place == OfBelow ? entry.Open : null;
        if (entry.Xattrs.IsEmpty && open is null)
            return;
        kept[id] = (entry.Xattrs, open);
        foreach (var (key, value) in entry.Xattrs)
            xattrBytes += key.Length + value.Length;
        if (xattrBytes > Limits.LayerXattrBytes)
            throw new LayerException($"The files of a layer have more than {Limits.LayerXattrBytes} bytes of extended attributes.");
    }

    private int Linked(LayerEntry link, TableOfContents.Builder builder, Func<string, LayerEntry?>? below)
    {
        var target = tree.Find(link.LinkTarget!);
        if (target == EntryTree.None && below?.Invoke(link.LinkTarget!) is { Kind: not (EntryKind.Folder or EntryKind.Whiteout) } there)
            target = Adopted(link, there, builder);
        if (target == EntryTree.None || tree.KindOf(target) is EntryKind.Folder or EntryKind.Whiteout)
            throw new LayerException($"'{link.Path}' is a hard link to '{link.LinkTarget}', which is not a file in this layer.");
        return FileOf(target);
    }

    // Another name for a file that was there before gives it the owner and mode of the link, so that it is a file of this layer as well.
    private int Adopted(LayerEntry link, LayerEntry there, TableOfContents.Builder builder)
    {
        var file = there with
        {
            Path = link.LinkTarget!,
            Kind = there.Kind == EntryKind.HardLink ? EntryKind.File : there.Kind,
            LinkTarget = there.Kind == EntryKind.SymbolicLink ? there.LinkTarget : there.Open is null ? link.LinkTarget : null,
            Mode = there.Kind == EntryKind.SymbolicLink ? there.Mode : link.Mode,
            Uid = link.Uid,
            Gid = link.Gid,
            Modified = link.Modified,
        };
        var id = builder.Add(file, out _);
        Keep(id, file, OfBelow);
        return id;
    }

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
