using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Manifold.Linux;

internal sealed partial class DirectoryHandle
{
    /// <summary>Makes a file that was not there and opens it for writing; null where the name is taken.</summary>
    public SafeFileHandle? TryCreateFile(string name)
    {
        var flags = FileCalls.WriteOnly | FileCalls.Create | FileCalls.Exclusive | FileCalls.NoFollow;
        var file = FileCalls.TryOpen(handle, Checked(name), flags, 0b110_000_000);
        if (file is null && !Taken)
            throw FileCalls.Failure($"Creating the file '{Described(name)}'");
        return file;
    }

    /// <summary>Makes a folder; false where the name is taken.</summary>
    public bool TryCreateFolder(string name, int mode) =>
        Made(FileCalls.MakeFolderAt(handle, Checked(name), (uint)mode), "Creating the folder", name);

    /// <summary>Makes a symbolic link whose target is taken as it is; false where the name is taken.</summary>
    public bool TryCreateSymbolicLink(string name, string target) =>
        Made(FileCalls.SymlinkAt(target, handle, Checked(name)), "Creating the symbolic link", name);

    /// <summary>
    /// Makes a device node or a fifo; <paramref name="type"/> is one of <see cref="FileStatus"/>'s. False where the name is taken.
    /// </summary>
    public bool TryCreateNode(string name, int type, uint major, uint minor) =>
        Made(FileCalls.MakeNodeAt(handle, Checked(name), (uint)type | 0b110_000_000, FileCalls.Device(major, minor)),
            "Creating the device node", name);

    /// <summary>Gives the file <paramref name="existing"/> of another folder a second name here; false where the name is taken.</summary>
    public bool TryLink(DirectoryHandle folder, string existing, string name) =>
        Made(FileCalls.LinkAt(folder.handle, Checked(existing), handle, Checked(name), 0),
            $"Linking '{folder.Described(existing)}' to", name);

    /// <summary>Removes whatever has this name, a folder with all below it; never anything beyond a mount point. Absent is done.</summary>
    /// <remarks>However deep it is: what lies deeper than <see cref="RemovalDepth"/> levels is moved up first,
    /// so neither stack nor open files grow with it.</remarks>
    public void Remove(string name)
    {
        var deep = new Queue<string>([name]);
        while (deep.TryDequeue(out var next))
            Remove(next, this, 0, deep);
    }

    private const int RemovalDepth = 64;

    /// <param name="top">Takes what lies too deep, under names that go to <paramref name="deep"/>.</param>
    private void Remove(string name, DirectoryHandle top, int depth, Queue<string> deep)
    {
        if (FileCalls.UnlinkAt(handle, Checked(name), 0) == 0 || Marshal.GetLastPInvokeError() == FileCalls.NoEntry)
            return;
        if (Marshal.GetLastPInvokeError() != FileCalls.IsAFolder)
            throw FileCalls.Failure($"Removing '{Described(name)}'");
        using (var folder = OpenForRemoval(name))
        {
            var moved = $".removing-{Guid.NewGuid():N}";
            if (depth >= RemovalDepth && folder is not null && FileCalls.RenameAt(handle, name, top.handle, moved) == 0)
            {
                deep.Enqueue(moved);
                return;
            }
            foreach (var child in folder?.Names() ?? [])
                folder!.Remove(child, top, depth + 1, deep);
        }
        Done(FileCalls.UnlinkAt(handle, name, FileCalls.AtRemoveFolder), "Removing", name);
    }

    // The owner may have taken all rights from himself; root is not stopped by that.
    private DirectoryHandle? OpenForRemoval(string name)
    {
        var status = Status(name);
        if (status is { IsMountPoint: true })
            throw new IOException($"Removing '{Described(name)}': a file system is mounted there, and mounted folders are never removed. "
                + $"Unmount it first: umount '{Described(name)}'");
        if (!Environment.IsPrivilegedProcess
            && status is { Type: FileStatus.Folder, Mode: var mode }
            && (mode & 0b111_000_000) != 0b111_000_000)
            SetMode(name, 0b111_000_000);
        return TryOpenFolder(name, out _);
    }

    public void SetOwner(string name, uint uid, uint gid) =>
        Done(FileCalls.ChangeOwnerAt(handle, Self(name), uid, gid, FileCalls.AtSymlinkNoFollow), "Setting the owner of", name);

    /// <summary>Sets the mode of a name that the caller knows not to be a symbolic link (which has none).</summary>
    public void SetMode(string name, int mode) =>
        Done(FileCalls.ChangeModeAt(handle, Self(name), (uint)mode, 0), "Setting the mode of", name);

    public unsafe void SetModified(string name, FileTime time)
    {
        var times = stackalloc FileCalls.TimeSpecification[2] { AtOnce(time), AtOnce(time) };
        Done(FileCalls.SetTimesAt(handle, Self(name), times, FileCalls.AtSymlinkNoFollow), "Setting the time of", name);
    }

    /// <summary>Owner, then mode (a change of owner clears setuid) of an open file.</summary>
    public static void SetOwnerAndMode(SafeFileHandle file, uint uid, uint gid, int mode)
    {
        if (FileCalls.ChangeOwner(file, uid, gid) != 0 || FileCalls.ChangeMode(file, (uint)mode) != 0)
            throw FileCalls.Failure("Setting the owner and mode of a file");
    }

    public static unsafe void SetModified(SafeFileHandle file, FileTime time)
    {
        var times = stackalloc FileCalls.TimeSpecification[2] { AtOnce(time), AtOnce(time) };
        if (FileCalls.SetTimes(file, times) != 0)
            throw FileCalls.Failure("Setting the time of a file");
    }

    private static FileCalls.TimeSpecification AtOnce(FileTime time) => new() { Seconds = time.Seconds, Nanoseconds = time.Nanoseconds };

    private static bool Taken => Marshal.GetLastPInvokeError() == FileCalls.Exists;

    private static string Self(string name) => name.Length == 0 ? "." : Checked(name);

    private bool Made(int result, string doing, string name)
    {
        if (result != 0 && !Taken)
            throw FileCalls.Failure($"{doing} '{Described(name)}'");
        return result == 0;
    }

    private void Done(int result, string doing, string name)
    {
        if (result != 0)
            throw FileCalls.Failure($"{doing} '{Described(name)}'");
    }
}
