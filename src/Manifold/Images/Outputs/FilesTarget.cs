using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Registry;

namespace Manifold.Images.Outputs;

/// <summary>An image's platforms, each with the folder that its files go to where they are written side by side.</summary>
internal static class PlatformFolders
{
    /// <summary>
    /// Without a folder where there is one platform alone, unless it shall have one. Named as buildx names them: <c>linux_arm_v7</c>.
    /// </summary>
    public static async Task<ImmutableArray<(PlatformImage Image, string Folder)>> OfAsync(
        IImageSource source, bool split, CancellationToken cancellation)
    {
        var top = await source.ResolveAsync(cancellation).ConfigureAwait(false);
        var tree = await ImageTree.ReadAsync(source, top.Descriptor, cancellation).ConfigureAwait(false);
        var images = await tree.ReadImagesAsync(source, cancellation).ConfigureAwait(false);
        return [.. images.Select(image => (image, split || images.Length > 1 ? NameOf(image) : ""))];
    }

    private static string NameOf(PlatformImage image) =>
        (image.Descriptor.Platform?.ToPlatform() ?? image.Config.Platform).ToString().Replace('/', '_');
}

/// <summary>Documents about an image, as files beside those of its platform.</summary>
/// <remarks>Source: BuildKit, local and tar exporters: <c>provenance.json</c>, <c>sbom.spdx.json</c>, behind
/// <c>attestation-prefix</c>.</remarks>
internal static class AttachedFiles
{
    /// <param name="files">The image's own.</param>
    /// <exception cref="UsageException">The image has a file of a document's name.</exception>
    public static List<LayerEntry> Of(IImageSource source, PlatformImage platform, string prefix, MergedFiles files)
    {
        var documents = from document in (source as AttachedImage)?.Attached ?? []
                        where document.Subject == platform.Descriptor.Digest
                        select new LayerEntry
                        {
                            Path = prefix + document.FileName,
                            Kind = EntryKind.File,
                            Mode = 0b110_100_100,
                            Size = document.Content.Length,
                            Open = () => new MemoryStream(document.Content.ToArray(), writable: false),
                        };
        var all = documents.ToList();
        if (all.Find(document => files.Has(document.Path)) is { } taken)
            throw new UsageException($"An attestation would overwrite the file '/{taken.Path}' of the image. "
                + "Rename the attestations: add attestation-prefix=PREFIX to the output.");
        return all;
    }
}

/// <summary>The image's files in a tar, with owners, devices and attributes; a folder for each platform where there are several.</summary>
/// <remarks>The same image gives the same bytes.</remarks>
internal sealed class FilesArchiveTarget(ArchiveDestination destination, bool split) : IImageTarget
{
    /// <summary>The prefix of the names of attached documents.</summary>
    public string AttachmentPrefix { get; init; } = "";

    public async Task WriteAsync(
        IImageSource source, ImageParts image, IProgress<BlobPlaced>? progress = null, CancellationToken cancellation = default)
    {
        var platforms = await PlatformFolders.OfAsync(source, split, cancellation).ConfigureAwait(false);
        await destination.WriteAsync(async tar =>
        {
            foreach (var (platform, folder) in platforms)
            {
                if (folder.Length > 0)
                    tar.Add(new LayerEntry { Path = folder, Kind = EntryKind.Folder, Mode = 0b111_101_101 });
                var files = await MergedFiles.ReadAsync(source, platform, cancellation).ConfigureAwait(false);
                var documents = AttachedFiles.Of(source, platform, AttachmentPrefix, files);
                await files.WriteAsync(entry => tar.Add(Below(folder, entry)), progress, cancellation).ConfigureAwait(false);
                foreach (var document in documents)
                    tar.Add(Below(folder, document));
            }
        }).ConfigureAwait(false);
    }

    private static LayerEntry Below(string folder, LayerEntry entry) => folder.Length == 0 ? entry : entry with
    {
        Path = EntryPath.Join(folder, entry.Path),
        LinkTarget = entry.Kind == EntryKind.HardLink ? EntryPath.Join(folder, entry.LinkTarget!) : entry.LinkTarget,
    };
}

