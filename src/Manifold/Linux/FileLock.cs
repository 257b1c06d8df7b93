using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Manifold.Linux;

/// <summary>
/// A lock on a file between processes, and between threads of one. The kernel drops it with its owner, however that ends.
/// </summary>
/// <remarks>Advisory: it binds those who ask. The file is made where it is not there, and stays. Source: flock(2).</remarks>
internal sealed partial class FileLock : IDisposable
{
    internal const int Shared = 1, Exclusive = 2, NonBlocking = 4;
    internal const int ReadWrite = 0x2, Interrupted = 4, WouldBlock = 11;
    private const int OwnerAndReaders = 0b110_100_100;

    private readonly SafeFileHandle file;

    private FileLock(SafeFileHandle file) => this.file = file;

    /// <summary>Waits until nobody else holds the file. For moments, not for work: the wait cannot be cancelled.</summary>
    public static FileLock Take(string path) => Take(path, Exclusive)!;

    /// <summary>Null where another holds it.</summary>
    public static FileLock? TryTake(string path) => Take(path, Exclusive | NonBlocking);

    /// <summary>Held together with others who share; null where one holds it alone.</summary>
    public static FileLock? TryShare(string path) => Take(path, Shared | NonBlocking);

    private static FileLock? Take(string path, int operation)
    {
        // Not File.OpenHandle: it takes a flock of its own, whatever its FileShare.
        var file = open(path, ReadWrite | FileCalls.Create | FileCalls.CloseOnExec, OwnerAndReaders);
        if (file.IsInvalid)
            throw Failed("Opening", path, Marshal.GetLastPInvokeError());
        while (flock(file, operation) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == Interrupted)
                continue;
            file.Dispose();
            return error == WouldBlock ? null : throw Failed("Locking", path, error);
        }
        return new FileLock(file);
    }

    private static IOException Failed(string doing, string path, int error) =>
        new($"{doing} '{path}': {new Win32Exception(error).Message}.", error);

    public void Dispose() => file.Dispose();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);
}
