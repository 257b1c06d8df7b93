using System.ComponentModel;
using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>The network of one RUN: a namespace, and the program that carries its traffic.</summary>
/// <remarks>
/// <code>
/// Begin   1  a namespace is made and mounted where the program finds it, seen by this thread's programs alone
///         2  still in this machine's network the thread starts the program, whose sockets are this machine's
///         3  the thread goes into the namespace: what the thread starts from here on has that network
/// Wait    4  addresses and routes are there; the kernel drops what must not leave (<see cref="TapFilter"/>)
/// Dispose 5  the program ends; the namespace goes with the last process in it
/// </code>
/// All of it on one <see cref="IsolatedThread"/>. The program asks the kernel to be killed when that thread ends,
/// so it does not outlive us.
/// </remarks>
internal sealed class PrivateNetwork : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string network, ready;
    private readonly StreamedProcess process;
    private readonly OutputReaders readers;

    private PrivateNetwork(string network, string ready, StreamedProcess process, OutputReaders readers) =>
        (this.network, this.ready, this.process, this.readers) = (network, ready, process, readers);

    /// <summary>Whether an exception of <see cref="Begin"/> or <see cref="Wait"/> says that a private network cannot be made.</summary>
    /// <remarks>A full disk does not.</remarks>
    public static bool IsLack(Exception e) =>
        e is IOException or UnauthorizedAccessException or Win32Exception && !DiskTrouble.IsIn(e);

    /// <param name="folder">Holds what belongs to it; nobody else writes there.</param>
    /// <param name="readers">Keep the program's last words.</param>
    public static PrivateNetwork Begin(NetworkProgram program, NetworkChoices choices, string folder, OutputReaders readers)
    {
        var (network, ready) = (Path.Combine(folder, "network"), Path.Combine(folder, "network-ready"));
        File.WriteAllText(network, "");
        // 1
        using var own = NetworkNamespace.Make(network);
        // 2
        var process = StreamedProcess.Start("setpriv",
            ["--pdeathsig", "KILL", "--", .. program.Command(network, ready, choices.SixthInterface, choices.ForwardsAt)]);
        readers.Begin(process);
        // 3
        own.Enter();
        return new PrivateNetwork(network, ready, process, readers);
    }

    /// <summary>Blocks until the network can be used.</summary>
    /// <exception cref="IOException">It cannot; with the program's own words.</exception>
    public void Wait(CancellationToken cancellation)
    {
        // 4
        var began = TimeProvider.System.GetTimestamp();
        while (!(File.Exists(ready) && new FileInfo(ready).Length > 0))
        {
            cancellation.ThrowIfCancellationRequested();
            if (process.HasEnded)
                throw new IOException(LastWords());
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new IOException($"it was not ready after {Patience.TotalSeconds:0} s.");
            Thread.Sleep(1);
        }
        TapFilter.Install(process.Id);
    }

    // Where no system log runs, pasta complains of that between its lines.
    private string LastWords()
    {
        readers.Join();
        return readers.Output.Tail
            .LastOrDefault(line => line.Trim().Length > 0 && !line.StartsWith("Failed to send ", StringComparison.Ordinal))?.Trim()
                ?? "it exited without a message.";
    }

    /// <summary>Idempotent.</summary>
    public void Dispose()
    {
        // 5
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        MountCalls.UnmountIfMounted(network);
    }
}

/// <summary>The settings that a private network takes from this machine.</summary>
/// <param name="SixthInterface">The interface of this machine's default route for IPv6; null where a RUN has no IPv6 either.</param>
/// <param name="ForwardsAt">The address at which questions for names are forwarded.</param>
internal sealed record NetworkChoices(string? SixthInterface, string? ForwardsAt);
