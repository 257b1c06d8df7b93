namespace Manifold.Content;

/// <summary>A folder of the store. It has a rule of removal, and is always in the list that a prune goes through.</summary>
internal sealed class StoreFolder
{
    private readonly StoreFolders among;

    /// <param name="name">Its path from the store's root.</param>
    /// <param name="holds">Its content in one phrase, as the documentation has it.</param>
    public StoreFolder(StoreFolders among, string name, RemovalRule removal, string holds)
    {
        (this.among, Name, Removal, Holds) = (among, name, removal, holds);
        Path = System.IO.Path.Combine(among.Root, name);
        among.Add(this);
    }

    public string Name { get; }

    public string Path { get; }

    public string Holds { get; }

    public RemovalRule Removal { get; }

    /// <summary>Its direct entries. None where it is not there.</summary>
    public IEnumerable<FileSystemInfo> Entries() =>
        new DirectoryInfo(Path) is { Exists: true } found ? found.EnumerateFileSystemInfos() : [];

    /// <summary>The files below it, at whatever depth, without those of the other folders that are listed.</summary>
    public List<FileInfo> Files()
    {
        if (new DirectoryInfo(Path) is not { Exists: true } found)
            return [];
        var others = among.All.Select(other => other.Path).Where(path => path.StartsWith(Path + "/", StringComparison.Ordinal)).ToHashSet();
        return
        [
            .. found.EnumerateFiles(),
            .. found.EnumerateDirectories().Where(folder => !others.Contains(folder.FullName))
                .SelectMany(folder => folder.EnumerateFiles("*", SearchOption.AllDirectories)),
        ];
    }
}

/// <summary>The folders of one store, in the order in which they were made.</summary>
internal sealed class StoreFolders(string root)
{
    private readonly List<StoreFolder> all = [];

    public string Root => root;

    public IReadOnlyList<StoreFolder> All => all;

    /// <summary>Called by the folder itself.</summary>
    public void Add(StoreFolder folder) => all.Add(folder);
}
