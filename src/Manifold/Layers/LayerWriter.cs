using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Layers;

/// <summary>
/// Makes a layer of entries: its digest only, or its blob too. The same entries, in whichever order, make the same layer.
/// </summary>
/// <remarks>
/// <code>
/// 1  order: parents first, by bytes; the first name of a hard-linked file holds the content
/// 2  clamp: no time is later than the given one, none has a fraction
/// 3  tar → SHA-256 (the diff id) → compressor → SHA-256 (the digest) → blob, in one pass
/// </code>
/// An intermediate stage needs 1 and 2 and the diff id only; its blob can be made later, of the same entries or of the snapshot that they
/// were unpacked into.
/// </remarks>
/// <param name="latest">The latest time that an entry may bear (SOURCE_DATE_EPOCH).</param>
internal sealed class LayerWriter(FileTime latest)
{
    /// <summary>The entries as the layer will have them: the tar's and the snapshot's.</summary>
    /// <exception cref="LayerException">Two entries have one path.</exception>
    public ImmutableArray<LayerEntry> Ordered(IEnumerable<LayerEntry> entries)
    {
        var sorted = entries.OrderBy(entry => entry.Path, EntryPath.Order).Select(Clamped).ToArray();
        for (var i = 1; i < sorted.Length; i++)
        {
            if (sorted[i].Path == sorted[i - 1].Path)
                throw new LayerException($"The layer has '{sorted[i].Path}' twice.");
        }
        return [.. FirstNamesHoldContent(sorted)];
    }

    /// <summary>The diff id and the table of contents; nothing is stored. Reads each content once.</summary>
    public Layer Hash(IEnumerable<LayerEntry> entries, CancellationToken cancellation = default)
    {
        var ordered = Ordered(entries);
        using var tar = new HashingStream(null);
        WriteTar(ordered, tar, cancellation);
        return new Layer { DiffId = tar.Finish(), Contents = TableOfContents.Of(ordered) };
    }

    /// <summary>
    /// Stores the layer's blob and returns the layer with its descriptor. Idempotent.
    /// Reads each content once; memory does not grow with it.
    /// </summary>
    public async Task<Layer> StoreAsync(
        IEnumerable<LayerEntry> entries, Store store, LayerForm? form = null, CancellationToken cancellation = default)
    {
        var ordered = Ordered(entries);
        await using var blob = store.CreateBlob();
        var chosen = form ?? LayerForm.Default;
        var diffId = await Task.Run(() => WriteBlob(ordered, blob, chosen, cancellation), cancellation).ConfigureAwait(false);
        var mediaType = Compression.MediaTypeOf(chosen.Compression);
        var descriptor = await blob.CommitAsync(mediaType, cancellation: cancellation).ConfigureAwait(false);
        return new Layer { DiffId = diffId, Contents = TableOfContents.Of(ordered), Descriptor = descriptor };
    }

    // 3
    private static Digest WriteBlob(ImmutableArray<LayerEntry> ordered, BlobWriter blob, LayerForm form, CancellationToken cancellation)
    {
        using var compressed = Compression.Compress(blob, form);
        using var tar = new HashingStream(compressed);
        WriteTar(ordered, tar, cancellation);
        return tar.Finish();
    }

    private static void WriteTar(ImmutableArray<LayerEntry> ordered, Stream tar, CancellationToken cancellation)
    {
        var writer = new TarWriter(tar);
        foreach (var entry in ordered)
        {
            cancellation.ThrowIfCancellationRequested();
            writer.Write(entry);
        }
        writer.Finish();
    }

    // 2
    private LayerEntry Clamped(LayerEntry entry)
    {
        var time = entry.TimeIsOwn || entry.Modified < latest ? entry.Modified with { Nanoseconds = 0 } : latest with { Nanoseconds = 0 };
        return entry.Modified == time ? entry : entry with { Modified = time };
    }

    // 1: whichever name the content came with, the first in order gets it, so that readers meet it before the links.
    private static IEnumerable<LayerEntry> FirstNamesHoldContent(LayerEntry[] sorted)
    {
        if (!sorted.Any(entry => entry.Kind == EntryKind.HardLink))
            return sorted;
        var byPath = sorted.ToDictionary(entry => entry.Path, StringComparer.Ordinal);
        var first = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in sorted)
            first.TryAdd(Original(entry), entry.Path);
        return sorted.Select(entry =>
        {
            var original = Original(entry);
            if (!byPath.TryGetValue(original, out var content) || (entry.Kind != EntryKind.HardLink && first[original] == entry.Path))
                return entry;
            return first[original] == entry.Path ? content with { Path = entry.Path } : content.AsHardLink(entry.Path, first[original]);
        });

        string Original(LayerEntry entry)
        {
            for (var links = 0; entry.Kind == EntryKind.HardLink && byPath.TryGetValue(entry.LinkTarget!, out var target); entry = target)
            {
                if (++links > Limits.SymbolicLinks)
                    throw new LayerException($"The hard link '{entry.Path}' points to itself.");
            }
            return entry.Kind == EntryKind.HardLink ? entry.LinkTarget! : entry.Path;
        }
    }
}
