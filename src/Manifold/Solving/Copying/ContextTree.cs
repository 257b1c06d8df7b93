using Manifold.Concurrency;
using Manifold.Dockerfile;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Solving.Copying;

/// <summary>The build context: a folder of this machine without what its ignore file excludes.</summary>
/// <remarks>
/// Owners are root's and extended attributes are left out, whoever made the files: an image does not depend on the account that builds it.
/// Names are looked up relative to open folders, so no link leads out of the context.
/// </remarks>
/// <param name="digests">Null where files are only looked for.</param>
/// <param name="name">What people call it; null is the folder.</param>
internal sealed class ContextTree(string root, IgnoreRules rules, FileDigests? digests, string? name = null) : ISourceTree
{
    // Folders below this depth are walked one after another: each parallel level needs more of the stack.
    private const int ParallelLevels = 3;

    // What a file was when it was chosen: its digest is remembered for that state, so a later change shows the next time.
    private readonly Dictionary<string, FileDigests.Identity> chosen = new(StringComparer.Ordinal);

    public bool Hides => !rules.IsEmpty;

    public LayerEntry? Find(string path)
    {
        var real = ResolveLinks(path);
        // A folder that is excluded itself is there for what is re-included below it.
        if (real is null || (IsExcluded(real) && !Below(real).Any()))
            return null;
        using var folder = OpenFolder(EntryPath.Parent(real));
        return real.Length == 0 ? EntryOf("", "", folder!) : folder is null ? null : EntryOf(real, EntryPath.Name(real), folder);
    }

    public IEnumerable<string> Names(string folder)
    {
        using var handle = OpenFolder(folder);
        return handle?.Names().Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>();
    }

    public IEnumerable<LayerEntry> Below(string folder)
    {
        using var handle = OpenFolder(folder);
        return handle is null ? [] : Walk(handle, folder, folder.Length == 0 ? null : rules.Match(folder), ParallelLevels);
    }

    public Digest DigestOf(LayerEntry file)
    {
        FileDigests.Identity identity;
        lock (chosen)
            identity = chosen[file.Path];
        return digests!.Of(file.Path, identity, file.Open!);
    }

    public string DescribeMissing(string source)
    {
        return Exclusion(source.Trim('/')) is { } match ? $"'{source}' is excluded from the build context by {match.Rule}"
            : $"'{source}' is not in the build context '{name ?? root}'";
    }

    /// <summary>What keeps a file out that is there; null where nothing does.</summary>
    public IgnoreMatch? Exclusion(string path) =>
        path.Length > 0 && rules.Match(path) is { Excluded: true } match && !path.Split('/').Any(part => part is "." or "..")
            && ExistsOnDisk(path) ? match : null;

    public string? PathAsItIs(SelectedSource files)
    {
        var seen = files.Files.Select(file => file.Entry.Path).ToHashSet(StringComparer.Ordinal);
        using var parent = OpenFolder(EntryPath.Parent(files.Root.Path));
        return parent is not null
            && IsAsItIs(parent, files.Root.Path, files.Root.Path.Length == 0 ? "" : EntryPath.Name(files.Root.Path), seen)
            ? Path.Combine(root, files.Root.Path)
            : null;
    }

    private static bool IsAsItIs(DirectoryHandle folder, string path, string name, HashSet<string> seen)
    {
        if (!seen.Contains(path) || folder.Status(name) is not { Uid: 0, Gid: 0 } status)
            return false;
        if (status.Type != FileStatus.Folder)
            return true;
        if (status.IsMountPoint && path.Length > 0)
            return false; // a mount shows it, and a bind mount of what is above it does not
        using var below = name.Length == 0 ? null : folder.TryOpenFolder(name, out _);
        var inner = below ?? folder;
        return inner.Names().All(child => IsAsItIs(inner, EntryPath.Join(path, child), child, seen));
    }

    // Folder by folder in the order of names, which is EntryPath.Order: names are shorter to compare than paths.
    private List<LayerEntry> Walk(DirectoryHandle handle, string folder, IgnoreMatch? above, int parallelLevels)
    {
        var names = handle.Names();
        names.Sort(EntryPath.Order);
        var here = new List<(LayerEntry Entry, string Name, IgnoreMatch Match)>(names.Count);
        foreach (var name in names)
        {
            var path = EntryPath.Join(folder, name);
            var match = rules.Match(path, above);
            if (rules.MayContainIncluded(path, match) && EntryOf(path, name, handle) is { } entry)
                here.Add((entry, name, match));
        }

        var folders = Enumerable.Range(0, here.Count).Where(i => here[i].Entry.Kind == EntryKind.Folder).ToList();
        var below = new List<LayerEntry>?[here.Count];
        if (parallelLevels > 0)
            FirstFailure.ForAll(folders.Count, i => WalkBelow(folders[i]));
        else
            folders.ForEach(WalkBelow);

        var found = new List<LayerEntry>(here.Count);
        for (var i = 0; i < here.Count; i++)
        {
            // A folder that is excluded itself comes along with what is re-included below it.
            if (!here[i].Match.Excluded || below[i] is { Count: > 0 })
                found.Add(here[i].Entry);
            found.AddRange(below[i] ?? []);
        }
        return found;

        void WalkBelow(int i)
        {
            using var inner = handle.TryOpenFolder(here[i].Name, out _);
            below[i] = inner is null ? null : Walk(inner, here[i].Entry.Path, here[i].Match, parallelLevels - 1);
        }
    }

