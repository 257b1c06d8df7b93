using Manifold.Content;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Solving.Keeping;

namespace Manifold.Images.Caching;

/// <summary>A cache could not be read or written.</summary>
internal sealed class CacheException(string message, Exception? inner = null) : ManifoldException(message, inner)
{
    public override int ExitCode => (InnerException as ManifoldException)?.ExitCode ?? 1;
}

/// <summary>Where a cache lies: an index under a name, with documents and blobs that it leads to.</summary>
internal interface ICacheStorage : ILayerCache
{
    /// <summary>What the name stands for now; null where there is nothing.</summary>
    Task<ManifestContent?> FindTopAsync(CancellationToken cancellation);

    /// <summary>A manifest or a config, verified; at most <see cref="Limits.DocumentBytes"/>.</summary>
    Task<ReadOnlyMemory<byte>> ReadAsync(Descriptor document, CancellationToken cancellation);

    /// <summary>Puts a blob there that the store has, or can fetch. Idempotent.</summary>
    Task PutBlobAsync(Descriptor blob, CancellationToken cancellation);

    /// <summary>Puts a manifest there, by its digest. Idempotent.</summary>
    Task PutManifestAsync(Descriptor manifest, ReadOnlyMemory<byte> bytes, CancellationToken cancellation);

    /// <summary>Changes the index. Others may change it at the same time, and nobody's change is lost.</summary>
    /// <param name="change">Makes the new index of the one that is there; called again where somebody was faster. Pure.</param>
    Task ChangeIndexAsync(Func<ManifestContent?, ImageIndex> change, CancellationToken cancellation);
}

/// <summary>A cache under a tag of a registry.</summary>
/// <remarks>
/// Registries know no conditional write, so a change is looked for again a moment after it was written: where somebody else wrote in the
/// same moment, it is made once more, on what is there then. Both sides do so; the last one finds all of it.
/// </remarks>
internal sealed class RegistryCache(RegistryClient client, Store store, ImageReference reference, TimeProvider time) : ICacheStorage
{
    // Longer than two requests of somebody who read before us and wrote after us.
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(300);
    private const int Tries = 12;

    private readonly BlobOrigins origins = new(store);

    public string Name => reference.ToString();
    public ImageReference? Repository => reference;

    public async Task<bool> HasAsync(Descriptor blob, CancellationToken cancellation)
    {
        try
        {
            return await client.HasBlobAsync(reference, blob.Digest, cancellation).ConfigureAwait(false);
        }
        catch (RegistryException)
        {
            return false; // what cannot be asked cannot be fetched either
        }
    }

    public Task FetchAsync(Descriptor blob, Store target, IProgress<long> progress, CancellationToken cancellation) =>
        client.PullBlobAsync(reference, blob, target, progress, cancellation);

    public Task<ManifestContent?> FindTopAsync(CancellationToken cancellation) => client.GetManifestAsync(reference, cancellation);

    public async Task<ReadOnlyMemory<byte>> ReadAsync(Descriptor document, CancellationToken cancellation)
    {
        if (MediaType.IsManifest(document.MediaType) || MediaType.IsIndex(document.MediaType))
            return (await client.GetManifestAsync(reference.WithDigest(document.Digest), cancellation).ConfigureAwait(false))?.Bytes
                ?? throw new CacheException($"its part {document.Digest.Short} is missing.");
        if (document.Size > Limits.DocumentBytes)
            throw new CacheException($"one of its parts is too large ({document.Size} bytes).");
        var bytes = new byte[document.Size];
        await using var blob = await client.OpenBlobAsync(reference, document, cancellation: cancellation).ConfigureAwait(false);
        await blob.ReadExactlyAsync(bytes, cancellation).ConfigureAwait(false);
        if (Digest.Of(bytes) != document.Digest)
            throw new CacheException($"its part {document.Digest.Short} is damaged.");
        return bytes;
    }

    public Task PutBlobAsync(Descriptor blob, CancellationToken cancellation) =>
        client.PushBlobAsync(reference, blob, new BlobSource(store, origins.Find(blob.Digest)), null, cancellation);

    public Task PutManifestAsync(Descriptor manifest, ReadOnlyMemory<byte> bytes, CancellationToken cancellation) =>
        client.PushManifestAsync(reference.WithDigest(manifest.Digest), bytes, manifest.MediaType, cancellation);

    public async Task ChangeIndexAsync(Func<ManifestContent?, ImageIndex> change, CancellationToken cancellation)
    {
        var withoutLost = false;
        for (var tries = 0; tries < Tries; tries++)
        {
            var before = await client.OfTargets.GetManifestAsync(reference, cancellation).ConfigureAwait(false);
            if (withoutLost && before is not null)
                before = before with
                {
                    Bytes = await LostEntries.WithoutAsync(client, reference, before, cancellation).ConfigureAwait(false)
                };
            var wanted = change(before).ToJson();
            if (before?.Descriptor.Digest == Digest.Of(wanted))
                return;
            try
            {
                await client.PushManifestAsync(reference, wanted, MediaType.Index, cancellation).ConfigureAwait(false);
            }
            catch (RegistryException e) when (!withoutLost && (int?)e.Status is >= 400 and < 500 and not (401 or 403 or 429))
            {
                // A registry that takes no list of what it does not have has lost what another machine wrote.
                withoutLost = true;
                continue;
            }
            await Task.Delay(Settling + TimeSpan.FromMilliseconds(Random.Shared.Next(50 * (tries + 1))),
                time, cancellation).ConfigureAwait(false);
        }
        throw new CacheException($"{reference}: other builds keep changing this cache. Use a separate tag for each build.");
    }
}

