using System.Text.RegularExpressions;

namespace Manifold.Verification.Reproducibility;

/// <summary>The causes that we know, each with what mends it. The reference is <c>docs/reproducibility.md</c>.</summary>
internal static partial class LikelyCauses
{
    public static LikelyCause TimeStamp { get; } = new(LikelyCauseKind.TimeStamp, "a timestamp",
        "use $SOURCE_DATE_EPOCH instead of the current time (ARG SOURCE_DATE_EPOCH), or remove the file in the same RUN");

    public static LikelyCause FileTime { get; } = new(LikelyCauseKind.TimeStamp,
        "the file's modification time, which is kept because it is older than SOURCE_DATE_EPOCH",
        "set a fixed time: touch -d @0 FILE");

    public static LikelyCause ArchivedTime { get; } = new(LikelyCauseKind.TimeStamp, "the modification times of the files in the archive",
        "create the archive with fixed times: tar --mtime=@0, gzip -n, or zip -X after touch -d @0");

    public static LikelyCause Path { get; } = new(LikelyCauseKind.Path, "the path of the build folder",
        "use go build -trimpath or -ffile-prefix-map=$PWD=., or build in the Dockerfile, where the folder is always the same");

    public static LikelyCause Uuid { get; } = new(LikelyCauseKind.Random, "a random identifier (UUID)",
        "generate it when the container starts, or derive it from the content: uuidgen --sha1");

    public static LikelyCause Random { get; } = new(LikelyCauseKind.Random, "a random value: a key, a seed or a hash",
        "use a fixed seed (PYTHONHASHSEED=0, RANDOM=1), or generate it when the container starts");

    public static LikelyCause Order { get; } = new(LikelyCauseKind.Order, "the same parts in a different order",
        "sort the parts: LC_ALL=C sort, tar --sort=name, sorted() for sets and maps");

    public static LikelyCause Argument { get; } = new(LikelyCauseKind.Argument,
        "a value in the project file that is computed for each build, such as BUILD_DATE",
        "derive it from the commit: BUILD_DATE=$(git log -1 --format=%cI)");

    public static LikelyCause Unknown { get; } = new(LikelyCauseKind.Unknown, "unknown",
        "run the step twice by hand and compare the output");

    public static LikelyCause OnlyOnce { get; } = new(LikelyCauseKind.Unknown,
        "it exists in only one of the builds: a temporary or numbered name, a download, or a race condition",
        "remove it in the same RUN, or give it a fixed name");

    /// <summary>What is known of a file by its path alone; null where nothing is.</summary>
    public static LikelyCause? ByPath(string path) => path switch
    {
        _ when path.EndsWith(".pyc", StringComparison.Ordinal) => new(LikelyCauseKind.TimeStamp,
            "the compiled Python file contains the modification time of its source",
            "compile by hash: python -m compileall --invalidation-mode unchecked-hash, or set PYTHONDONTWRITEBYTECODE=1"),
        "var/cache/ldconfig/aux-cache" => new(LikelyCauseKind.TimeStamp, "the cache of ldconfig contains times and inodes",
            "remove it in the same RUN: rm /var/cache/ldconfig/aux-cache"),
        "etc/machine-id" or "var/lib/dbus/machine-id" => new(LikelyCauseKind.Random,
            "the machine ID, which was generated during installation", "empty it in the same RUN: : > /etc/machine-id"),
        "etc/shadow" or "etc/shadow-" => new(LikelyCauseKind.TimeStamp, "the date of the last password change",
            "set a fixed date: chage --lastday 0 USER"),
        _ when path.StartsWith("var/log/", StringComparison.Ordinal) => new(LikelyCauseKind.TimeStamp, "a log, which contains timestamps",
            "remove it in the same RUN: rm -rf /var/log/*"),
        _ when path.StartsWith("var/lib/apt/lists/", StringComparison.Ordinal) => new(LikelyCauseKind.Network,
            "package lists, which depend on the mirror", "remove them in the same RUN: rm -rf /var/lib/apt/lists/*"),
        _ when HostKey().IsMatch(path) => new(LikelyCauseKind.Random, "a key, which was generated during installation",
            "remove it in the same RUN, and generate it when the container starts"),
        _ => null,
    };

    [GeneratedRegex(@"(^|/)ssh_host_[a-z0-9]+_key(\.pub)?\z")]
    private static partial Regex HostKey();
}