    private LayerEntry? EntryOf(string path, string name, DirectoryHandle folder)
    {
        if (folder.Status(name) is not { } status || status.Type == FileStatus.Socket)
            return null;
        var kind = status.Type switch
        {
            FileStatus.Folder => EntryKind.Folder,
            FileStatus.SymbolicLink => EntryKind.SymbolicLink,
            FileStatus.Fifo => EntryKind.Fifo,
            FileStatus.CharacterDevice => EntryKind.CharacterDevice,
            FileStatus.BlockDevice => EntryKind.BlockDevice,
            _ => EntryKind.File,
        };
        if (kind == EntryKind.File)
            lock (chosen)
                chosen[path] = FileDigests.Identity.Of(status);
        return new LayerEntry
        {
            Path = path,
            Kind = kind,
            Mode = status.Mode,
            Modified = status.Modified,
            Size = status.Type == FileStatus.RegularFile ? status.Size : 0,
            DeviceMajor = status.NodeMajor,
            DeviceMinor = status.NodeMinor,
            LinkTarget = kind == EntryKind.SymbolicLink ? folder.ReadLink(name) : null,
            Open = kind == EntryKind.File ? () => OpenFile(path) : null,
            Identity = kind == EntryKind.File ? FileIdentity.Of(status) : null,
        };
    }

    private FileStream OpenFile(string path)
    {
        using var folder = OpenFolder(EntryPath.Parent(path)) ?? throw WentAway(path);
        try
        {
            return new FileStream(folder.OpenFile(EntryPath.Name(path)), FileAccess.Read, bufferSize: 0);
        }
        catch (IOException e) when (e.HResult == FileCalls.NoEntry)
        {
            throw WentAway(path);
        }
    }

    private FileNotFoundException WentAway(string path) =>
        new(
            $"'{path}' in the build context '{name ?? root}' was deleted during the build. Run the command again when no program changes "
                + "the files.");

    private bool IsExcluded(string path) => path.Length > 0 && rules.Match(path).Excluded;

    private bool ExistsOnDisk(string path)
    {
        using var folder = OpenFolder(EntryPath.Parent(path));
        return folder?.Status(EntryPath.Name(path)) is not null;
    }

    /// <summary>The entries that a lookup of a path passes: folders, the links that it follows, and where it ends.</summary>
    public IReadOnlyList<LayerEntry> Passed(string path)
    {
        var passed = new List<LayerEntry>();
        ResolveLinks(path, (place, name, folder) =>
        {
            if (EntryOf(place, name, folder) is { } entry)
                passed.Add(entry);
        });
        return passed;
    }

    /// <summary>The path without links in it; null where a part is missing. Absolute targets start at the context's root.</summary>
    private string? ResolveLinks(string path, Action<string, string, DirectoryHandle>? onPassed = null)
    {
        var pending = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        var real = "";
        for (var links = 0; pending.TryPop(out var part);)
        {
            if (part == ".")
                continue;
            if (part == "..")
            {
                real = EntryPath.Parent(real);
                continue;
            }
            using var folder = OpenFolder(real);
            if (folder?.Status(part) is not { } status)
                return null;
            onPassed?.Invoke(EntryPath.Join(real, part), part, folder);
            if (status.Type != FileStatus.SymbolicLink)
            {
                real = EntryPath.Join(real, part);
                continue;
            }
            if (++links > Limits.SymbolicLinks)
                return null;
            var target = folder.ReadLink(part);
            if (target.StartsWith('/'))
                real = "";
            foreach (var targetPart in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
                pending.Push(targetPart);
        }
        return real;
    }

    private DirectoryHandle? OpenFolder(string path)
    {
        var handle = DirectoryHandle.Open(root);
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            using var parent = handle;
            if (parent.TryOpenFolder(part, out _) is not { } next)
                return null;
            handle = next;
        }
        return handle;
    }
}
