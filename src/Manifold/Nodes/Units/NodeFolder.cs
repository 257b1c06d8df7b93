using System.Collections.Immutable;
using System.Net.Sockets;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Nodes.Units;

/// <summary>The folder on a node in which callers keep their programs and the sockets of their sessions.</summary>
/// <remarks>
/// <code>
/// programs/DIGEST/manifold   touched before each use
/// sessions/ID                the socket of a session's server, which removes it at its end
/// </code>
/// </remarks>
internal sealed class NodeFolder(string path, TimeProvider time)
{
    private static readonly TimeSpan UnusedAge = TimeSpan.FromDays(1);

    // A server binds its socket before it listens.
    private static readonly TimeSpan BindingTime = TimeSpan.FromMinutes(1);

    private string ProgramsPath => Path.Combine(path, "programs");

    /// <summary>The number of the programs, and their bytes.</summary>
    public (int Count, long Bytes) MeasurePrograms()
    {
        var sizes = ProgramFolders().Select(BytesIn).ToList();
        return (sizes.Count, sizes.Sum());
    }

    /// <summary>Removes programs that were not used for a day, and sockets of sessions whose server is gone.</summary>
    /// <param name="current">The digest of the program to keep; null if it is unknown.</param>
    /// <remarks>A program that a process executes stays. Something that cannot be removed stays, too.</remarks>
    public RemovedLeftovers Clean(Digest? current)
    {
        var (programs, bytes, latest) = (0, 0L, time.GetUtcNow() - UnusedAge);
        var executed = RunningProcesses.Programs();
        foreach (var program in ProgramFolders().Where(each => Path.GetFileName(each) != current?.Hex))
        {
            var isUsed = LastUse(program) > latest || executed.Contains(Path.Combine(program, "manifold"));
            var size = BytesIn(program);
            if (!isUsed && TryDelete(() => Directory.Delete(program, recursive: true)))
                (programs, bytes) = (programs + 1, bytes + size);
        }
        foreach (var part in PartialCopies().Where(each => File.GetLastWriteTimeUtc(each) < latest))
        {
            var size = new FileInfo(part).Length;
            if (TryDelete(() => File.Delete(part)))
                bytes += size;
        }
        return new RemovedLeftovers(programs, bytes, CleanSessions());
    }

    private int CleanSessions()
    {
        var sockets = Path.Combine(path, "sessions");
        if (!Directory.Exists(sockets))
            return 0;
        using var handle = DirectoryHandle.Open(sockets);
        var latest = time.GetUtcNow() - BindingTime;
        return Directory.GetFiles(sockets).Count(each => Guid.TryParseExact(Path.GetFileName(each), "N", out _)
            && File.GetLastWriteTimeUtc(each) < latest
            // The path of a socket has at most 107 bytes: unix(7).
            && !Answers($"{handle.DescriptorPath}/{Path.GetFileName(each)}")
            && TryDelete(() => File.Delete(each)));
    }

    private ImmutableArray<string> ProgramFolders() => !Directory.Exists(ProgramsPath) ? []
        : [.. Directory.GetDirectories(ProgramsPath).Where(each => Digest.TryParse("sha256:" + Path.GetFileName(each), out _))
            .Order(StringComparer.Ordinal)];

    /// <summary>Copies that were interrupted, and what a killed check of the folder left.</summary>
    private IEnumerable<string> PartialCopies() => !Directory.Exists(ProgramsPath) ? []
        : Directory.GetFiles(ProgramsPath, ".part-*").Concat(Directory.GetFiles(ProgramsPath, ".trial-*"));

    private static long BytesIn(string program) => Directory.GetFiles(program).Sum(file => new FileInfo(file).Length);

    private static DateTime LastUse(string program) =>
        Directory.GetFiles(program).Select(File.GetLastWriteTimeUtc).Append(Directory.GetLastWriteTimeUtc(program)).Max();

    private static bool Answers(string socketPath)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(socketPath));
            return true;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode != SocketError.ConnectionRefused;
        }
    }

    private static bool TryDelete(Action delete)
    {
        try
        {
            delete();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

/// <summary>The leftovers of earlier builds that were removed from a node's folder.</summary>
/// <param name="Programs">The number of programs.</param>
/// <param name="Bytes">The bytes of programs, and of copies that were interrupted.</param>
/// <param name="Sessions">The number of sockets.</param>
internal sealed record RemovedLeftovers(int Programs, long Bytes, int Sessions);
