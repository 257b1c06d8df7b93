using Manifold.Layers;

namespace Manifold.Images;

/// <summary>Where an archive is written: a file, which is there whole or not at all, or a stream such as standard output.</summary>
internal sealed class ArchiveDestination
{
    private readonly string? path;
    private readonly Stream? stream;

    private ArchiveDestination(string? path, Stream? stream) => (this.path, this.stream) = (path, stream);

    /// <summary>A file; one that is there is replaced at the end.</summary>
    public static ArchiveDestination ToFile(string path) => new(path, null);

    /// <summary>A stream, which is flushed and not disposed.</summary>
    public static ArchiveDestination ToStream(Stream stream) => new(null, stream);

    /// <remarks>Atomic for a file: without success nothing remains of it, and what was there is as it was.</remarks>
    internal async Task WriteAsync(Func<ArchiveFile, Task> write)
    {
        if (stream is not null)
            await WriteAsync(stream, write).ConfigureAwait(false);
        else
            await ReplaceAsync(path!, write).ConfigureAwait(false);
    }

    private static async Task WriteAsync(Stream target, Func<ArchiveFile, Task> write)
    {
        var archive = new ArchiveFile(target);
        await write(archive).ConfigureAwait(false);
        archive.Finish();
        await target.FlushAsync().ConfigureAwait(false);
    }

    private static async Task ReplaceAsync(string path, Func<ArchiveFile, Task> write)
    {
        if (Directory.Exists(path))
            throw new UsageException($"'{path}' is a folder, not an archive. For an OCI layout, use: oci:{path}");
        OutputFolder.Require(path);
        var temporary = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read, Streaming.PieceBytes))
                await WriteAsync(file, write).ConfigureAwait(false);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}

/// <summary>A tar in the making.</summary>
internal sealed class ArchiveFile(Stream file)
{
    private readonly TarWriter tar = new(file);

    public void Add(string name, byte[] content) => Add(name, new MemoryStream(content), content.Length);

    /// <param name="content">Read to its end, so that what proves itself at its end does, and disposed.</param>
    public void Add(string name, Stream content, long size) =>
        Add(new LayerEntry
        {
            Path = name,
            Kind = EntryKind.File,
            Mode = 0b110_100_100,
            Size = size,
            Open = () => content,
        });

    public void Add(LayerEntry entry) => tar.Write(entry);

    internal void Finish() => tar.Finish();
}
