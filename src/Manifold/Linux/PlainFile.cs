using System.Runtime.InteropServices;

namespace Manifold.Linux;

/// <summary>
/// Reads files that people name, and whose links they may have made themselves:
/// links are followed, but nothing is waited for.
/// </summary>
internal static class PlainFile
{
    // What a shell hands over, e.g. -f <(command): the caller's own pipe, which ends.
    private static readonly string[] OwnDescriptors = ["/dev/fd/", "/proc/self/fd/", "/dev/stdin"];

    /// <summary>A file's content, with at most <paramref name="limit"/> bytes.</summary>
    /// <exception cref="IOException">It is not there, larger, or not a regular file; its message is a sentence.</exception>
    public static byte[] Read(string path, int limit)
    {
        using var file = Open(path);
        return ReadToEnd(file, limit) ?? throw new IOException($"'{path}' is larger than {limit} bytes.");
    }

    /// <summary>Opens a regular file from its beginning; owned by the caller. A FIFO or a device does not block.</summary>
    /// <exception cref="IOException">It is not there, or not a regular file.</exception>
    public static FileStream Open(string path)
    {
        if (IsOwnDescriptor(path))
            return new FileStream(path, FileMode.Open, FileAccess.Read);
        var file = FileCalls.TryOpen(null, path, FileCalls.ReadOnly | FileCalls.NonBlocking);
        if (file is null)
        {
            var isMissing = Marshal.GetLastPInvokeError() is FileCalls.NoEntry or FileCalls.NotAFolder;
            throw isMissing ? new FileNotFoundException($"'{path}' does not exist.", path) : FileCalls.Failure($"Opening '{path}'");
        }
        if (FileCalls.TryStatus(file, "") is { IsRegularFile: true })
            return new FileStream(file, FileAccess.Read, bufferSize: 0);
        var noun = FileCalls.TryStatus(file, "")?.Noun;
        file.Dispose();
        throw new IOException($"'{path}' is a {noun ?? "device"}, not a file.");
    }

    /// <summary>Whether a path is that of an open file of this process.</summary>
    public static bool IsOwnDescriptor(string path) => OwnDescriptors.Any(start => path.StartsWith(start, StringComparison.Ordinal));

    /// <summary>The rest of a stream; null if it has more than <paramref name="limit"/> bytes.</summary>
    /// <remarks>Its length is not asked: files of /proc say 0, and pipes have none.</remarks>
    public static byte[]? ReadToEnd(Stream stream, int limit)
    {
        using var content = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (stream.Read(buffer) is var count and > 0)
        {
            if (content.Length + count > limit)
                return null;
            content.Write(buffer, 0, count);
        }
        return content.ToArray();
    }
}
