using Manifold.Oci;

namespace Manifold.Content;

/// <summary>One entry of the store's <c>index.json</c>: the bytes that it has there, and their meaning.</summary>
internal sealed class TagEntry
{
    private TagEntry(Descriptor descriptor, ReadOnlyMemory<byte> json, NamedImage? image)
    {
        (Descriptor, Json, Image) = (descriptor, json, image);
        Key = image?.Reference is { } reference ? KeyOf(reference.Tag, reference.Digest) : "";
    }

    private TagEntry(string key) => (Key, Descriptor) = (key, null!);

    /// <summary>Tags in ordinal order. Names that add a digest to a tag follow the tag; names of a digest alone are first.</summary>
    public static IComparer<TagEntry> Order { get; } =
        Comparer<TagEntry>.Create((left, right) => string.CompareOrdinal(left.Key, right.Key));

    /// <summary>The part of the name after the repository: a tag, a digest, or both. Names of a repository are equal where it is.</summary>
    public string Key { get; }

    /// <summary>The entry with its name.</summary>
    public Descriptor Descriptor { get; }

    /// <summary>As it was written, by whichever tool; members that are unknown here are kept.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>Null for an entry without a name.</summary>
    public NamedImage? Image { get; }

    public static TagEntry Of(Descriptor entry) => Of(entry, OciJson.Write(entry, OciJson.Default.Descriptor));

    /// <exception cref="FormatException">The bytes are not a descriptor.</exception>
    public static TagEntry Parse(ReadOnlyMemory<byte> json) =>
        Of(OciJson.Parse(json.Span, OciJson.Default.Descriptor, "entry of an image index"), json);

    /// <summary>Finds the place of a key among entries.</summary>
    public static TagEntry Probe(string key) => new(key);

    /// <summary>A tag has neither of the separators, so keys of one tag stand together.</summary>
    public static string KeyOf(string? tag, Digest? digest = null) => digest is { } known ? $"{tag}\0{known}" : tag ?? "";

    public bool Means(ImageReference reference) => Image?.Reference == reference;

    private static TagEntry Of(Descriptor entry, ReadOnlyMemory<byte> json) =>
        new(entry, json, ReferenceName.Of(entry) is { } name ? new NamedImage(name, entry.WithoutName()) : null);
}
