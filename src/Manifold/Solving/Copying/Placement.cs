using Manifold.Layers;
using Manifold.Linux;
using Manifold.Planning;

namespace Manifold.Solving.Copying;

/// <summary>Whose a file becomes; a null part keeps the source's owner.</summary>
internal readonly record struct Owner(uint Uid, uint Gid);

/// <summary>Decides where the files of a COPY come to lie, and so which entries its layer has.</summary>
/// <remarks>
/// <code>
/// destination + layers below   1  follow its links: a path without links, and what is there
/// each source                  2  a folder's contents go into the destination; a file goes into it, or becomes it; a name in a folder
///                                 replaces what has that name, only folders are merged
///                              3  folders on the way that are missing are made (0755); those that are there are left out,
///                                 so that the layer says nothing about them
/// </code>
/// The layer so depends on the files, the destination and the owner, and on the base only through its links and missing folders.
/// Source: Dockerfile reference, "COPY", "Destination"; where it is silent, BuildKit's behaviour.
/// </remarks>
internal sealed class Placement(CopyStep step, Chain below, Owner? owner, long fileTime)
{
    private readonly Dictionary<string, LayerEntry> entries = new(StringComparer.Ordinal);
    private readonly List<string> losses = [];
    private Chain.Resolved? destination;

    /// <summary>What the image had and loses, where that may well be a mistake: a sentence each.</summary>
    public IReadOnlyList<string> Losses => losses;

    /// <summary>The layer's entries, in no order. The names of one file stay names of one file.</summary>
    public IReadOnlyCollection<LayerEntry> Entries => [.. FileIdentity.KeepLinks(entries.Values)];

    /// <summary>What is at a path seen from the destination, after all that was placed so far; no link on the way is followed.</summary>
    public LayerEntry? FindAtDestination(string path)
    {
        var place = EntryPath.Join(Destination().Path, path);
        // A further name that an earlier archive gave: the first one has the content.
        return entries.GetValueOrDefault(place) is { Kind: EntryKind.HardLink, LinkTarget: { } first }
            && entries.GetValueOrDefault(first) is { } file ? file with { Path = place } : There(place);
    }

    /// <summary>Whether files go into the destination, which so has room for several.</summary>
    public bool TakesFiles => Destination() is var (path, there) && IsFolder(path, there);

    public void Place(SelectedSource source)
    {
        var (path, there) = Destination();
        if (!source.IsFolder)
        {
            var target = IsFolder(path, there) ? EntryPath.Join(path, source.Name) : path;
            Put(Owned(source.Root, target));
            return;
        }
        MakeFolder(path);
        foreach (var (relative, entry, _) in source.Files)
            if (relative.Length > 0)
                Put(Owned(entry, EntryPath.Join(path, relative)));
    }

    /// <summary>
    /// An archive's entries, already unpacked: they keep their owners, unless another is asked for, and replace what is in their way.
    /// </summary>
    public void PlaceArchive(IEnumerable<LayerEntry> archive)
    {
        var (path, _) = Destination();
        MakeFolder(path, FileModeChange.DefaultFolder);
        foreach (var entry in archive)
        {
            if (entry.Implied)
                continue;
            var target = EntryPath.Join(path, entry.Path);
            MakeFolder(EntryPath.Parent(target), FileModeChange.DefaultFolder);
            if (entry.Kind != EntryKind.Folder && entries.GetValueOrDefault(target)?.Kind == EntryKind.Folder)
                Remove(target);
            entries[target] = Stamped(entry with
            {
                Path = target,
                Uid = owner?.Uid ?? entry.Uid,
                Gid = owner?.Gid ?? entry.Gid,
                // A symbolic link's is a text; any other is a path in the archive.
                LinkTarget = entry is { Kind: not EntryKind.SymbolicLink, LinkTarget: { } named }
                    ? EntryPath.Join(path, named) : entry.LinkTarget,
            });
        }
    }

    /// <summary>
    /// Whether an archive has hard links to files of the image: these are part of the layer, and get their content by
    /// <see cref="Fill"/>.
    /// </summary>
    public bool LacksContent => entries.Values.Any(Lacks);

    /// <param name="image">What is below, with content.</param>
    /// <exception cref="StepFailedException">Such a file is not there.</exception>
    public void Fill(Chain image)
    {
        foreach (var entry in entries.Values.Where(Lacks).ToList())
        {
            var file = image.Find(entry.LinkTarget!)
                ?? throw new StepFailedException(step,
                    $"an archive has a hard link to '/{entry.LinkTarget}', which is not a file in the image.");
            entries[entry.Path] = entry with
            {
                LinkTarget = null,
                Size = file.Size,
                Open = file.Open,
                Xattrs = file.Xattrs,
            };
        }
    }

    private static bool Lacks(LayerEntry entry) => entry is { Kind: EntryKind.File, LinkTarget: not null };

