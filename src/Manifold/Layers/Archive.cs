namespace Manifold.Layers;

/// <summary>A tar that a user adds (ADD), packed with gzip, bzip2, xz or zstd, or not at all.</summary>
/// <remarks>
/// Names beginning with <c>.wh.</c> are ordinary here. Source: Dockerfile reference, "ADD": recognised by content, not by name.
/// </remarks>
internal sealed class Archive : IDisposable
{
    private readonly Stream tar;
    private readonly string source;

    private Archive(Stream tar, string name) => (this.tar, source) = (tar, $"archive '{name}'");

    /// <summary>
    /// The archive's files, as they come to lie over others.
    /// Its tar is written to a file, uncompressed, from where their content is read.
    /// </summary>
    /// <param name="below">The file that is at a path already; null where it is unpacked into an empty folder.</param>
    /// <exception cref="LayerException">It does not decompress, or is malformed.</exception>
    public LayerTree ReadThrough(string path, Func<string, LayerEntry?>? below = null, CancellationToken cancellation = default)
    {
        try
        {
            using var file = File.Create(path);
            var buffer = new byte[256 * 1024];
            for (int count; (count = tar.Read(buffer)) > 0;)
            {
                cancellation.ThrowIfCancellationRequested();
                file.Write(buffer.AsSpan(0, count));
            }
        }
        catch (InvalidDataException e)
        {
            throw new LayerException($"Reading the tar of {source}: decompression failed ({e.Message.TrimEnd('.')}).", e);
        }
        return LayerTree.OfArchive(path, source, below ?? (_ => null), cancellation);
    }

    /// <summary>
    /// Opens a file as an archive; null where it is none, whatever its name says. Takes <paramref name="file"/> over and disposes it.
    /// </summary>
    /// <exception cref="HostNotReadyException">It is packed with bzip2 or xz, and that program is not installed.</exception>
    public static Archive? TryOpen(Stream file, string name)
    {
        var tar = Compression.OpenArchive(file);
        try
        {
            var start = new byte[TarFormat.Block];
            var length = tar.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            // One without entries is a file like any other, as BuildKit has it.
            if (length == start.Length && TarHeader.IsValid(start))
                return new Archive(new PrefixedStream(start, tar), name);
        }
        catch (InvalidDataException)
        {
            // It begins like a packed file and is none.
        }
        tar.Dispose();
        return null;
    }

    public void Dispose() => tar.Dispose();
}