/// <summary>
/// The image's files in a folder, for whoever builds: they belong to him; a folder for each platform where there are several.
/// </summary>
/// <remarks>
/// A folder that is not there is there whole or not at all. One that is there is written over, as buildx does: what the image lacks stays,
/// what it has replaces what has its name. No link in the folder is followed. Source: BuildKit, local exporter, and fsutil's receiver with
/// <c>Merge</c>.
/// </remarks>
/// <param name="tell">Gets what people should know.</param>
internal sealed class FilesFolderTarget(string folder, bool split, Action<string> tell) : IImageTarget
{
    private readonly List<string> devices = [];

    /// <summary>The prefix of the names of attached documents.</summary>
    public string AttachmentPrefix { get; init; } = "";

    public async Task WriteAsync(
        IImageSource source, ImageParts image, IProgress<BlobPlaced>? progress = null, CancellationToken cancellation = default)
    {
        if (File.Exists(folder))
            throw new UsageException($"'{folder}' is a file, not a folder. Choose another destination.");
        var platforms = await PlatformFolders.OfAsync(source, split, cancellation).ConfigureAwait(false);
        var exists = Directory.Exists(folder);
        var target = exists ? folder : $"{folder.TrimEnd('/')}.{Guid.NewGuid():N}.part";
        Directory.CreateDirectory(target);
        try
        {
            foreach (var (platform, name) in platforms)
            {
                var files = await MergedFiles.ReadAsync(source, platform, cancellation).ConfigureAwait(false);
                var documents = AttachedFiles.Of(source, platform, AttachmentPrefix, files);
                await WriteAsync((files, documents), target, name, progress, cancellation).ConfigureAwait(false);
            }
            if (!exists)
                Directory.Move(target, folder);
        }
        finally
        {
            if (!exists && Directory.Exists(target))
                FileTree.Delete(target);
        }
        if (devices.Count > 0)
            tell($"{folder}: {devices.Count} device nodes were left out, such as '{devices[0]}': only root can create them. "
                + "To keep them, use type=tar.");
    }

    private async Task WriteAsync((MergedFiles OfImage, List<LayerEntry> Documents) files, string target, string name,
        IProgress<BlobPlaced>? progress, CancellationToken cancellation)
    {
        using var root = DirectoryHandle.Open(target);
        if (name.Length > 0 && !root.TryCreateFolder(name, 0b111_101_101) && root.Status(name) is { Type: not FileStatus.Folder })
            throw new UsageException($"'{Path.Combine(folder, name)}' is not a folder, but the files of a platform are written there. "
                + "Remove it, or choose another destination.");
        using var unpacking = new Unpacking(Path.Combine(target, name), FolderFormat.Plain, null);
        await files.OfImage.WriteAsync(Apply, progress, cancellation).ConfigureAwait(false);
        files.Documents.ForEach(Apply);
        unpacking.Finish(cancellation);

        void Apply(LayerEntry entry)
        {
            if (OfMine(entry) is { } mine)
                unpacking.Apply(mine);
        }
    }

    /// <summary>As it can lie in a folder of this user; null for what cannot.</summary>
    private LayerEntry? OfMine(LayerEntry entry)
    {
        var (uid, gid) = User.OfNewFiles;
        var privileged = uid == 0 && UserNamespace.IsInitial;
        if (entry.Kind is EntryKind.CharacterDevice or EntryKind.BlockDevice && !privileged)
        {
            devices.Add(entry.Path);
            return null;
        }
        return entry with
        {
            Uid = uid,
            Gid = gid,
            // Root fills every folder; anybody else only those that he may write to.
            Mode = entry.Kind == EntryKind.Folder && uid != 0 ? entry.Mode | 0b111_000_000 : entry.Mode,
            Xattrs = privileged
                ? entry.Xattrs
                : entry.Xattrs.RemoveRange(entry.Xattrs.Keys.Where(key => !key.StartsWith("user.", StringComparison.Ordinal))),
        };
    }
}
