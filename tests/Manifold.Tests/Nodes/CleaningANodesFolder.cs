using System.Net.Sockets;
using Manifold.Nodes.Units;
using Manifold.Oci;

namespace Manifold.Tests.Nodes;

/// <summary>The folder on a node in which callers keep programs and sessions.</summary>
public sealed class CleaningANodesFolder : IDisposable
{
    private static readonly Digest Current = Digest.Of("current"), Other = Digest.Of("other");

    private readonly TemporaryFolder folder = new();
    private readonly ManualTime time = new();

    private DateTimeOffset Now => time.GetUtcNow();

    private NodeFolder Folder => new(folder.Path, time);

    public void Dispose() => folder.Dispose();

    private string Program(Digest digest, TimeSpan age, string name = "manifold")
    {
        var path = Aged(folder.Write($"programs/{digest.Hex}/{name}", "12345"), age);
        Directory.SetLastWriteTimeUtc(Path.GetDirectoryName(path)!, (Now - age).UtcDateTime);
        return path;
    }

    private string Aged(string path, TimeSpan age)
    {
        File.SetLastWriteTimeUtc(path, (Now - age).UtcDateTime);
        return path;
    }

    [Fact]
    public void a_program_that_was_not_used_for_a_day_goes()
    {
        var program = Program(Other, TimeSpan.FromHours(25));

        Assert.Equal(new RemovedLeftovers(1, 5, 0), Folder.Clean(Current));
        Assert.False(Directory.Exists(Path.GetDirectoryName(program)));
    }

    [Fact]
    public void a_program_of_the_last_day_stays()
    {
        var program = Program(Other, TimeSpan.FromHours(23));

        Assert.Equal(new RemovedLeftovers(0, 0, 0), Folder.Clean(Current));
        Assert.True(File.Exists(program));
    }

    [Fact]
    public void the_current_program_stays_without_what_an_interrupted_copy_left()
    {
        var program = Program(Current, TimeSpan.FromDays(40));
        var part = Aged(folder.Write("programs/.part-1", "12345"), TimeSpan.FromDays(2)); // as the script of a copy names it

        Assert.Equal(new RemovedLeftovers(0, 5, 0), Folder.Clean(Current));
        Assert.Equal((true, false), (File.Exists(program), File.Exists(part)));
    }

    [Fact]
    public async Task a_program_that_a_process_executes_stays()
    {
        var program = folder[$"programs/{Other.Hex}/manifold"];
        Directory.CreateDirectory(Path.GetDirectoryName(program)!);
        File.Copy("/bin/sleep", program);
        using var process = System.Diagnostics.Process.Start(program, "1000");
        try
        {
            Aged(program, TimeSpan.FromDays(2));
            Directory.SetLastWriteTimeUtc(Path.GetDirectoryName(program)!, (Now - TimeSpan.FromDays(2)).UtcDateTime);

            Assert.Equal(new RemovedLeftovers(0, 0, 0), Folder.Clean(Current));
            Assert.True(File.Exists(program));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        Assert.Equal(1, Folder.Clean(Current).Programs);
    }

    [Fact]
    public void other_folders_stay()
    {
        var file = Aged(folder.Write("programs/mine/file", "x"), TimeSpan.FromDays(99));

        Assert.Equal(new RemovedLeftovers(0, 0, 0), Folder.Clean(Current));
        Assert.True(File.Exists(file));
    }

    [Fact]
    public void a_socket_goes_only_if_its_server_is_gone()
    {
        Directory.CreateDirectory(folder["sessions"]);
        using var serving = Listen(out var alive, TimeSpan.FromHours(1));
        using var ended = Listen(out var gone, TimeSpan.FromHours(1));
        using var starting = Listen(out var young, TimeSpan.FromSeconds(10));
        ended.Dispose();
        starting.Dispose();

        Assert.Equal(new RemovedLeftovers(0, 0, 1), Folder.Clean(Current));
        Assert.Equal((true, false, true), (File.Exists(alive), File.Exists(gone), File.Exists(young)));
    }

    // .NET removes the file of a socket that is closed. A server that is killed does not.
    private Socket Listen(out string path, TimeSpan age)
    {
        path = folder[$"sessions/{Guid.NewGuid():N}"];
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder["bound"]));
        File.Move(folder["bound"], path);
        socket.Listen();
        Aged(path, age);
        return socket;
    }

    [Fact]
    public void programs_are_counted_with_their_bytes()
    {
        Program(Current, TimeSpan.Zero);
        Program(Other, TimeSpan.Zero);
        folder.Write("programs/mine/file", "not counted");

        Assert.Equal((2, 10), Folder.MeasurePrograms());
    }

    [Fact]
    public void a_folder_that_is_not_there_has_nothing()
    {
        var missing = new NodeFolder(folder["missing"], time);

        Assert.Equal((0, 0), missing.MeasurePrograms());
        Assert.Equal(new RemovedLeftovers(0, 0, 0), missing.Clean(Current));
    }
}
