using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Nodes.Contexts;

/// <summary>The blobs of groups of files, each made once: a small record names the blob of a group by the group's key.</summary>
/// <remarks>
/// The key holds all that the blob depends on, contents by their digests. A record is a claim: the blob may have been pruned, and is made
/// again then. A damaged record counts as absent. Thread-safe, also between processes.
/// </remarks>
internal sealed class GroupBlobs(Store store, TimeProvider time)
{
    private const int Version = 1;
    private static readonly LayerForm Form = new(LayerCompression.Zstd, 3);

    private readonly string records = Directory.CreateDirectory(store.Layout.Contexts.Path).FullName;

    /// <summary>The blob of a group: the one that is known, or a new one.</summary>
    /// <exception cref="ContextChangedException">A file has changed since it was hashed. Nothing is stored.</exception>
    public async Task<Descriptor> GetAsync(ImmutableArray<PackedFile> group, CancellationToken cancellation)
    {
        var record = Path.Combine(records, KeyOf(group).Hex + ".json");
        if (Find(record) is { } known)
            return known;
        await using var blob = store.CreateBlob();
        await Task.Run(() => Write(group, blob, cancellation), cancellation).ConfigureAwait(false);
        var made = await blob.CommitAsync(ContextFormat.Group, cancellation: cancellation).ConfigureAwait(false);
        Store.ReplaceFile(record, OciJson.Write(made, OciJson.Default.Descriptor));
        return made;
    }

    private Descriptor? Find(string record)
    {
        try
        {
            var blob = Descriptor.Parse(File.ReadAllBytes(record));
            if (store.SizeOf(blob.Digest) != blob.Size)
                return null;
            File.SetLastAccessTimeUtc(record, time.GetUtcNow().UtcDateTime); // for prune
            return blob;
        }
        catch (Exception e) when (e is FileNotFoundException or DocumentException)
        {
            return null;
        }
    }

    private static void Write(ImmutableArray<PackedFile> group, BlobWriter blob, CancellationToken cancellation)
    {
        using var compressed = Compression.Compress(blob, Form);
        var tar = new TarWriter(compressed, exact: true);
        foreach (var file in group)
        {
            cancellation.ThrowIfCancellationRequested();
            Write(file, tar);
        }
        tar.Finish();
    }

    private static void Write(PackedFile file, TarWriter tar)
    {
        try
        {
            // Nobody reads an empty file, so nobody would see that it was written to before it was hashed.
            if (file is { Content: { } content, Entry.Size: 0 } && content != Digest.Of([]))
                throw new ContextChangedException(file.Path);
            tar.Write(file.Entry);
        }
        catch (Exception e) when (e is ContentMismatchException or FileNotFoundException or LayerException)
        {
            throw new ContextChangedException(file.Path, e);
        }
    }

    private static Digest KeyOf(ImmutableArray<PackedFile> group)
    {
        using var key = new KeyBuilder().Add("context group").Add(Version);
        foreach (var (entry, content) in group)
        {
            key.Add(entry.Path).Add((long)entry.Kind).Add(entry.Mode).Add(entry.Modified.Seconds).Add(entry.Modified.Nanoseconds)
                .Add(entry.Size).Add(entry.LinkTarget).Add(((long)entry.DeviceMajor << 32) | entry.DeviceMinor).Add(content?.ToString());
        }
        return key.ToDigest();
    }
}

/// <summary>A file of a context changed or went away after it was hashed.</summary>
internal sealed class ContextChangedException(string path, Exception? inner = null) : ManifoldException(
    $"Packing the build context: '{path}' changed while it was read. Run the command again when no program changes the files.", inner)
{
    public string File => path;

    public override int ExitCode => 1;
}
