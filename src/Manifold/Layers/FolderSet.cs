using System.Collections;
using System.Runtime.CompilerServices;

namespace Manifold.Layers;

/// <summary>Folders that a layer has no entry for (<see cref="LayerEntry.Implied"/>), as a tree.</summary>
/// <remarks>Neither memory nor the file grows with the length of their paths. Enumerates the paths, parents first, in
/// <see cref="EntryPath.Order"/>; the root is the empty one. Immutable.</remarks>
[CollectionBuilder(typeof(FolderSet), nameof(Of))]
internal sealed class FolderSet : IEnumerable<string>
{
    private static ReadOnlySpan<byte> Magic => "//1\n"u8; // no line of the form before it begins so

    internal FolderSet(EntryTree tree) => Tree = tree;

    /// <summary>No folder at all.</summary>
    public static FolderSet Empty { get; } = new(new EntryTree());

    /// <summary>The folders are the entries marked as implied. The others are only their parents.</summary>
    internal EntryTree Tree { get; }

    public static FolderSet Of(ReadOnlySpan<string> paths)
    {
        var (builder, given) = (new TableOfContents.Builder(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var path in paths)
        {
            given.Add(path);
            builder.Add(LayerEntry.ImpliedFolder(path), out _);
        }
        var between = builder.Tree.Walk(builder.Tree.Root, "").Where(at => !given.Contains(at.Path)).ToList();
        foreach (var (_, path) in between)
            builder.Add(new LayerEntry { Path = path, Kind = EntryKind.Folder }, out _);
        builder.Tree.Sort();
        return new FolderSet(builder.Tree);
    }

    public bool Contains(string path) => Tree.Find(path) is var id and not EntryTree.None && Tree.IsImplied(id);

    public IEnumerator<string> GetEnumerator() =>
        Tree.Walk(Tree.Root, "").Where(at => Tree.IsImplied(at.Id)).Select(at => at.Path).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Writes the set; what is on the way to no folder of it is left out.</summary>
    public void Save(Stream stream)
    {
        stream.Write(Magic);
        new TableOfContents.Writer(stream).Write(Tree, OnlyImplied());
    }

    /// <summary>Reads what <see cref="Save"/> wrote, or one path a line, as earlier versions did.</summary>
    public static FolderSet Load(string file)
    {
        using (var stream = new BufferedStream(File.OpenRead(file)))
        {
            Span<byte> start = stackalloc byte[Magic.Length];
            if (stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(Magic))
                return new FolderSet((TableOfContents.TryLoad(stream) ?? throw Damaged(file)).Tree);
        }
        return Of(File.ReadAllLines(file));
    }

    private static LayerException Damaged(string file) =>
        new($"Reading '{file}': it is damaged. Remove its snapshot with: manifold prune --all");

    private bool[] OnlyImplied()
    {
        var wanted = new bool[Tree.Numbers];
        foreach (var (id, _) in Tree.Walk())
        {
            for (var up = Tree.IsImplied(id) ? id : EntryTree.None; up != EntryTree.None && !wanted[up]; up = Tree.ParentOf(up))
                wanted[up] = true;
        }
        return wanted;
    }
}
