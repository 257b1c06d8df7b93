using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Sandbox;
using Manifold.Snapshots;

namespace Manifold.Bench;

/// <summary>
/// The claim: a network of its own adds less than 60 ms to the start of a RUN, and 100 MB from this machine itself arrive within half a
/// second.
/// </summary>
/// <remarks>Needs root, <c>busybox</c> (busybox-static) and <c>pasta</c> (passt); says so where they are absent.</remarks>
internal static class RunNetworkCost
{
    private const int Starts = 11, Downloads = 5, Bytes = 100_000_000;
    private const string Shell = "/usr/bin/busybox";
    private static readonly byte[] Answer = [.. "HTTP/1.0 200 OK\r\n\r\n"u8];

    /// <summary>Prints medians with this machine's network and with one of the RUN's own, which take turns.</summary>
    public static async Task RunAsync(TextWriter output)
    {
        if (!Environment.IsPrivilegedProcess || !File.Exists(Shell))
        {
            await output.WriteLineAsync("network of a RUN: needs root and busybox-static").ConfigureAwait(false);
            return;
        }
        var folder = Directory.CreateTempSubdirectory("manifold-bench-").FullName;
        await MeasureAsync(output, folder).ConfigureAwait(false);
        Directory.Delete(folder, recursive: true);
    }

    private static async Task MeasureAsync(TextWriter output, string folder)
    {
        using var store = Store.Open(Path.Combine(folder, "store"), AbandonedRuns.End);
        var snapshots = new SnapshotStore(store);
        var networks = new RunNetworks(store, null);
        var sandbox = new RunSandbox(snapshots, new OciRuntimes(store, null), new Emulators(store), networks);
        await snapshots.GetOrAddAsync(Digest.Of("busybox"), (made, _) =>
        {
            Directory.CreateDirectory(Path.Combine(made, "bin"));
            File.Copy(Shell, Path.Combine(made, "bin", "busybox"));
            return Task.FromResult(FolderSet.Empty);
        }).ConfigureAwait(false);

        Task<TimeSpan> Time(NetworkMode mode, params string[] words) => TimeAsync(sandbox, new RunRequest
        {
            Chain = [Digest.Of("busybox")],
            Arguments = ["/bin/busybox", .. words],
            Platform = Platform.Host,
            Network = mode,
        });
        await output.WriteLineAsync(
            $"network of a RUN: {(await networks.FindAsync().ConfigureAwait(false)).Program ?? "this machine's"}").ConfigureAwait(false);
        await CompareAsync(output, "start", Starts, mode => Time(mode, "true")).ConfigureAwait(false);
        if (Address() is { } address)
        {
            using var server = new TcpListener(address, 0);
            server.Start();
            _ = ServeAsync(server);
            var port = ((IPEndPoint)server.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
            await CompareAsync(output, "start and 100 MB", Downloads, mode =>
                Time(mode, "sh", "-c", $"/bin/busybox wget -q -O /dev/null http://{address}:{port}/")).ConfigureAwait(false);
        }
    }

    private static async Task CompareAsync(TextWriter output, string what, int rounds, Func<NetworkMode, Task<TimeSpan>> time)
    {
        var (own, machine) = (new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            machine.Add((await time(NetworkMode.Host).ConfigureAwait(false)).TotalMilliseconds);
            own.Add((await time(NetworkMode.Default).ConfigureAwait(false)).TotalMilliseconds);
        }
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  {what}: this machine's "
            + $"{Median(machine):0} ms, its own {Median(own):0} ms (least {machine.Min():0} and {own.Min():0})")).ConfigureAwait(false);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static async Task<TimeSpan> TimeAsync(RunSandbox sandbox, RunRequest request)
    {
        var began = Stopwatch.GetTimestamp();
        using var result = await sandbox.RunAsync(request).ConfigureAwait(false);
        return result.ExitCode == 0 ? Stopwatch.GetElapsedTime(began) : throw new InvalidOperationException(string.Join('\n', result.Tail));
    }

    private static IPAddress? Address() => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .Select(entry => entry.Address)
        .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));

    private static async Task ServeAsync(TcpListener server)
    {
        var piece = new byte[1_000_000];
        while (server.Server.IsBound)
        {
            using var client = await server.AcceptTcpClientAsync().ConfigureAwait(false);
            _ = await client.GetStream().ReadAsync(piece).ConfigureAwait(false); // the request
            await client.GetStream().WriteAsync(Answer).ConfigureAwait(false);
            for (var sent = 0; sent < Bytes; sent += piece.Length)
                await client.GetStream().WriteAsync(piece).ConfigureAwait(false);
        }
    }
}
