using System.Text.RegularExpressions;

namespace Manifold.Verification.Reproducibility;

/// <summary>The causes that we know, each with what mends it. The reference is <c>docs/reproducibility.md</c>.</summary>
internal static partial class LikelyCauses
{
    public static LikelyCause TimeStamp { get; } = new(LikelyCauseKind.TimeStamp, "a time stamp",
        "write $SOURCE_DATE_EPOCH instead of the clock's time (ARG SOURCE_DATE_EPOCH), or remove the file in the same RUN");

    public static LikelyCause FileTime { get; } = new(LikelyCauseKind.TimeStamp, "the file's own time, which is older than SOURCE_DATE_EPOCH and so is kept",
        "give it a fixed one: touch -d @0 FILE");

    public static LikelyCause ArchivedTime { get; } = new(LikelyCauseKind.TimeStamp, "the times of the files in the archive",
        "pack with fixed times: tar --mtime=@0, gzip -n, or zip -X after touch -d @0");

    public static LikelyCause Path { get; } = new(LikelyCauseKind.Path, "the path of the folder that it was built in",
        "keep the path out: go build -trimpath, -ffile-prefix-map=$PWD=., or build in the Dockerfile, where the folder is always the same");

    public static LikelyCause Uuid { get; } = new(LikelyCauseKind.Random, "a random identifier (UUID)", "make it when the container starts, or derive it from the content: uuidgen --sha1");

    public static LikelyCause Random { get; } = new(LikelyCauseKind.Random, "a random value: a key, a seed or a hash",
        "take a fixed seed (PYTHONHASHSEED=0, RANDOM=1), or make it when the container starts");

    public static LikelyCause Order { get; } = new(LikelyCauseKind.Order, "the order: the same parts, put together differently", "sort: LC_ALL=C sort, tar --sort=name, sorted() over sets and maps");

    public static LikelyCause Argument { get; } = new(LikelyCauseKind.Argument, "a value of the project file that is computed anew each time, such as BUILD_DATE",
        "take it from the commit: BUILD_DATE=$(git log -1 --format=%cI)");

    public static LikelyCause Unknown { get; } = new(LikelyCauseKind.Unknown, "not known", "run the step twice by hand and compare what it writes");

    public static LikelyCause OnlyOnce { get; } = new(LikelyCauseKind.Unknown, "it was there one time only: a temporary or numbered name, a download, or work that raced",
        "remove it in the same RUN, or give it a fixed name");

    /// <summary>What is known of a file by its path alone; null where nothing is.</summary>
    public static LikelyCause? ByPath(string path) => path switch
    {
        _ when path.EndsWith(".pyc", StringComparison.Ordinal) => new(LikelyCauseKind.TimeStamp, "Python's compiled file holds its source's time", "compile by hash: python -m compileall --invalidation-mode unchecked-hash, or PYTHONDONTWRITEBYTECODE=1"),
        "var/cache/ldconfig/aux-cache" => new(LikelyCauseKind.TimeStamp, "ldconfig's own cache holds times and inodes", "rm /var/cache/ldconfig/aux-cache in the same RUN"),
        "etc/machine-id" or "var/lib/dbus/machine-id" => new(LikelyCauseKind.Random, "the machine's identity, made while it was installed", "empty it in the same RUN: : > /etc/machine-id"),
        "etc/shadow" or "etc/shadow-" => new(LikelyCauseKind.TimeStamp, "the day of the last change of a password", "pass the day: chage --lastday 0 USER"),
        _ when path.StartsWith("var/log/", StringComparison.Ordinal) => new(LikelyCauseKind.TimeStamp, "a log, which has times", "remove it in the same RUN: rm -rf /var/log/*"),
        _ when path.StartsWith("var/lib/apt/lists/", StringComparison.Ordinal) => new(LikelyCauseKind.Network, "what the mirror had at that moment", "rm -rf /var/lib/apt/lists/* in the same RUN"),
        _ when HostKey().IsMatch(path) => new(LikelyCauseKind.Random, "a key, made while it was installed", "remove it in the same RUN, and make it when the container starts"),
        _ => null,
    };

    [GeneratedRegex(@"(^|/)ssh_host_[a-z0-9]+_key(\.pub)?$")]
    private static partial Regex HostKey();
}
