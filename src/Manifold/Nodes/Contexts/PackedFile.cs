using Manifold.Content;
using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.Nodes.Contexts;

/// <summary>A file, folder or link of a context, as it is packed.</summary>
/// <param name="Entry">Its content is verified while it is read.</param>
/// <param name="Content">The digest of a file's content; null for all else.</param>
internal sealed record PackedFile(LayerEntry Entry, Digest? Content)
{
    public string Path => Entry.Path;

    /// <summary>A file whose content must still be what it was when it was hashed.</summary>
    public static PackedFile Verified(LayerEntry entry, Digest? content)
    {
        if (content is not { } digest || entry.Open is not { } open)
            return new PackedFile(entry, content);
        return new PackedFile(entry with { Open = () => new VerifiedStream(open(), digest, entry.Size, "the build context") }, content);
    }

    /// <summary>An entry without content, for a path that lookups only pass: they see that it exists, and where a link leads.</summary>
    public static PackedFile Placeholder(LayerEntry entry) => new(new LayerEntry
    {
        Path = entry.Path,
        Kind = entry.Kind is EntryKind.Folder or EntryKind.SymbolicLink ? entry.Kind : EntryKind.File,
        Mode = entry.Kind switch
        {
            EntryKind.Folder => 0b111_101_101,
            EntryKind.SymbolicLink => 0b111_111_111,
            _ => 0b110_100_100,
        },
        LinkTarget = entry.LinkTarget,
    }, null);
}
