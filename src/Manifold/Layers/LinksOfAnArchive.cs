namespace Manifold.Layers;

/// <summary>Where the entries of an archive come to lie when it is unpacked over other files.</summary>
/// <remarks>
/// <code>
/// bin/foo    1  the folders on its way: what the archive has made so far counts, else what was there before
///            2  a link among them is followed, an absolute one from the top; .. leads no further than to the top
///            3  the last name is not followed: an entry replaces a link that has its name
/// </code>
/// The top is the folder that the archive is unpacked into. So an archive with <c>bin/foo</c> fills <c>usr/bin</c> where <c>bin</c> is a
/// link to it. Where a link leads has to be there, as the kernel wants it. Source: Docker and buildah, which unpack an ADD in a chroot.
/// </remarks>
/// <param name="tree">The archive so far.</param>
/// <param name="below">The file that was at a path before.</param>
internal sealed class LinksOfAnArchive(EntryTree tree, Func<string, LayerEntry?> below)
{
    // Entries come in clusters, and look-ups below cost more than a comparison.
    private (string Named, string Path)? last;

    /// <summary>The entry at the path where it comes to lie, as the next one of the archive.</summary>
    /// <exception cref="LayerException">Something on its way is not a folder, or a link leads nowhere.</exception>
    internal LayerEntry Followed(LayerEntry entry)
    {
        var path = Followed(entry.Path);
        var target = entry.Kind == EntryKind.HardLink ? Followed(entry.LinkTarget!) : entry.LinkTarget;
        // Files beside each other change nobody's way.
        if (entry.Kind is not (EntryKind.File or EntryKind.HardLink) || tree.Find(path) != EntryTree.None)
            last = null;
        return path == entry.Path && target == entry.LinkTarget ? entry : entry with { Path = path, LinkTarget = target };
    }

    private string Followed(string path)
    {
        var folder = EntryPath.Parent(path);
        if (folder.Length == 0)
            return path;
        if (last is not { } known || known.Named != folder)
            last = known = (folder, FolderOf(path, folder));
        return EntryPath.Join(known.Path, EntryPath.Name(path));
    }

    private string FolderOf(string path, string folder)
    {
        var pending = new Stack<(string Name, string? Link)>(folder.Split('/').Reverse().Select(name => (name, (string?)null)));
        var at = "";
        for (var links = 0; pending.TryPop(out var next);)
        {
            if (next.Name is "" or "." or "..")
            {
                at = next.Name == ".." ? EntryPath.Parent(at) : at;
                continue;
            }
            var here = EntryPath.Join(at, next.Name);
            var there = At(here);
            if (there?.Kind != EntryKind.SymbolicLink)
            {
                CheckFolder(there, next.Link, path, here);
                at = here;
                continue;
            }
            if (++links > Limits.SymbolicLinks)
                throw new LayerException(
                    $"'{path}' goes through more than {Limits.SymbolicLinks} symbolic links. The last one is '{here}'.");
            at = there.LinkTarget!.StartsWith('/') ? "" : at;
            foreach (var name in there.LinkTarget.Split('/').Reverse())
                pending.Push((name, here));
        }
        return at;
    }

    private static void CheckFolder(LayerEntry? there, string? link, string path, string here)
    {
        if (there is { Kind: not EntryKind.Folder })
            throw new LayerException($"'{here}' is not a folder, but the archive has '{path}' below it.");
        if (there is null && link is not null)
        {
            throw new LayerException($"The archive has '{path}' below the symbolic link '{link}'. "
                + $"The link's target '{here}' does not exist in the folder that the archive is unpacked into.");
        }
    }

    private LayerEntry? At(string path) => tree.Find(path) is var id and not EntryTree.None ? tree.Entry(id, path) : below(path);
}
