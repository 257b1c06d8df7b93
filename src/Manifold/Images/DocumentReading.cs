using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>Documents of a source as values. What is no such document is told with its place.</summary>
internal static class DocumentReading
{
    /// <exception cref="ContentMismatchException">The document is not what its descriptor says it is.</exception>
    public static async Task<ImageIndex> ReadIndexAsync(
        this IImageSource source, Descriptor index, CancellationToken cancellation = default) =>
        Parse(source.Location, index, await source.ReadDocumentAsync(index, cancellation).ConfigureAwait(false), ImageIndex.Parse);

    /// <inheritdoc cref="ReadIndexAsync"/>
    public static async Task<Manifest> ReadManifestAsync(
        this IImageSource source, Descriptor manifest, CancellationToken cancellation = default) =>
        Parse(source.Location, manifest, await source.ReadDocumentAsync(manifest, cancellation).ConfigureAwait(false), Manifest.Parse);

    /// <inheritdoc cref="ReadIndexAsync"/>
    public static async Task<ImageConfig> ReadConfigAsync(
        this IImageSource source, Descriptor config, CancellationToken cancellation = default) =>
        Parse(source.Location, config, await source.ReadDocumentAsync(config, cancellation).ConfigureAwait(false), ImageConfig.Parse);

    /// <summary>Fetches a document that a registry has as a blob, such as a config. Its size is bounded.</summary>
    /// <param name="broken">Makes the exception for a document that is too large.</param>
    internal static async Task<ReadOnlyMemory<byte>> FetchAsync(RegistryClient client, ImageReference image, Descriptor document,
        Func<string, ManifoldException> broken, CancellationToken cancellation)
    {
        if (document.Size > Limits.DocumentBytes)
            throw broken($"the document is too large ({document.Size} bytes).");
        await using var blob = await client.OpenBlobAsync(image, document, cancellation: cancellation).ConfigureAwait(false);
        var bytes = new byte[document.Size];
        await blob.ReadExactlyAsync(bytes, cancellation).ConfigureAwait(false);
        return bytes;
    }

    internal static T Parse<T>(ImageLocation place, Descriptor document, ReadOnlyMemory<byte> json, Func<ReadOnlySpan<byte>, T> parse)
    {
        try
        {
            return parse(json.Span);
        }
        catch (FormatException e)
        {
            throw new ContentMismatchException($"Reading {place}: '{document.Digest}' is not valid for its type '{document.MediaType}'. "
                + $"{e.Message} Create the image again.");
        }
    }
}
