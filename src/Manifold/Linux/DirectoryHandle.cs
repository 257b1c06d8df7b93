using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Manifold.Linux;

/// <summary>An open folder, and what one does with the names in it. A name is one component; no call follows a symbolic link.</summary>
/// <remarks>
/// Holding the folder, and not its path, is what makes unpacking safe: nothing that happens to the names above can lead a later call
/// elsewhere. Failures are <see cref="IOException"/>s whose HResult is the kernel's error number. Not thread-safe where it changes things.
/// </remarks>
internal sealed partial class DirectoryHandle : IDisposable
{
    private readonly SafeFileHandle handle;
    private readonly Place path;

    private DirectoryHandle(SafeFileHandle handle, Place path) => (this.handle, this.path) = (handle, path);

    /// <summary>A path for messages, put together only for one: the folders of a deep one would cost the square of its depth.</summary>
    private sealed record Place(Place? Folder, string Name)
    {
        public override string ToString()
        {
            var names = new Stack<string>();
            for (var at = this; at is not null; at = at.Folder)
                names.Push(at.Name);
            return string.Join('/', names);
        }
    }

    /// <summary>Opens the folder at a path of the machine (whose links are followed).</summary>
    public static DirectoryHandle Open(string path) =>
        new(FileCalls.TryOpen(null, path, FileCalls.Directory) ?? throw FileCalls.Failure($"Opening the folder '{path}'"),
            new Place(null, path));

    /// <summary>Opens a folder in this one; null where there is nothing of that name.</summary>
    /// <param name="isOther">There is something, and it is not a folder.</param>
    public DirectoryHandle? TryOpenFolder(string name, out bool isOther)
    {
        isOther = false;
        var file = FileCalls.TryOpen(handle, Checked(name), FileCalls.Directory | FileCalls.NoFollow);
        if (file is not null)
            return new DirectoryHandle(file, new Place(path, name));
        isOther = Marshal.GetLastPInvokeError() is FileCalls.NotAFolder or FileCalls.TooManyLinks;
        if (!isOther && Marshal.GetLastPInvokeError() != FileCalls.NoEntry)
            throw FileCalls.Failure($"Opening the folder '{Described(name)}'");
        return null;
    }

    /// <summary>A path that leads to this very folder, whatever its name is by now. Valid while the handle is open.</summary>
    public string DescriptorPath => $"/proc/self/fd/{handle.DangerousGetHandle()}";

    /// <summary>A second handle on this folder.</summary>
    public DirectoryHandle Duplicate() =>
        new(FileCalls.TryOpen(handle, ".", FileCalls.Directory) ?? throw FileCalls.Failure($"Opening the folder '{path}'"), path);

    /// <summary>Opens a file for reading. A fifo or a device in its place does not block.</summary>
    public SafeFileHandle OpenFile(string name) =>
        FileCalls.TryOpen(handle, Checked(name), FileCalls.ReadOnly | FileCalls.NoFollow | FileCalls.NonBlocking)
        ?? throw FileCalls.Failure($"Opening '{Described(name)}'");

    /// <summary>What a name is; null where there is nothing. The empty name is the folder itself.</summary>
    public FileStatus? Status(string name)
    {
        if (FileCalls.TryStatus(handle, name.Length == 0 ? "" : Checked(name)) is { } status)
            return status;
        if (Marshal.GetLastPInvokeError() != FileCalls.NoEntry)
            throw FileCalls.Failure($"Checking '{Described(name)}'");
        return null;
    }

    /// <summary>
    /// A short path to this folder, good for this process while the handle is open: the address of a socket has little room.
    /// </summary>
    internal string ShortPath => $"/proc/self/fd/{handle.DangerousGetHandle()}";

    /// <summary>What a path of the machine is (a link at its end is not followed); null where there is nothing.</summary>
    public static FileStatus? StatusOf(string path)
    {
        if (FileCalls.TryStatus(null, path) is { } status)
            return status;
        if (Marshal.GetLastPInvokeError() is not (FileCalls.NoEntry or FileCalls.NotAFolder))
            throw FileCalls.Failure($"Checking '{path}'");
        return null;
    }

    // Where struct linux_dirent64 has them.
    internal const int EntryLength = 16, EntryName = 19;

    /// <summary>The names in this folder, without <c>.</c> and <c>..</c>, in no order.</summary>
    public unsafe List<string> Names()
    {
        // getdents moves the handle's position; a fresh handle starts at the begin.
        using var fresh = Duplicate();
        var names = new List<string>();
        const int size = 32 * 1024;
        var buffer = stackalloc byte[size];
        while (true)
        {
            var count = FileCalls.ReadFolder(fresh.handle, buffer, size);
            if (count < 0)
                throw FileCalls.Failure($"Reading the folder '{path}'");
            if (count == 0)
                return names;
            for (var entry = buffer; entry < buffer + count; entry += *(ushort*)(entry + EntryLength))
            {
                var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + EntryName);
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                    names.Add(FileName.Decode(name));
            }
        }
    }

    public unsafe string ReadLink(string name)
    {
        const int size = 4096;
        var buffer = stackalloc byte[size];
        var length = FileCalls.ReadLinkAt(handle, Checked(name), buffer, size);
        if (length < 0)
            throw FileCalls.Failure($"Reading the link '{Described(name)}'");
        return FileName.Decode(new ReadOnlySpan<byte>(buffer, (int)length));
    }

    /// <summary>Opens a folder some levels below; the caller knows that all its parents are folders. Null if it does not exist.</summary>
    internal DirectoryHandle? TryOpenBelow(string relative)
    {
        var file = FileCalls.TryOpen(handle, relative.Length == 0 ? "." : relative, FileCalls.Directory | FileCalls.NoFollow);
        if (file is not null)
            return new DirectoryHandle(file, relative.Length == 0 ? path : new Place(path, relative));
        if (Marshal.GetLastPInvokeError() == FileCalls.NoEntry)
            return null;
        throw FileCalls.Failure($"Opening the folder '{path}/{relative}'");
    }

    private string Described(string name) => name.Length == 0 ? path.ToString() : $"{path}/{name}";

    // The kernel would walk a name with a slash, and `..` leaves the folder: neither may come from a layer as one component.
    private static string Checked(string name)
    {
        if (name is "" or "." or ".." || name.Contains('/', StringComparison.Ordinal))
            throw new ArgumentException($"'{name}' is not the name of something in a folder.", nameof(name));
        return name;
    }

    public void Dispose() => handle.Dispose();
}
