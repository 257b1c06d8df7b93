using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Manifold.Linux;

/// <summary>A network namespace: interfaces, addresses, routes and sockets of its own.</summary>
/// <remarks>The calls change the network of the calling thread alone, which must be an <see cref="IsolatedThread"/>. Programs that it
/// starts inherit it. Source: network_namespaces(7).</remarks>
internal sealed partial class NetworkNamespace : IDisposable
{
    internal const int NewNetwork = 0x40000000; // CLONE_NEWNET
    private const string OfThread = "/proc/thread-self/ns/net";

    private readonly string path;

    private readonly SafeFileHandle handle;

    private NetworkNamespace(SafeFileHandle handle, string path) => (this.handle, this.path) = (handle, path);

    /// <summary>
    /// Makes an empty namespace and mounts it on a file, among the calling thread's mounts.
    /// The thread stays where it is.
    /// </summary>
    /// <remarks>By another thread, for an ordinary user's could not come back:
    /// the machine's network belongs to another user namespace.</remarks>
    public static NetworkNamespace Make(string path)
    {
        ExceptionDispatchInfo? failure = null;
        var maker = new Thread(() =>
        {
            try
            {
                Check(Unshare(NewNetwork), "unshare", "network namespace");
                MountCalls.Bind(OfThread, path);
            }
            catch (IOException e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        }, maxStackSize: 256 * 1024)
        {
            IsBackground = true,
            Name = "network",
        };
        maker.Start();
        maker.Join();
        failure?.Throw();
        return new NetworkNamespace(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), path);
    }

    /// <summary>The calling thread is in this namespace from here on.</summary>
    public void Enter() => Check(SetNamespace(handle, NewNetwork), "setns", path);

    public void Dispose() => handle.Dispose();

    private static void Check(int result, string call, string subject)
    {
        if (result == 0)
            return;
        var error = Marshal.GetLastPInvokeError();
        throw new IOException($"{call} '{subject}': {Marshal.GetPInvokeErrorMessage(error)}.", error);
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle handle, int kind);
}