    /// <summary>A file whose text stands in the Dockerfile.</summary>
    public void PlaceInline(InlineFile file)
    {
        var content = System.Text.Encoding.UTF8.GetBytes(file.Content);
        Place(new SelectedSource(file.Name,
        [
            new SelectedFile("", new LayerEntry
            {
                Path = "",
                Kind = EntryKind.File,
                Mode = 0x1A4,
                Size = content.Length,
                Open = () => new MemoryStream(content, writable: false), // 0644
            }, null),
        ]));
    }

    // 1
    private Chain.Resolved Destination()
    {
        try
        {
            return destination ??= below.Resolve(step.Destination);
        }
        catch (LayerException e)
        {
            throw new StepFailedException(step, $"the destination '{step.Destination}': {e.Message}");
        }
    }

    // 2
    private bool IsFolder(string path, LayerEntry? there) =>
        path.Length == 0
            || step.Destination.EndsWith('/')
            || there?.Kind == EntryKind.Folder
            || entries.GetValueOrDefault(path)?.Kind == EntryKind.Folder;

    // What is in the way gives way, but for a folder onto a folder (buildah's behaviour; BuildKit refuses it).
    private void Put(LayerEntry entry)
    {
        MakeFolder(EntryPath.Parent(entry.Path));
        var earlier = entries.GetValueOrDefault(entry.Path)?.Kind;
        if (entry.Kind != EntryKind.Folder && earlier == EntryKind.Folder)
            Remove(entry.Path);
        if (earlier is null)
            NoteLoss(entry);
        // An earlier source has put something else over a folder of the image, which does not come back.
        var hides = entry.Kind == EntryKind.Folder && earlier is not (null or EntryKind.Folder)
            && below.Find(entry.Path)?.Kind == EntryKind.Folder;
        entries[entry.Path] = hides ? entry with { Opaque = true } : entry;
    }

    private void NoteLoss(LayerEntry entry)
    {
        switch (below.Find(entry.Path))
        {
            case { Kind: EntryKind.SymbolicLink } link when entry.Kind != EntryKind.SymbolicLink && LeadsToFolder(link.Path):
                losses.Add($"'/{entry.Path}' is a link to the folder '{link.LinkTarget}' in the image. A {Noun(entry.Kind)} replaces "
                    + "the link, so the folder's files are no longer reachable through it.");
                break;
            case { Kind: EntryKind.Folder } when entry.Kind != EntryKind.Folder && below.Children(entry.Path).Any():
                losses.Add($"'/{entry.Path}' is a folder in the image. A {Noun(entry.Kind)} replaces it, "
                    + "so all files in the folder are gone.");
                break;
        }
    }

    private bool LeadsToFolder(string link)
    {
        try
        {
            return below.Resolve(link) is { Entry.Kind: EntryKind.Folder };
        }
        catch (LayerException)
        {
            return false;
        }
    }

    private LayerEntry? There(string path) => entries.GetValueOrDefault(path) ?? below.Find(path);

    // What an earlier source of the same step has put there.
    private void Remove(string folder)
    {
        foreach (var path in entries.Keys.Where(path => EntryPath.IsBelow(path, folder)).ToList())
            entries.Remove(path);
    }

    // 3
    private void MakeFolder(string path) => MakeFolder(path, step.Chmod?.NewFolder ?? FileModeChange.DefaultFolder);

    private void MakeFolder(string path, int mode)
    {
        if (path.Length == 0 || entries.TryGetValue(path, out var made) && made.Kind == EntryKind.Folder)
            return;
        var there = made ?? below.Find(path);
        if (there?.Kind == EntryKind.Folder)
            return;
        if (there is not null)
            throw new StepFailedException(step, $"'/{path}' is a {Noun(there.Kind)} in the image, but files are copied below it.");
        MakeFolder(EntryPath.Parent(path), mode);
        entries[path] = new LayerEntry
        {
            Path = path,
            Kind = EntryKind.Folder,
            Mode = mode,
            Uid = owner?.Uid ?? 0,
            Gid = owner?.Gid ?? 0,
            Modified = new FileTime(fileTime),
        };
    }

    private LayerEntry Owned(LayerEntry entry, string path) => Stamped(entry with
    {
        Path = path,
        Mode = step.Chmod is { } change && entry.Kind != EntryKind.SymbolicLink
            ? change.Apply(entry.Mode, entry.Kind == EntryKind.Folder)
            : entry.Mode,
        Uid = owner?.Uid ?? entry.Uid,
        Gid = owner?.Gid ?? entry.Gid,
        Implied = false,
        Opaque = false,
    });

    private LayerEntry Stamped(LayerEntry entry) => entry.TimeIsOwn ? entry : entry with { Modified = new FileTime(fileTime) };

    private static string Noun(EntryKind kind) => kind switch
    {
        EntryKind.Folder => "folder",
        EntryKind.SymbolicLink => "symbolic link",
        EntryKind.File or EntryKind.HardLink => "file",
        _ => "device",
    };
}
