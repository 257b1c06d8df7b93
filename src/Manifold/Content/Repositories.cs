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
internal sealed partial class Repositories
{
    private const string Blobs = "_blobs", Manifests = "_manifests", Referrers = "_referrers", Uploads = "_uploads";

    private readonly Store store;

    internal Repositories(Store store) => this.store = store;

    public string Folder => store.Layout.Pushed.Path;

    public bool Exists(string repository) =>
        Directory.Exists(Path.Combine(Folder, repository, Blobs)) || Directory.Exists(Path.Combine(Folder, repository, Manifests));

    /// <summary>The repositories that something was pushed to, in ordinal order, after <paramref name="last"/>; all for null.</summary>
    /// <remarks>Reads folders as they are asked for, and none that only has names up to <paramref name="last"/>.</remarks>
    public IEnumerable<string> NamesAfter(string? last = null) => NamesBelow("", last);

    private IEnumerable<string> NamesBelow(string prefix, string? last)
    {
        // In the order of whole names, "a-b" stands between "a" and "a/b": a folder has a place as a name, and one as a begin of names.
        var places = Folders(prefix).SelectMany(name => new[] { prefix + name, prefix + name + "/" }).Order(StringComparer.Ordinal);
        foreach (var place in places)
        {
            if (place.EndsWith('/'))
            {
                if (string.CompareOrdinal(place, last) < 0 && !last!.StartsWith(place, StringComparison.Ordinal))
                    continue;
                foreach (var name in NamesBelow(place, last))
                    yield return name;
            }
            else if (string.CompareOrdinal(place, last) > 0 && Directory.Exists(Path.Combine(Folder, place, Manifests)))
            {
                yield return place;
            }
        }
    }

    // A repository's own folders begin with an underscore; those of records have a file for each record, and are not read.
    private IEnumerable<string> Folders(string prefix) => new DirectoryInfo(Path.Combine(Folder, prefix)) is { Exists: true } folder
        ? folder.EnumerateDirectories().Select(each => each.Name).Where(name => name[0] != '_') : [];

    public bool HasBlob(string repository, Digest digest) => File.Exists(BlobRecord(repository, digest));

    public void AddBlob(string repository, Digest digest) => Write(BlobRecord(repository, digest), []);

    public bool RemoveBlob(string repository, Digest digest) => Remove(BlobRecord(repository, digest));

    public Descriptor? FindManifest(string repository, Digest digest) => Read(ManifestRecord(repository, digest));

    /// <param name="referrer">How the manifest is listed below its subject, if it has one.</param>
    public void AddManifest(string repository, Descriptor manifest, (Digest Subject, Descriptor Entry)? referrer = null)
    {
        if (referrer is var (subject, entry))
        {
            Write(ReferrerRecord(repository, subject, manifest.Digest),
                JsonSerializer.SerializeToUtf8Bytes(entry, OciJson.Default.Descriptor));
        }
        Write(ManifestRecord(repository, manifest.Digest), JsonSerializer.SerializeToUtf8Bytes(manifest, OciJson.Default.Descriptor));
    }

    public bool RemoveManifest(string repository, Digest digest, Digest? subject)
    {
        if (subject is { } known)
            Remove(ReferrerRecord(repository, known, digest));
        return Remove(ManifestRecord(repository, digest));
    }

    /// <summary>The manifests of the repository that have this subject, by digest, after <paramref name="last"/>.</summary>
    /// <remarks>Each is read when it is asked for.</remarks>
    public IEnumerable<Descriptor> ReferrersAfter(string repository, Digest subject, string? last = null)
    {
        var folder = Path.GetDirectoryName(ReferrerRecord(repository, subject, subject))!;
        return !Directory.Exists(folder) ? []
            : Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file).Replace('-', ':'))
                .Where(name => Digest.TryParse(name, out _) && string.CompareOrdinal(name, last) > 0).Order(StringComparer.Ordinal)
                .Select(name => Read(ReferrerRecord(repository, subject, Digest.Parse(name)))).OfType<Descriptor>();
    }

    /// <summary>Where an upload collects its bytes. <paramref name="id"/> is one of ours: hexadecimal digits.</summary>
    public string UploadPath(string repository, string id) => Path.Combine(Folder, repository, Uploads, id);

    /// <summary>Removes the uploads that nobody went on with since <paramref name="before"/>. Costs a walk through the records.</summary>
    public int ExpireUploads(DateTimeOffset before)
    {
        var removed = 0;
        if (!Directory.Exists(Folder))
            return removed;
        foreach (var folder in UploadFolders(""))
        {
            foreach (var upload in folder.EnumerateFiles().Where(file => file.LastWriteTimeUtc < before.UtcDateTime))
            {
                upload.Delete();
                removed++;
            }
        }
        return removed;
    }

    private IEnumerable<DirectoryInfo> UploadFolders(string prefix)
    {
        foreach (var name in Folders(prefix))
        {
            if (new DirectoryInfo(Path.Combine(Folder, prefix + name, Uploads)) is { Exists: true } uploads)
                yield return uploads;
            foreach (var below in UploadFolders(prefix + name + "/"))
                yield return below;
        }
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

    private string BlobRecord(string repository, Digest digest) => Path.Combine(Folder, repository, Blobs, digest.Algorithm, digest.Hex);

    private string ManifestRecord(string repository, Digest digest) =>
        Path.Combine(Folder, repository, Manifests, digest.Algorithm, digest.Hex);

    private string ReferrerRecord(string repository, Digest subject, Digest digest) =>
        Path.Combine(Folder, repository, Referrers, $"{subject.Algorithm}-{subject.Hex}", $"{digest.Algorithm}-{digest.Hex}");

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
