namespace Manifold.Content;

/// <summary>The folders and files of a store. No other type names one.</summary>
/// <remarks>
/// A kind of content gets its folder by a member here, and a member needs a rule of removal: so the content is pruned, or its owner
/// removes it. A prune goes through the folders in this order: records before the content that they name.
/// </remarks>
internal sealed class StoreLayout(StoreFolders folders)
{
    public StoreLayout(string root) : this(new StoreFolders(root))
    {
    }

    public IReadOnlyList<StoreFolder> Folders => folders.All;

    // Records of the build cache
    public StoreFolder Steps { get; } = new(folders, "cache/steps", new RecordRemoval(), "results of steps, by the step's key");
    public StoreFolder LayerBlobs { get; } = new(folders, "cache/blobs", new RecordRemoval(), "the blobs of each layer, by form");
    public StoreFolder Contents { get; } = new(folders, "cache/contents", new RecordRemoval(), "tables of contents of layers");
    public StoreFolder FileDigests { get; } = new(folders, "cache/files", new RecordRemoval(), "digests of the files of each context");
    public StoreFolder Bases { get; } = new(folders, "cache/references", new RecordRemoval(), "the last known digest of each reference");
    public StoreFolder Origins { get; } = new(folders, "cache/origins", new RecordRemoval(), "repositories where a blob was seen");
    public StoreFolder Hooks { get; } = new(folders, "cache/hooks", new RecordRemoval(), "digests of what hooks of projects read and make");
    public StoreFolder Census { get; } = new(folders, "cache/census", new RecordRemoval(), "facts about the programs in each layer");
    public StoreFolder Gate { get; } = new(folders, "cache/gate", new RecordRemoval(), "images that passed verification");
    public StoreFolder Weights { get; } = new(folders, "cache/weights", new RecordRemoval(), "sizes of layers and their wasted files");
    public StoreFolder Contexts { get; } = new(folders, "cache/contexts", new RecordRemoval(), "packed parts of build contexts");
    public StoreFolder Emulators { get; } = new(folders, "cache/emulators", new RecordRemoval(), "emulators that were seen to work");

    /// <summary>Also what versions with other folders left below it.</summary>
    public StoreFolder Cache { get; } = new(folders, "cache", new RecordRemoval(), "results of trying OCI runtimes and networks here");

    // Content
    public StoreFolder Mounts { get; } = new(folders, "cache/mounts", new MountRemoval(), "the folders of `RUN --mount=type=cache`");
    public StoreFolder Snapshots { get; } = new(folders, "snapshots", new LayerRemoval(), "unpacked layers of root");
    public StoreFolder RootlessSnapshots { get; } = new(folders, "snapshots-rootless", new LayerRemoval(),
        "unpacked layers of an ordinary user");
    public StoreFolder Tars { get; } = new(folders, "tars", new LayerRemoval(),
        "uncompressed tars of layers that are read but not unpacked");
    public StoreFolder Fixups { get; } = new(folders, "snapshots/fixups", new FixupRemoval(),
        "the right attributes of folders that layers don't list");
    public StoreFolder RootlessFixups { get; } = new(folders, "snapshots-rootless/fixups", new FixupRemoval(),
        "the same for an ordinary user");
    public StoreFolder Blobs { get; } = new(folders, "blobs", new BlobRemoval(), "the blobs of images and of the build cache");

    // Transfers
    public StoreFolder Partial { get; } = new(folders, "partial", new TransferRemoval(), "pulls that were interrupted");
    public StoreFolder Pushed { get; } = new(folders, "registry", new PushRemoval(),
        "pushes to `manifold serve`, by repository, and unfinished uploads");
    public StoreFolder GitSources { get; } = new(folders, "sources/git", new DownloadRemoval(), "commits of ADD and of contexts");
    public StoreFolder HttpSources { get; } = new(folders, "sources/http", new DownloadRemoval(), "downloads of ADD and of contexts");

    // Builds and publications, past and present
    public StoreFolder Builds { get; } = new(folders, "builds", new BuildRecordRemoval(), "the records of builds");
    public StoreFolder Publications { get; } = new(folders, "publications", new RemovedByOwner(),
        "publications whose tags are being written");
    public StoreFolder Work { get; } = new(folders, "work", new RemovedByOwner(), "unfinished files of running processes");

    // Files
    public string Marker { get; } = Path.Combine(folders.Root, "oci-layout");
    public string Index { get; } = Path.Combine(folders.Root, "index.json");
    public string IndexLock { get; } = Path.Combine(folders.Root, "index.lock");
    public string ContentLock { get; } = Path.Combine(folders.Root, "content.lock");
}
