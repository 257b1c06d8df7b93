using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Images;

/// <summary>An OCI layout in a folder, which is made, or added to.</summary>
/// <remarks>
/// Several processes may add to one folder: blobs are renamed into place, and the index is changed under a lock on <c>oci-layout</c>.
/// </remarks>
internal sealed class LayoutTarget(string folder, ImmutableArray<LayoutName> names) : IImageTarget
{
    // Disks gain nothing from more, and each holds a buffer.
    private const int AtOnce = 4;

    public async Task WriteAsync(
        IImageSource source, ImageParts image, IProgress<BlobPlaced>? progress = null, CancellationToken cancellation = default)
    {
        var marker = Path.Combine(folder, LayoutDocuments.MarkerPath);
        RequireLayoutOrEmpty(marker);
        Directory.CreateDirectory(folder);
        using var turns = new SemaphoreSlim(AtOnce);
        await FirstFailure.WhenAllAsync(image.Blobs, async (blob, token) =>
        {
            await turns.WaitAsync(token).ConfigureAwait(false);
            try
            {
                var moved = await PlaceAsync(source, blob, token).ConfigureAwait(false);
                progress?.Report(new BlobPlaced(blob, AlreadyThere: !moved));
                return blob;
            }
            finally
            {
                turns.Release();
            }
        }, cancellation).ConfigureAwait(false);
        foreach (var document in image.Documents)
            Store.ReplaceFile(PathOf(document.Descriptor.Digest), document.Bytes.Span);
        if (!File.Exists(marker))
            Store.ReplaceFile(marker, LayoutDocuments.Marker);
        using var alone = FileLock.Take(marker);
        var index = ReadIndex();
        image = ReferrerLists.With(image, name => ReadList(index, name));
        foreach (var list in image.Tagged.Where(tagged => MediaType.IsIndex(tagged.Manifest.MediaType))
            .Select(tagged => image.Documents.First(document => document.Descriptor.Digest == tagged.Manifest.Digest)))
            Store.ReplaceFile(PathOf(list.Descriptor.Digest), list.Bytes.Span);
        Store.ReplaceFile(Path.Combine(folder, LayoutDocuments.IndexPath), LayoutDocuments.With(index, image, names).ToJson());
    }

    private ImageIndex? ReadList(ImageIndex index, string name)
    {
        try
        {
            return index.Manifests.FirstOrDefault(entry => ReferenceName.Of(entry) == name
                && MediaType.IsIndex(entry.MediaType)) is { } entry && File.Exists(PathOf(entry.Digest))
                ? ImageIndex.Parse(PlainFile.Read(PathOf(entry.Digest), Limits.DocumentBytes)) : null;
        }
        catch (FormatException)
        {
            return null; // somebody else's, and no list: it is made anew
        }
    }

    /// <summary>False where it was there. A blob in place is whole: it was renamed there.</summary>
    private async Task<bool> PlaceAsync(IImageSource source, Descriptor blob, CancellationToken cancellation)
    {
        var path = PathOf(blob.Digest);
        if (new FileInfo(path) is { Exists: true } file && file.Length == blob.Size)
            return false;
        var temporary = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            await using (var content = await source.OpenBlobAsync(blob, cancellation).ConfigureAwait(false))
            await using (var target = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0))
                await content.CopyToAsync(target, Streaming.PieceBytes, cancellation).ConfigureAwait(false);
            File.Move(temporary, path, overwrite: true);
            return true;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private string PathOf(Digest digest)
    {
        var path = Path.Combine(folder, LayoutDocuments.BlobPath(digest));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    private void RequireLayoutOrEmpty(string marker)
    {
        if (File.Exists(folder))
            throw new UsageException($"'{folder}' is a file, not a folder. For an archive, use: oci-archive:{folder}");
        if (Directory.Exists(folder)
            && !File.Exists(marker)
            && Directory.EnumerateFileSystemEntries(folder).Any(entry => Path.GetFileName(entry) != "blobs"))
            throw new UsageException($"The folder '{folder}' is not empty and is not an OCI layout. Choose an empty folder or a new one.");
    }

    private ImageIndex ReadIndex()
    {
        var path = Path.Combine(folder, LayoutDocuments.IndexPath);
        try
        {
            return File.Exists(path) ? ImageIndex.Parse(PlainFile.Read(path, Limits.DocumentBytes)) : new ImageIndex { Manifests = [] };
        }
        catch (FormatException e)
        {
            throw new ContentMismatchException($"Adding to the layout '{folder}': "
                + $"{e.Message} Fix its index.json, or write to another folder.");
        }
    }
}
