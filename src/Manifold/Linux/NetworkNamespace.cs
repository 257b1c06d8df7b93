using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Manifold.Linux;

/// <summary>A network namespace: interfaces, addresses, routes and sockets of its own.</summary>
/// <remarks>The calls change the network of the calling thread alone, which must be an <see cref="IsolatedThread"/>. Programs that it starts inherit it. Source: network_namespaces(7).</remarks>
internal sealed partial class NetworkNamespace : IDisposable
{
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET
    private const string OfThread = "/proc/thread-self/ns/net";

    private readonly SafeFileHandle handle;

    private NetworkNamespace(SafeFileHandle handle) => this.handle = handle;

    /// <summary>The namespace that the calling thread is in.</summary>
    public static NetworkNamespace Current() => new(File.OpenHandle(OfThread, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));

    /// <summary>Makes an empty namespace, in which the thread then is, and mounts it on a file so that programs can find it.</summary>
    public static NetworkNamespace Make(string path)
    {
        Check(Unshare(NewNetwork), "unshare", "network namespace");
        MountCalls.Bind(OfThread, path);
        return Current();
    }

    /// <summary>The thread is in this namespace from here on.</summary>
    public void Enter() => Check(SetNamespace(handle, NewNetwork), "setns", OfThread);

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
