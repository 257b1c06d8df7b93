using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.Verification.Packages;

/// <summary>What one pass over a layer found: its paths, and the content of the few files that somebody wanted.</summary>
/// <param name="Files">By path. A file that is larger than <see cref="Limits.PackageDatabaseBytes"/> is not here.</param>
internal sealed record LayerSurvey(TableOfContents Contents, ImmutableDictionary<string, byte[]> Files)
{
    /// <summary>Bytes of all files of the layer, uncompressed.</summary>
    public long Bytes { get; } = Contents.Entries.Sum(entry => entry.Size);

    /// <remarks>CPU work: decompresses the layer once. Disposes <paramref name="blob"/>.</remarks>
    /// <exception cref="LayerException">The layer is malformed, or is not what <paramref name="diffId"/> says.</exception>
    public static LayerSurvey Read(
        Stream blob, Descriptor layer, Digest diffId, Func<string, bool> isWanted, CancellationToken cancellation = default)
    {
        var files = ImmutableDictionary.CreateBuilder<string, byte[]>(StringComparer.Ordinal);
        var contents = LayerReader.Read(blob, layer, diffId, entries => TableOfContents.Of(entries.Select(entry =>
        {
            cancellation.ThrowIfCancellationRequested();
            if (entry.Kind == EntryKind.File && entry.Size <= Limits.PackageDatabaseBytes && isWanted(entry.Path))
                files[entry.Path] = Content(entry);
            return entry;
        })), cancellation);
        return new LayerSurvey(contents, files.ToImmutable());
    }

    private static byte[] Content(LayerEntry entry)
    {
        var bytes = new byte[entry.Size];
        using var content = entry.Open!();
        content.ReadExactly(bytes);
        return bytes;
    }
}
