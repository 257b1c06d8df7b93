using System.Collections.Immutable;
using System.Text.Json;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>What clients pushed into which repository of the embedded registry. The content itself is in <c>blobs/</c>, once.</summary>
/// <remarks>
/// <code>
/// registry/NAME/_blobs/ALGORITHM/HEX                 1  empty: the repository has this blob
/// registry/NAME/_manifests/ALGORITHM/HEX             2  its descriptor
/// registry/NAME/_referrers/ALGORITHM-HEX/…           3  what points to that subject: its descriptor
/// registry/NAME/_uploads/ID                          4  the bytes of an upload that is not complete
/// </code>
/// One small file per fact, written and removed in one step, so several servers may share a store. A name's components begin with a
/// letter or digit, hence the underscores cannot collide, and a valid name cannot leave the folder. Callers give valid names only.
/// A record's time is when a client last learnt that the content is here: a prune spares what is recent.
/// </remarks>
public sealed class Repositories
{
    private readonly Store store;

    internal Repositories(Store store) => this.store = store;

    public string Folder => Path.Combine(store.Root, "registry");

    public bool Exists(string repository) =>
        Directory.Exists(Path.Combine(Folder, repository, "_blobs")) || Directory.Exists(Path.Combine(Folder, repository, "_manifests"));

    /// <summary>The repositories that something was pushed to, in ordinal order.</summary>
    public ImmutableArray<string> Names() => !Directory.Exists(Folder) ? [] :
    [
        .. Directory.EnumerateDirectories(Folder, "_manifests", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Folder, Path.GetDirectoryName(path)!)).Order(StringComparer.Ordinal),
    ];

    public bool HasBlob(string repository, Digest digest) => File.Exists(BlobRecord(repository, digest));

    public void AddBlob(string repository, Digest digest) => Write(BlobRecord(repository, digest), []);

    public bool RemoveBlob(string repository, Digest digest) => Remove(BlobRecord(repository, digest));

    public Descriptor? FindManifest(string repository, Digest digest) => Read(ManifestRecord(repository, digest));

    /// <param name="referrer">How the manifest is listed below its subject, if it has one.</param>
    public void AddManifest(string repository, Descriptor manifest, (Digest Subject, Descriptor Entry)? referrer = null)
    {
        if (referrer is var (subject, entry))
            Write(ReferrerRecord(repository, subject, manifest.Digest), JsonSerializer.SerializeToUtf8Bytes(entry, OciJson.Default.Descriptor));
        Write(ManifestRecord(repository, manifest.Digest), JsonSerializer.SerializeToUtf8Bytes(manifest, OciJson.Default.Descriptor));
    }

    public bool RemoveManifest(string repository, Digest digest, Digest? subject)
    {
        if (subject is { } known)
            Remove(ReferrerRecord(repository, known, digest));
        return Remove(ManifestRecord(repository, digest));
    }

    /// <summary>The manifests of the repository that have this subject, by digest.</summary>
    public ImmutableArray<Descriptor> Referrers(string repository, Digest subject)
    {
        var folder = Path.GetDirectoryName(ReferrerRecord(repository, subject, subject))!;
        return !Directory.Exists(folder) ? []
            : [.. Directory.EnumerateFiles(folder).Where(file => !file.EndsWith(".tmp", StringComparison.Ordinal)).Select(Read).OfType<Descriptor>().OrderBy(entry => entry.Digest)];
    }

    /// <summary>Where an upload collects its bytes. <paramref name="id"/> is one of ours: hexadecimal digits.</summary>
    public string UploadPath(string repository, string id) => Path.Combine(Folder, repository, "_uploads", id);

    /// <summary>Removes the uploads that nobody went on with since <paramref name="before"/>. Costs a walk through the records.</summary>
    public int ExpireUploads(DateTimeOffset before)
    {
        var removed = 0;
        if (!Directory.Exists(Folder))
            return removed;
        foreach (var folder in Directory.EnumerateDirectories(Folder, "_uploads", SearchOption.AllDirectories))
        {
            foreach (var upload in new DirectoryInfo(folder).EnumerateFiles().Where(file => file.LastWriteTimeUtc < before.UtcDateTime))
            {
                upload.Delete();
                removed++;
            }
        }
        return removed;
    }

    /// <summary>Notes that a client was told now that the blob is here, so that a prune spares it while the client goes on.</summary>
    public void Touch(string repository, Digest digest, DateTimeOffset now)
    {
        try
        {
            File.SetLastWriteTimeUtc(BlobRecord(repository, digest), now.UtcDateTime);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A store that may only be read is not pruned either.
        }
    }

    private string BlobRecord(string repository, Digest digest) => Path.Combine(Folder, repository, "_blobs", digest.Algorithm, digest.Hex);

    private string ManifestRecord(string repository, Digest digest) => Path.Combine(Folder, repository, "_manifests", digest.Algorithm, digest.Hex);

    private string ReferrerRecord(string repository, Digest subject, Digest digest) =>
        Path.Combine(Folder, repository, "_referrers", $"{subject.Algorithm}-{subject.Hex}", $"{digest.Algorithm}-{digest.Hex}");

    private void Write(string path, ReadOnlySpan<byte> content)
    {
        var bytes = content.ToArray();
        store.Guarded(() =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Store.ReplaceFile(path, bytes);
        });
    }

    private static Descriptor? Read(string path)
    {
        try
        {
            return Descriptor.Parse(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or DocumentException)
        {
            return null;
        }
    }

    private bool Remove(string path)
    {
        var existed = File.Exists(path);
        if (existed)
            store.Guarded(() => File.Delete(path));
        return existed;
    }
}
