using System.Net.Sockets;
using System.Text;
using Manifold.Linux;

namespace Manifold.Tests.Linux;

/// <summary>A tree that somebody else made names a file, and this machine opens it. <c>canary</c> lies beside the tree.</summary>
public sealed class ReadingAFileOfAForeignTree : IDisposable
{
    private const string Secret = "the canary's song";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder folder = new();
    private readonly ForeignFolder tree;

    public ReadingAFileOfAForeignTree()
    {
        folder.Write("canary", Secret);
        folder.Write("tree/file", "inside");
        folder.Write("tree/below/deep", "deep");
        tree = new ForeignFolder(folder["tree"], "the context");
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("file", "inside")]
    [InlineData("./below//deep", "deep")]
    [InlineData("below/../file", "inside")]
    [InlineData("../../../file", "inside")]
    [InlineData("/file", "inside")]
    public void a_file_of_the_tree_is_read(string path, string content) => Assert.Equal(content, Read(path));

    /// <summary>BuildKit reads the Dockerfiles of these trees in the same way.</summary>
    [Theory]
    [InlineData("below/deep", "deep")]
    [InlineData("/below/deep", "deep")]
    [InlineData("below/../below/./deep", "deep")]
    [InlineData("../../../below/deep", "deep")]
    [InlineData("linked/deep", "deep")]
    [InlineData("below/up", "inside")]
    public void a_link_within_the_tree_is_followed(string target, string content)
    {
        Link("linked", "below");
        Link("below/up", "../file");
        Link("link", target);

        Assert.Equal(content, Read("link"));
    }

    [Theory]
    [InlineData("../canary")]
    [InlineData("/etc/passwd")]
    [InlineData("/proc/self/environ")]
    [InlineData("/proc/self/root/etc/passwd")]
    [InlineData("/dev/zero")]
    [InlineData("/dev/stdin")]
    [InlineData("below/../../canary")]
    [InlineData("out/canary")]
    [InlineData("nowhere")]
    [InlineData("link")]
    [InlineData("circle/x")]
    public void a_link_that_leads_elsewhere_or_nowhere_is_refused(string target)
    {
        Link("out", folder.Path);
        Link("circle", "circle");
        Link("link", target);

        Assert.DoesNotContain(Secret, Refused("link"), StringComparison.Ordinal);
    }

    [Fact]
    public void a_folder_that_is_a_link_leads_nowhere_else_either()
    {
        Link("out", folder.Path);

        Assert.Contains("'out/canary' in 'the context'", Refused("out/canary"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_pipe_is_refused_and_not_waited_for()
    {
        await SystemProgram.Run("mkfifo", folder["tree/pipe"]);

        Assert.Contains("it is a FIFO, not a file", await Task.Run(() => Refused("pipe")).WaitAsync(Patience), StringComparison.Ordinal);
    }

    [Fact]
    public void a_socket_is_refused()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder["tree/socket"]));

        Assert.Contains("it is a socket, not a file", Refused("socket"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("none/file")]
    [InlineData("file/file")]
    [InlineData("below")]
    [InlineData("")]
    [InlineData("..")]
    public void what_is_not_there_or_is_a_folder_is_no_file(string path) => Assert.Null(tree.TryOpen(path));

    [Fact]
    public void a_file_is_bounded_as_it_is_read()
    {
        Assert.Equal("inside"u8.ToArray(), tree.TryRead("file", 6));

        Assert.Contains("larger than 5 bytes", Assert.Throws<UsageException>(() => tree.TryRead("file", 5)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void a_file_as_large_as_a_disk_takes_no_memory()
    {
        using (var file = new FileStream(folder["tree/large"], FileMode.CreateNew))
            file.SetLength(1L << 40);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<UsageException>(() => tree.TryRead("large", 1024 * 1024));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 * 1024 * 1024);
    }

    /// <summary>A file that the user names may be behind a link, but nothing is waited for.</summary>
    [Fact]
    public async Task a_file_that_the_user_names_may_be_a_link_and_no_pipe()
    {
        Link("own", "../canary");
        await SystemProgram.Run("mkfifo", folder["tree/pipe"]);
        Link("zero", "/dev/zero");

        Assert.Equal(Secret, Encoding.UTF8.GetString(PlainFile.Read(folder["tree/own"], 100)));
        await Assert.ThrowsAsync<IOException>(() => Task.Run(() => PlainFile.Read(folder["tree/pipe"], 100)).WaitAsync(Patience));
        await Assert.ThrowsAsync<IOException>(() => Task.Run(() => PlainFile.Read(folder["tree/zero"], 100)).WaitAsync(Patience));
        Assert.Throws<FileNotFoundException>(() => PlainFile.Read(folder["tree/none"], 100));
    }

    private void Link(string path, string target) => File.CreateSymbolicLink(folder["tree/" + path], target);

    private string? Read(string path) => tree.TryRead(path, 100) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private string Refused(string path) => Assert.Throws<UsageException>(() => tree.TryRead(path, 100)).Message;
}
