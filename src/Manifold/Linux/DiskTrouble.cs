using System.Collections.Immutable;
using System.ComponentModel;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Manifold.Linux;

/// <summary>Explains errors of this machine's disks: which disk, how much is free, and what to do. No other code does.</summary>
/// <remarks>
/// An exception of the system knows the kernel's error number and mostly a path; it may be the cause of another that says what was done.
/// Costs a few calls, and only after a failure.
/// </remarks>
internal static partial class DiskTrouble
{
    // EIO, ENFILE, EMFILE, ENOSPC, EROFS, EDQUOT
    internal const int IoError = 5, TooManyFilesAll = 23, TooManyFiles = 24, NoSpace = 28, ReadOnly = 30, OverQuota = 122;
    private const long Nothing = 1024 * 1024;

    /// <summary>Whether this is, or was caused by, a full, failing or read-only disk, or too many open files.</summary>
    public static bool IsIn(Exception e) => Causes(e).Any(cause => NumberOf(cause) is not null);

    /// <summary>Whether a disk takes no more: no byte to speak of, or no file.</summary>
    public static bool IsFull(string path) => DiskSpace.Of(path) is { } space && IsFull(space);

    /// <summary>The exception to show instead: its message says what was done, and names the disk and what to do.</summary>
    /// <returns>Null where no disk is the cause.</returns>
    /// <param name="store">The folder of the store; a prune makes room on its disk.</param>
    /// <param name="places">Where else something may have been written that the exception does not tell.</param>
    public static HostNotReadyException? Explain(Exception e, string store, params ReadOnlySpan<string> places)
    {
        if (e is HostNotReadyException)
            return null;
        if (Causes(e).Any(each => each is HostNotReadyException && IsIn(each)))
            return new HostNotReadyException(e.Message, e); // explained already, and wrapped again
        if (Causes(e).FirstOrDefault(each => NumberOf(each) is not null) is not { } cause)
            return null;
        var what = Describe(NumberOf(cause)!.Value, PlaceOf(cause, store, places), store);
        var at = e.Message.IndexOf(cause.Message, StringComparison.Ordinal);
        var doing = e == cause || at == 0 ? "" : at > 0 ? e.Message[..at].TrimEnd() + " " : e.Message.TrimEnd() + " ";
        return new HostNotReadyException(doing + what, e);
    }

    /// <summary>The same of a place that is known. Null where no disk is the cause.</summary>
    public static HostNotReadyException? ExplainAt(string path, Exception e, string store) =>
        Causes(e).Select(NumberOf).FirstOrDefault(number => number is not null) is { } number
            ? new HostNotReadyException(Describe(number, path, store), e) : null;

    /// <summary>Says that the disk of the store is full, and what to do.</summary>
    public static string DescribeFull(string store) => Describe(NoSpace, store, store);

    private static string Describe(int error, string path, string store)
    {
        var (mount, ofStore) = (DiskSpace.MountOf(path), DiskSpace.MountOf(path) == DiskSpace.MountOf(store));
        return error switch
        {
            TooManyFiles => $"Opening '{path}': this process has too many files open. Allow more with: ulimit -n 65536",
            TooManyFilesAll => $"Opening '{path}': this machine has too many files open. Allow more with: sysctl -w fs.file-max=1000000",
            IoError =>
                $"Using '{path}': the disk mounted on '{mount}' reports an input/output error. See the kernel log: dmesg | tail",
            ReadOnly => $"Writing '{path}': the disk mounted on '{mount}' is read-only. "
                + (ofStore ? "Choose another folder with MANIFOLD_ROOT, or make this one writable." : "Choose another destination."),
            _ when path == store =>
                $"Writing to the store '{store}': the disk mounted on '{mount}' is full ({Free(error, store)}). "
                + "Free up space with: manifold prune",
            _ => $"Writing '{path}': the disk mounted on '{mount}' is full ({Free(error, path)}). "
                + (ofStore ? "Free up space with: manifold prune" : "Free up space, or choose another destination."),
        };
    }

    private static string Free(int error, string path)
    {
        if (error == OverQuota)
            return "your disk quota is used up";
        if (DiskSpace.Of(path) is not { } space)
            return "the disk refuses more data";
        return space is { Files: > 0, FreeFiles: 0 } ? $"all of its {space.Files} inodes are in use; each file needs one"
            : string.Create(CultureInfo.InvariantCulture, $"{space.Free / 1e6:0.#} MB of {space.Size / 1e6:0.#} MB are free");
    }

    private static bool IsFull(DiskSpace space) => space.Free < Nothing || space is { Files: > 0, FreeFiles: 0 };

    // What the exception names, else the first place whose disk takes no more. A file that is gone again has freed its room.
    private static string PlaceOf(Exception cause, string store, ReadOnlySpan<string> places)
    {
        if (QuotedPath().Matches(cause.Message) is { Count: > 0 } quoted)
            return quoted[0].Groups[1].Value;
        foreach (var place in (ImmutableArray<string>)[store, .. places])
        {
            if (IsFull(place))
                return place;
        }
        return store;
    }

    private static int? NumberOf(Exception e)
    {
        var number = e is IOException ? e.HResult : e is Win32Exception failed ? failed.NativeErrorCode : 0;
        return number is IoError or TooManyFilesAll or TooManyFiles or NoSpace or ReadOnly or OverQuota ? number : null;
    }

    private static IEnumerable<Exception> Causes(Exception e)
    {
        IEnumerable<Exception> inner = e is AggregateException several ? several.InnerExceptions : e.InnerException is { } one ? [one] : [];
        return inner.SelectMany(Causes).Prepend(e);
    }

    [GeneratedRegex("'(/[^']*)'")]
    private static partial Regex QuotedPath();
}
