namespace Manifold.Foundation;

/// <summary>Bounds on what comes from outside, each with its reason.</summary>
internal static class Limits
{
    /// <summary>Manifests, indexes and configs in bytes. Registries accept 4 MiB; anything larger is an attack or a mistake.</summary>
    public const int DocumentBytes = 4 * 1024 * 1024;

    /// <summary>Entries of one layer. The largest layers that are published have a few hundred thousand.</summary>
    public const int LayerEntries = 5_000_000;

    /// <summary>
    /// Names and targets of links of one layer in bytes, each entry's own name only.
    /// The largest layers that are published have some 20 MB.
    /// </summary>
    public const long LayerNamesBytes = 512L * 1024 * 1024;

    /// <summary>Files of one image archive. The largest have a few thousand blobs; each name is kept in memory.</summary>
    public const int ArchiveEntries = 200_000;

    /// <summary>Documents of one image in bytes, all indexes, manifests and referrers together; a copy holds them in memory.</summary>
    public const long ImageDocumentsBytes = 32 * 1024 * 1024;

    /// <summary>A census of a layer that another machine took, in bytes: a million programs and libraries.</summary>
    public const int CensusBytes = 256 * 1024 * 1024;

    /// <summary>Length of one path in a layer, in bytes: the kernel's PATH_MAX.</summary>
    public const int PathBytes = 4096;

    /// <summary>A PAX or GNU long-name record in bytes; xattrs may be 64 KiB each, so a record of many fits well.</summary>
    public const int TarRecordBytes = 1024 * 1024;

    /// <summary>Headers in a row of a tar that are not an entry: PAX takes two, GNU two and a label.</summary>
    public const int TarRecordsOfAnEntry = 16;

    /// <summary>Records that a tar gives to all its entries: git writes one, pax a few. Each costs a look at every entry.</summary>
    public const int TarGlobalRecords = 32;

    /// <summary>Those records in bytes, all together.</summary>
    public const int TarGlobalBytes = 64 * 1024;

    /// <summary>
    /// Extended attributes in bytes that are kept for one layer while its files are read:
    /// a million capabilities or labels.
    /// </summary>
    public const long LayerXattrBytes = 64L * 1024 * 1024;

    /// <summary>One file of a layer in bytes (1 EiB): beyond every file system, and sums of sizes cannot overflow.</summary>
    public const long FileBytes = 1L << 60;

    /// <summary>Device nodes of one layer. A whole static /dev has some hundreds; a bomb has millions, each an inode of the host.</summary>
    public const int LayerDevices = 4096;

    /// <summary>A Dockerfile in bytes; BuildKit's own bound for a file that a frontend reads is 16 MiB.</summary>
    public const int DockerfileBytes = 4 * 1024 * 1024;

    /// <summary>An ignore file in bytes: ten thousand patterns. Each path of a context is held against every pattern.</summary>
    public const int IgnoreFileBytes = 1024 * 1024;

    /// <summary>
    /// Stages of a Dockerfile: ten times what the largest that is published has. Stages are planned by recursion, so it bounds the stack.
    /// </summary>
    public const int DockerfileStages = 1_000;

    /// <summary>
    /// Layers of an image that Docker's own image store takes: it adds two when it starts a container, and its drivers stop at 127
    /// (moby, layer_store.go: maxLayerDepth). containerd's overlayfs snapshotter ends at the kernel's 500 (OVL_MAX_STACK).
    /// </summary>
    public const int DockerLayers = 125;

    /// <summary>Instructions of a Dockerfile. Generated ones have a few thousand.</summary>
    public const int DockerfileInstructions = 20_000;

    /// <summary>
    /// Names that a Dockerfile's ENV and ARG give a value, counted each time. The kernel takes no environment that is nearly as large.
    /// </summary>
    public const int DockerfileVariables = 5_000;

    /// <summary>
    /// Ports that one stage's EXPOSE names, counted each time: all that there are, a few times.
    /// A range is eleven characters and a million bytes of config.
    /// </summary>
    public const int ExposedPorts = 300_000;

    /// <summary>Nesting of <c>${a:-${b:-…}}</c>; deeper than people write, and it bounds the stack.</summary>
    public const int ExpansionDepth = 64;

    /// <summary>
    /// One expanded word in characters; <c>${v//p/r}</c> within itself multiplies, and the kernel takes no longer argument anyway.
    /// </summary>
    public const int ExpansionLength = 1024 * 1024;

    /// <summary>Symbolic links followed on one path, as the kernel has it (ELOOP).</summary>
    public const int SymbolicLinks = 40;

    /// <summary>A package database in bytes. That of a full desktop has some 50 MB.</summary>
    public const int PackageDatabaseBytes = 128 * 1024 * 1024;

    /// <summary>Records of builds that the store keeps: some months of a busy team, a few megabytes.</summary>
    public const int BuildRecords = 300;

    /// <summary>
    /// One blob in bytes (16 TiB): a hundred times what any registry takes, and the sizes of all that one image's documents can
    /// name add up without an overflow.
    /// </summary>
    public const long ContentBytes = 1L << 44;

    /// <summary>Nested indexes followed from one reference.</summary>
    public const int IndexDepth = 4;

    /// <summary>
    /// What is kept of a file that can only be read forward, while its header is looked at:
    /// libraries point back to tables in their first megabytes.
    /// </summary>
    public const int InspectedBytes = 16 * 1024 * 1024;

    /// <summary>Archives within one file of Java or Python that are looked into. A large application brings some hundreds.</summary>
    public const int NestedArchives = 1_000;

    /// <summary>
    /// Bytes that the archives within one file may inflate to: a second of work.
    /// Larger applications store theirs uncompressed.
    /// </summary>
    public const long NestedArchiveBytes = 256L * 1024 * 1024;

    /// <summary>Tables of contents of one file and of the archives within it, in bytes: half a million entries.</summary>
    public const long ArchiveTableBytes = 64L * 1024 * 1024;

    /// <summary>
    /// Native libraries of one file, and of the archives within it, whose header is read.
    /// The largest wheels have a thousand.
    /// </summary>
    public const int ArchiveLibraries = 20_000;

    /// <summary>Layers of one chain: overlayfs stacks 500 folders, and three are ours.</summary>
    public const int ChainLayers = 497;

    /// <summary>A project file in bytes. One of 200 images has some 50 KB, a release's image-references 200.</summary>
    public const int ProjectFileBytes = 4 * 1024 * 1024;

    /// <summary>
    /// Nodes of a project file, those behind YAML's aliases counted each time: an alias of aliases of aliases is an old bomb.
    /// </summary>
    public const int ProjectNodes = 500_000;

    /// <summary>Nesting of a project file; nothing that it may hold is a tenth as deep, and it bounds the stack.</summary>
    public const int ProjectDepth = 64;

    /// <summary>Images of one project; a matrix multiplies.</summary>
    public const int ProjectImages = 10_000;

    /// <summary>
    /// Files of a context that a check looks at; one that is larger is mostly there by mistake, and a check should end within seconds.
    /// </summary>
    public const int SurveyedFiles = 200_000;
}