/// <summary>A cache in an OCI layout.</summary>
internal sealed class FolderCache(Store store, RegistryClient client, string folder, string tag) : ICacheStorage
{
    private readonly MissingBlob missing = new(client, new BlobOrigins(store), store);
    private readonly ForeignFolder files = new(folder);

    public string Name => folder;
    public ImageReference? Repository => null;

    public Task<bool> HasAsync(Descriptor blob, CancellationToken cancellation)
    {
        try
        {
            using var file = files.TryOpen(LayoutDocuments.BlobPath(blob.Digest));
            return Task.FromResult(file?.Length == blob.Size);
        }
        catch (UsageException)
        {
            return Task.FromResult(false); // a link out of the folder, or a FIFO: it is replaced
        }
    }

    public async Task FetchAsync(Descriptor blob, Store target, IProgress<long> progress, CancellationToken cancellation)
    {
        await using var file = Open(blob.Digest);
        await using var writer = target.CreateBlob(blob.Digest);
        await file.CopyToAsync(writer, Streaming.PieceBytes, cancellation).ConfigureAwait(false);
        await writer.CommitAsync(blob.MediaType, blob, cancellation).ConfigureAwait(false);
        progress.Report(blob.Size);
    }

    public async Task<ManifestContent?> FindTopAsync(CancellationToken cancellation)
    {
        var bytes = files.TryRead(LayoutDocuments.IndexPath, Limits.DocumentBytes);
        if (bytes is null)
            return null;
        return ImageIndex.Parse(bytes).Manifests.FirstOrDefault(entry => ReferenceName.Of(entry) == tag)?.WithoutName() is { } top
            ? new ManifestContent(top, await ReadAsync(top, cancellation).ConfigureAwait(false)) : null;
    }

    public Task<ReadOnlyMemory<byte>> ReadAsync(Descriptor document, CancellationToken cancellation)
    {
        using var file = Open(document.Digest);
        var bytes = PlainFile.ReadToEnd(file, Limits.DocumentBytes)
            ?? throw new CacheException($"its part {document.Digest.Short} is too large.");
        if (Digest.Of(bytes) != document.Digest)
            throw new CacheException($"its part {document.Digest.Short} is damaged.");
        return Task.FromResult<ReadOnlyMemory<byte>>(bytes);
    }

    private FileStream Open(Digest digest) =>
        files.TryOpen(LayoutDocuments.BlobPath(digest)) ?? throw new CacheException($"its part {digest.Short} is missing.");

    public async Task PutBlobAsync(Descriptor blob, CancellationToken cancellation)
    {
        if (await HasAsync(blob, cancellation).ConfigureAwait(false))
            return;
        await missing.FetchAsync(blob, cancellation).ConfigureAwait(false);
        var path = PathOf(blob.Digest);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            await using (var content = store.Open(blob.Digest))
            await using (var target = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0))
                await content.CopyToAsync(target, Streaming.PieceBytes, cancellation).ConfigureAwait(false);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public Task PutManifestAsync(Descriptor manifest, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        var path = PathOf(manifest.Digest);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Store.ReplaceFile(path, bytes.Span);
        return Task.CompletedTask;
    }

    public async Task ChangeIndexAsync(Func<ManifestContent?, ImageIndex> change, CancellationToken cancellation)
    {
        var marker = Path.Combine(folder, LayoutDocuments.MarkerPath);
        if (files.TryRead(LayoutDocuments.MarkerPath, Limits.DocumentBytes) is null)
            Store.ReplaceFile(marker, LayoutDocuments.Marker);
        using var alone = Linux.FileLock.Take(marker);
        var index = ComposedImage.Content(MediaType.Index, change(await FindTopAsync(cancellation).ConfigureAwait(false)).ToJson());
        await PutManifestAsync(index.Descriptor, index.Bytes, cancellation).ConfigureAwait(false);
        var others = files.TryRead(LayoutDocuments.IndexPath, Limits.DocumentBytes) is { } bytes
            ? ImageIndex.Parse(bytes).Manifests.Where(entry => ReferenceName.Of(entry) != tag) : [];
        var changed = new ImageIndex { Manifests = [.. others, index.Descriptor.Named(tag)] };
        Store.ReplaceFile(Path.Combine(folder, LayoutDocuments.IndexPath), changed.ToJson());
    }

    private string PathOf(Digest digest) => Path.Combine(folder, LayoutDocuments.BlobPath(digest));
}
