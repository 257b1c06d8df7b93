using System.Runtime.InteropServices;
using Manifold.Linux;
using Microsoft.Win32.SafeHandles;

namespace Manifold.Content;

/// <summary><c>index.json</c>, parsed once for each state that the file has.</summary>
/// <remarks>
/// Manifold replaces the file by renaming, so its inode changes; other tools write into it, so its size and times do. The parsed file
/// is kept open: the kernel gives its inode to no other file meanwhile. Times of files advance in steps of some milliseconds, so what
/// was written just before it was read is read once more after that. Thread-safe.
/// </remarks>
internal sealed class TagFile(string path) : IDisposable
{
    /// <summary>Longer than a step of the kernel's clock for files (1 to 10 ms).</summary>
    private static readonly TimeSpan ClockStep = TimeSpan.FromMilliseconds(20);

    /// <summary>Other tools write in place: a half-written file is read again this often, at this interval.</summary>
    private const int Readings = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly Lock loading = new();
    private volatile Loaded? current;

    public bool Exists => File.Exists(path);

    /// <exception cref="ContentMismatchException">The file is not an image index.</exception>
    public TagIndex Read()
    {
        if (State() is { } state && current is { } known && known.State == state)
            return known.Index;
        lock (loading)
        {
            if (State() is not { } now)
                return TagIndexFrame.Empty;
            if (current is { } loaded && loaded.State == now)
                return loaded.Index; // another thread loaded it while this one waited
            return Load();
        }
    }

    /// <summary>Writes a new file beside and renames it: readers see the old one or the new one.</summary>
    /// <remarks>The caller holds the lock of all writers.</remarks>
    public void Replace(TagIndex index)
    {
        var temporary = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp";
        SafeFileHandle? written = null;
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 256 * 1024))
            {
                foreach (var piece in index.Pieces())
                    stream.Write(piece.Span);
            }
            written = Open(temporary);
            var before = FileCalls.TryStatus(written, "");
            File.Move(temporary, path, overwrite: true);
            // The renaming itself is a change of the file; one that comes from elsewhere is another size or time of the content.
            if (FileCalls.TryStatus(written, "") is { } after && (after.Modified, after.Size) == (before?.Modified, before?.Size))
            {
                lock (loading)
                    Become(new Loaded(index, FileState.Of(after), written));
                written = null;
            }
        }
        finally
        {
            written?.Dispose();
            File.Delete(temporary);
        }
    }

    private TagIndex Load()
    {
        for (var reading = 1; ; reading++)
        {
            try
            {
                return LoadOnce();
            }
            catch (FormatException) when (reading < Readings)
            {
                Thread.Sleep(Pause);
            }
            catch (FormatException e)
            {
                throw new ContentMismatchException(
                    $"Reading '{path}': {e.Message} Fix the file, or move it to another folder. The images themselves are not affected.");
            }
            catch (FileNotFoundException)
            {
                return TagIndexFrame.Empty;
            }
        }
    }

    private TagIndex LoadOnce()
    {
        var file = Open(path);
        try
        {
            var before = FileCalls.TryStatus(file, "");
            var bytes = new byte[RandomAccess.GetLength(file)];
            var length = 0;
            while (length < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(length), length) is var count and > 0)
                length += count;
            var index = TagIndexFrame.Parse(bytes.AsMemory(0, length));
            var isSettled = before is { } first && FileCalls.TryStatus(file, "") == before && length == first.Size
                && Age(first.Modified).Duration() > ClockStep;
            Become(isSettled ? new Loaded(index, FileState.Of(before!.Value), file) : null);
            file = isSettled ? null : file;
            return index;
        }
        finally
        {
            file?.Dispose();
        }
    }

    private static TimeSpan Age(FileTime time) =>
        TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch
        - TimeSpan.FromSeconds(time.Seconds) - TimeSpan.FromMicroseconds(time.Nanoseconds / 1000);

    private void Become(Loaded? next)
    {
        current?.File.Dispose();
        current = next;
    }

    private FileState? State() => FileCalls.TryStatus(null, path) is { IsRegularFile: true } status ? FileState.Of(status)
        : File.Exists(path) ? new FileState() // a link: what it leads to may change unseen, so it is read each time
        : null;

    // Not File.OpenHandle: it takes a flock, and this file stays open.
    private static SafeFileHandle Open(string path)
    {
        if (FileCalls.TryOpen(null, path, FileCalls.ReadOnly) is { } file)
            return file;
        if (Marshal.GetLastPInvokeError() == FileCalls.NoEntry)
            throw new FileNotFoundException(null, path);
        throw FileCalls.Failure($"Opening '{path}'");
    }

    private sealed record Loaded(TagIndex Index, FileState State, SafeFileHandle File);

    private readonly record struct FileState(ulong Device, ulong Inode, long Size, FileTime Modified, FileTime Changed)
    {
        public static FileState Of(FileStatus status) => new(status.Device, status.Inode, status.Size, status.Modified, status.Changed);
    }

    public void Dispose()
    {
        lock (loading)
            Become(null);
    }
}
