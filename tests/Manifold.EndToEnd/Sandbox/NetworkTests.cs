using System.Net;
using System.Net.Sockets;
using Manifold.Linux;
using Manifold.Sandbox;

namespace Manifold.EndToEnd.Sandbox;

/// <summary>The network of a RUN that does not ask for a specific one.</summary>
public sealed class TheNetworkOfACommand(BusyBox box) : IClassFixture<BusyBox>
{
    [Fact]
    public async Task is_its_own_with_loopback_and_one_interface()
    {
        NeedsPasta();
        Assert.Equal("eth0\nlo", await box.Output(BusyBox.Shell("ls -1 /sys/class/net")));
        Assert.EndsWith("/pasta", (await new RunNetworks(box.Store, null).FindAsync()).Program, StringComparison.Ordinal);
    }

    [Fact]
    public async Task is_another_one_for_each()
    {
        NeedsPasta();
        var names = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(_ => box.Output(BusyBox.Shell("readlink /proc/self/ns/net; sleep 1"))));
        Assert.Equal(4, names.Append(new FileInfo("/proc/self/ns/net").LinkTarget).Distinct().Count());
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("127.0.0.1", "0.0.0.0")]
    [InlineData("127.0.0.1", "10.0.2.2")] // the gateway
    [InlineData("127.0.0.1", "::ffff:127.0.0.1")]
    [InlineData("::1", "::1")]
    public async Task does_not_reach_what_listens_on_this_machines_loopback(string listening, string address)
    {
        NeedsPasta();
        using var server = new TcpListener(IPAddress.Parse(listening), 0);
        server.Start();
        var port = ((IPEndPoint)server.LocalEndpoint).Port;

        using var result = await box.Run($"nc -w 1 {address} {port} </dev/null; echo ended");

        Assert.Contains("ended", result.Tail);
        Assert.False(server.Pending());
    }

    [Fact]
    public async Task has_no_abstract_sockets_of_this_machine()
    {
        NeedsPasta();
        var name = $"manifold-test-{Guid.NewGuid():N}";
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint("\0" + name));
        Assert.Equal("0", await box.Output(BusyBox.Shell($"grep -c {name} /proc/net/unix || true")));
    }

    [Fact]
    public async Task resolves_by_the_servers_that_it_can_reach()
    {
        NeedsPasta();
        var text = await box.Output(BusyBox.Shell("cat /etc/resolv.conf"));
        Assert.DoesNotContain("nameserver 127.", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task has_files_of_its_own_in_its_sys()
    {
        NeedsPasta();
        Assert.Equal("1", await box.Output(BusyBox.Shell("cat /sys/class/net/lo/carrier")));
    }

    [Fact]
    public async Task ends_with_it()
    {
        NeedsPasta();
        using var source = new CancellationTokenSource();
        var request = BusyBox.Shell("echo started; sleep 1000") with { OnLine = _ => source.CancelAfter(1) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => box.Sandbox.RunAsync(request, source.Token));
        Assert.DoesNotContain(Directory.GetDirectories("/proc").Select(CommandLine),
            line => line.Contains(box.Store.WorkFolder, StringComparison.Ordinal));
    }

    [Fact]
    public async Task is_this_machines_where_no_program_can_make_another_and_that_is_told()
    {
        var networks = new RunNetworks(box.Store, null, ["no-such-program"], hasOwn: false);
        var sandbox = new RunSandbox(box.Snapshots, box.Runtimes, box.Emulators, networks);

        using var result = await sandbox.RunAsync(BusyBox.Shell("readlink /proc/self/ns/net"), TestContext.Current.CancellationToken);

        Assert.Equal([new FileInfo("/proc/self/ns/net").LinkTarget!], result.Tail);
        var access = await networks.FindAsync();
        Assert.Equal(NetworkKind.Machine, access.Kind);
        Assert.Equal("apt-get install passt", access.Remedy);
    }

    [Fact]
    public async Task is_the_containers_in_a_container()
    {
        var networks = new RunNetworks(box.Store, null, [NetworkProgram.Pasta], hasOwn: true);
        var sandbox = new RunSandbox(box.Snapshots, box.Runtimes, box.Emulators, networks);
        using var result = await sandbox.RunAsync(BusyBox.Shell("readlink /proc/self/ns/net"), TestContext.Current.CancellationToken);
        Assert.Equal([new FileInfo("/proc/self/ns/net").LinkTarget!], result.Tail);
    }

    [Fact]
    public async Task is_not_made_by_a_program_that_never_gets_ready_and_its_words_are_kept()
    {
        using var folder = new TemporaryFolder();
        var program = folder.Write("pasta", "#!/bin/sh\necho 'No template interface' >&2\nexit 1\n");
        File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);

        var access = await new RunNetworks(box.Store, folder.Path, [NetworkProgram.Pasta], hasOwn: false).FindAsync();

        Assert.Equal(NetworkKind.Machine, access.Kind);
        Assert.Equal($"{program} does not work here (No template interface)", access.Reason);
    }

    /// <summary>With each program that carries a network's traffic: the kernel itself must keep such frames from it.</summary>
    [Theory]
    [InlineData(NetworkProgram.Pasta)]
    [InlineData(NetworkProgram.Slirp)]
    public async Task does_not_let_frames_written_by_hand_reach_this_machines_loopback(string name)
    {
        var path = ChildProcess.Find(name, null);
        Assert.SkipWhen(path is null, $"'{name}' is not installed here; test.sh installs it.");
        var own = OwnAddress.Find();
        Assert.SkipWhen(own is null, "This machine has no address but loopback.");
        using var folder = new TemporaryFolder();
        using var server = new TcpListener(IPAddress.Loopback, 0);
        using var allowed = new TcpListener(own, 0);
        server.Start();
        allowed.Start();
        var words = new OutputReaders(new RunOutput(null, new Redaction([]), TimeProvider.System));

        var arrived = await IsolatedThread.RunAsync(() =>
        {
            using var network = PrivateNetwork.Begin(new NetworkProgram(path), new NetworkChoices(null, null), folder.Path, words);
            network.Wait(CancellationToken.None);
            // In this order: the program takes frames as they come, so what the first one may do is done when the second has arrived.
            foreach (var target in (ReadOnlySpan<TcpListener>)[server, allowed])
                RawFrames.SendConnect(NetworkProgram.Interface, (IPEndPoint)target.LocalEndpoint);
            return allowed.Server.Poll(TimeSpan.FromSeconds(30), SelectMode.SelectRead);
        });

        Assert.True(arrived, "A frame to an address that is allowed did not arrive.");
        Assert.False(server.Pending());
    }

    private static void NeedsPasta() =>
        Assert.SkipWhen(ChildProcess.Find(NetworkProgram.Pasta, null) is null || new Surroundings().HasNetworkOfItsOwn,
            "'pasta' is not installed here (test.sh installs passt), or this is a container.");

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
