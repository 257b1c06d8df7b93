using System.Collections.Immutable;
using System.Globalization;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Dockerfile;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Nodes.Contexts;

/// <summary>Makes a folder of a packed context again, once for all that read it at the same time.</summary>
/// <remarks>
/// The folder lies in the work folder of this process, and is deleted when the last reader disposes it. All content is verified.
/// Whatever the blobs are, nothing is written outside of the folder (<see cref="FolderWriter"/>). Thread-safe.
/// </remarks>
internal sealed class ContextUnpacker(Store store)
{
    private const int NotPermitted = 1; // EPERM
    private static readonly ImmutableSortedDictionary<string, byte[]> NoAttributes = ImmutableSortedDictionary<string, byte[]>.Empty;

    private readonly Lock door = new();
    private readonly Dictionary<Digest, int> readers = [];
    private readonly SharedWork<Digest, (string Folder, IgnoreRules Rules)> unpacked = new();

    /// <returns>A folder with exactly the files of the context, which are the user's own. Dispose it.</returns>
    /// <exception cref="ContentMismatchException">A blob is missing or damaged, or the manifest is not that of a context.</exception>
    /// <exception cref="LayerException">A group of files is malformed or hostile.</exception>
    /// <exception cref="HostNotReadyException">This user cannot create one of the files.</exception>
    public async Task<UnpackedContext> UnpackAsync(Digest manifest, CancellationToken cancellation)
    {
        lock (door)
            readers[manifest] = readers.GetValueOrDefault(manifest) + 1;
        try
        {
            var (folder, rules) = await unpacked.GetAsync(manifest,
                stop => Task.Run(() => Unpack(manifest, stop), stop), cancellation).ConfigureAwait(false);
            return new UnpackedContext(folder, rules, () => Release(manifest));
        }
        catch
        {
            Release(manifest);
            throw;
        }
    }

    private void Release(Digest manifest)
    {
        string? unread = null;
        lock (door)
        {
            if (--readers[manifest] > 0)
                return;
            readers.Remove(manifest);
            if (unpacked.TryGet(manifest, out var result))
                unread = result.Folder;
            unpacked.Forget(other => other == manifest);
        }
        if (unread is not null)
            FileTree.Delete(unread);
    }

    private (string Folder, IgnoreRules Rules) Unpack(Digest digest, CancellationToken cancellation)
    {
        var manifest = Read(digest);
        var folder = Path.Combine(store.WorkFolder, string.Create(CultureInfo.InvariantCulture, $"context-{store.NextNumber()}"));
        try
        {
            var rules = RulesOf(manifest);
            Write(manifest, folder, cancellation);
            cancellation.ThrowIfCancellationRequested();
            return (folder, rules);
        }
        catch
        {
            FileTree.Delete(folder);
            throw;
        }
    }

    private Manifest Read(Digest digest)
    {
        try
        {
            var manifest = Manifest.Parse(store.ReadDocument(digest));
            if (manifest.ArtifactType == ContextFormat.Artifact)
                return manifest;
            throw Wrong(digest, $"its type is '{manifest.ArtifactType}', and not '{ContextFormat.Artifact}'");
        }
        catch (DocumentException e)
        {
            throw Wrong(digest, e.Message.TrimEnd('.'));
        }
    }

    private IgnoreRules RulesOf(Manifest manifest)
    {
        if (manifest.Layers.FirstOrDefault(layer => layer.MediaType == ContextFormat.IgnoreRules) is not { } rules)
            return IgnoreRules.None;
        try
        {
            return IgnoreRules.Parse(".dockerignore", FileName.Decode(store.ReadDocument(rules.Digest)));
        }
        catch (DockerfileException e)
        {
            throw Wrong(rules.Digest, e.Message.TrimEnd('.'));
        }
    }

    private void Write(Manifest manifest, string folder, CancellationToken cancellation)
    {
        LayerEntry? last = null;
        try
        {
            var entries = ClosedLast(manifest.Layers.SelectMany(EntriesOf)).Select(entry => last = entry);
            new FolderWriter(folder, FolderFormat.Plain).Write(entries, cancellation);
        }
        catch (LayerException e) when (e.InnerException is IOException { HResult: NotPermitted }
            && last is { Kind: EntryKind.CharacterDevice or EntryKind.BlockDevice })
        {
            throw new HostNotReadyException($"Unpacking the build context: '{last.Path}' is a device, and only root can create devices. "
                + "Exclude it with .dockerignore, or connect as root.", e);
        }
    }

    private IEnumerable<LayerEntry> EntriesOf(Descriptor layer) => layer.MediaType switch
    {
        ContextFormat.Group => FilesOf(layer),
        ContextFormat.IgnoreRules or MediaType.Empty => [],
        _ => throw Wrong(layer.Digest, $"a context has no '{layer.MediaType}'. The same version of manifold has to pack and unpack it"),
    };

    // Owners and attributes are not part of a context, whatever the tar says.
    private IEnumerable<LayerEntry> FilesOf(Descriptor group)
    {
        var (uid, gid) = User.OfNewFiles;
        using var tar = Compression.Open(store.Open(group.Digest));
        foreach (var entry in new TarReader(tar, $"context {group.Digest.Short}", whiteouts: false).Entries())
            yield return entry with { Uid = uid, Gid = gid, Xattrs = NoAttributes };
    }

    // An ordinary user writes nothing below a folder that forbids it.
    private static IEnumerable<LayerEntry> ClosedLast(IEnumerable<LayerEntry> entries)
    {
        const int owner = 0b111_000_000;
        var closed = new Stack<LayerEntry>();
        foreach (var entry in entries)
        {
            if (entry.Kind == EntryKind.Folder && (entry.Mode & owner) != owner)
                closed.Push(entry);
            yield return entry.Kind == EntryKind.Folder ? entry with { Mode = entry.Mode | owner } : entry;
        }
        foreach (var entry in closed)
            yield return entry;
    }

    private static ContentMismatchException Wrong(Digest digest, string what) => new($"Unpacking the build context '{digest}': {what}.");
}
