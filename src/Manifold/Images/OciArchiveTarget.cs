using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.Images;

/// <summary>A tar of an OCI layout. An archive that is there is replaced; the same image and names give the same bytes.</summary>
public sealed class OciArchiveTarget(string path, ImmutableArray<string> names) : IImageTarget
{
    public Task WriteAsync(IImageSource source, ImageParts image, IProgress<BlobPlaced>? progress = null, CancellationToken cancellation = default) =>
        ArchiveFile.ReplaceAsync(path, async tar =>
        {
            tar.Add(LayoutDocuments.MarkerPath, LayoutDocuments.Marker.ToArray());
            tar.Add(LayoutDocuments.IndexPath, LayoutDocuments.With(new ImageIndex { Manifests = [] }, image, names).ToJson());
            foreach (var document in image.Documents.OrderBy(document => document.Descriptor.Digest))
                tar.Add(LayoutDocuments.BlobPath(document.Descriptor.Digest), document.Bytes.ToArray());
            foreach (var blob in image.Blobs.OrderBy(blob => blob.Digest))
            {
                await using var content = await source.OpenBlobAsync(blob, cancellation).ConfigureAwait(false);
                tar.Add(LayoutDocuments.BlobPath(blob.Digest), content, blob.Size);
                progress?.Report(new BlobPlaced(blob, AlreadyThere: false));
                cancellation.ThrowIfCancellationRequested();
            }
        });
}

/// <summary>A tar in the making: beside its place, and renamed there when it is whole.</summary>
internal sealed class ArchiveFile
{
    private readonly TarWriter tar;

    private ArchiveFile(Stream file) => tar = new TarWriter(file);

    /// <summary>Atomic: without success nothing remains of it, and what was there is as it was.</summary>
    public static async Task ReplaceAsync(string path, Func<ArchiveFile, Task> write)
    {
        if (Directory.Exists(path))
            throw new UsageException($"'{path}' is a folder, not an archive. For an OCI layout say: oci:{path}");
        OutputFolder.Require(path);
        var temporary = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read, Streaming.PieceBytes))
            {
                var archive = new ArchiveFile(file);
                await write(archive).ConfigureAwait(false);
                archive.tar.Finish();
            }
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public void Add(string name, byte[] content) => Add(name, new MemoryStream(content), content.Length);

    /// <param name="content">Read to its end, so that what proves itself at its end does, and disposed.</param>
    public void Add(string name, Stream content, long size)
    {
        tar.Write(new LayerEntry { Path = name, Kind = EntryKind.File, Mode = 0b110_100_100, Size = size, Open = () => content });
    }
}
