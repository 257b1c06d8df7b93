using System.Collections.Concurrent;
using Manifold.Nodes.Ssh;
using Manifold.Oci;

namespace Manifold.EndToEnd.Nodes;

[Trait("kind", "end-to-end")]
public sealed class InstallingTheProgram
{
    // As large as ours, and as hard to compress; it starts as a shell script.
    private static readonly byte[] Content = MakeContent();

    [Fact]
    public async Task it_is_copied_once_and_used_again()
    {
        await using var server = await SshServer.StartAsync();
        string path;
        var done = new ConcurrentQueue<(long Done, long Total)>();
        await using (var connection = await SshConnection.OpenAsync(server.Settings(), default))
        {
            path = await Eventually.Ends(connection.InstallAsync(Program(), new Direct(done.Enqueue), default));
            Assert.Equal("it works\n", await Tool.Run(path));
        }
        Assert.Equal(Path.Combine(server.FolderOf("root"), "programs", Digest.Of(Content).Hex, "manifold"), path);
        Assert.Equal(Content, await File.ReadAllBytesAsync(path));
        Assert.Equal((Content.Length, Content.Length), done.Last());
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(path));
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);

        await using var next = await SshConnection.OpenAsync(server.Settings(), default);
        Assert.Equal([Digest.Of(Content)], next.Profile.Programs);
        Assert.Equal(path, await Eventually.Ends(next.InstallAsync(Program() with { Open = MustNotBeRead }, null, default)));
        Assert.NotEqual(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(path));
    }

    [Theory]
    [InlineData("fish")]
    [InlineData("tcsh")]
    [InlineData("busybox sh")]
    public async Task other_login_shells_make_no_difference(string shell)
    {
        Tool.Need(shell.Split(' ')[0]);
        await using var server = await SshServer.StartAsync($"ForceCommand exec {shell} -c \"$SSH_ORIGINAL_COMMAND\"");
        await using var connection = await SshConnection.OpenAsync(server.Settings($"ssh://{SshServer.OrdinaryUser}@node"), default);

        var path = await Eventually.Ends(connection.InstallAsync(Program(), null, default));

        Assert.Equal(Content, await File.ReadAllBytesAsync(path));
    }

    [Fact]
    public async Task a_host_without_gzip_and_sha256sum_will_do()
    {
        Tool.Need("busybox");
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101);
        File.CreateSymbolicLink(folder["sh"], "/bin/dash"); // BusyBox's own shell has all of its programs
        foreach (var name in (string[])["uname", "id", "date", "mkdir", "chmod", "rm", "df", "tail", "cat", "find", "rmdir", "wc", "mv"])
            File.CreateSymbolicLink(folder[name], "/bin/busybox");
        await using var server = await SshServer.StartAsync($"ForceCommand PATH={folder.Path} exec sh -c \"$SSH_ORIGINAL_COMMAND\"");
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);
        Assert.False(connection.Profile.HasGzip);
        Assert.NotNull(connection.Profile.FreeBytes);

        var path = await Eventually.Ends(connection.InstallAsync(Program(), null, default));

        Assert.Equal(Content, await File.ReadAllBytesAsync(path));
    }

    [Fact]
    public async Task two_at_once_do_no_harm()
    {
        await using var server = await SshServer.StartAsync();
        await using var one = await SshConnection.OpenAsync(server.Settings(), default);
        await using var two = await SshConnection.OpenAsync(server.Settings(), default);

        var paths = await Eventually.Ends(Task.WhenAll(
            one.InstallAsync(Program(), null, default), two.InstallAsync(Program(), null, default)));

        Assert.Single(paths.Distinct());
        Assert.Equal(Content, await File.ReadAllBytesAsync(paths[0]));
        Assert.Equal([paths[0]], Files(server));
    }

    [Fact]
    public async Task old_programs_and_leftovers_are_removed()
    {
        await using var server = await SshServer.StartAsync();
        var programs = Path.Combine(server.FolderOf("root"), "programs");
        string[] files = ["old/manifold", "new/manifold", "old/.part-1", "new/.part-2"];
        foreach (var file in files.Select(file => Path.Combine(programs, file)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, "");
            if (!file.EndsWith("new/manifold", StringComparison.Ordinal))
                File.SetLastWriteTimeUtc(file, File.GetLastWriteTimeUtc(file).AddDays(-32));
        }
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);

        var path = await Eventually.Ends(connection.InstallAsync(Program(), null, default));

        Assert.Equal([Path.Combine(programs, "new/manifold"), path], Files(server).Order(StringComparer.Ordinal).Reverse());
        Assert.False(Directory.Exists(Path.Combine(programs, "old")));
    }

    [Fact]
    public async Task a_lost_connection_leaves_no_part_of_it_and_the_next_copy_is_whole()
    {
        await using var server = await SshServer.StartAsync();
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);
        using var reached = new SemaphoreSlim(0);
        var program = Program() with { Open = () => new StallingStream(Content, 2_000_000, reached) };
        var copying = connection.InstallAsync(program, null, default);
        await Eventually.Ends(reached.WaitAsync());
        await Eventually.Is(() => Files(server).Any());
        server.KillConnections();

        var failure = await Assert.ThrowsAsync<SshException>(() => Eventually.Ends(copying));
        Assert.Equal(SshProblem.Lost, failure.Problem);
        await Eventually.Is(() => !Files(server).Any());

        await connection.ReconnectAsync(default);
        Assert.Equal(Content, await File.ReadAllBytesAsync(await Eventually.Ends(connection.InstallAsync(Program(), null, default))));
    }

    [Fact]
    public async Task a_full_disk_is_found_before_and_while_it_is_copied()
    {
        await using var server = await SshServer.StartAsync();
        using var disk = await SmallDisk.MountAsync(server["small"], "size=2m");
        await using var connection = await SshConnection.OpenAsync(server.Settings() with { Folder = server["small"] }, default);

        var before = await Assert.ThrowsAsync<SshException>(() => Eventually.Ends(connection.InstallAsync(Program(), null, default)));
        // It was not full when the host was asked.
        var small = Program() with { Size = 1_000_000 };
        var meanwhile = await Assert.ThrowsAsync<SshException>(() => Eventually.Ends(connection.InstallAsync(small, null, default)));

        Assert.Equal((SshProblem.DiskFull, SshProblem.DiskFull), (before.Problem, meanwhile.Problem));
        Assert.Contains("No space left on device", meanwhile.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(server["small"], "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task what_arrives_damaged_is_not_kept()
    {
        await using var server = await SshServer.StartAsync();
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);

        var failure = await Assert.ThrowsAsync<SshException>(() =>
            Eventually.Ends(connection.InstallAsync(Program() with { Digest = Digest.Of("other") }, null, default)));

        Assert.Equal(SshProblem.Damaged, failure.Problem);
        Assert.Empty(Files(server));
    }

    [Fact]
    public async Task a_disk_that_is_full_from_the_start_is_refused()
    {
        await using var server = await SshServer.StartAsync();
        using var disk = await SmallDisk.MountAsync(server["small"], "size=1m");
        await Tool.Try("dd", "if=/dev/zero", $"of={server["small/filler"]}", "bs=64k");

        var refusal = await Assert.ThrowsAsync<SshException>(() =>
            SshConnection.OpenAsync(server.Settings() with { Folder = server["small"] }, default));

        Assert.Equal(SshProblem.DiskFull, refusal.Problem);
    }

    private static NodeProgram Program() =>
        new(Platform.Host, Digest.Of(Content), Content.Length, "test", () => new MemoryStream(Content, writable: false));

    private static Stream MustNotBeRead() => throw new InvalidOperationException("It is there already.");

    private static IEnumerable<string> Files(SshServer server) =>
        Directory.EnumerateFiles(Path.Combine(server.FolderOf("root"), "programs"), "*", SearchOption.AllDirectories);

    private static byte[] MakeContent()
    {
        var content = new byte[8_000_000];
        new Random(15).NextBytes(content);
        "#!/bin/sh\necho it works; exit\n"u8.CopyTo(content);
        return content;
    }

    private sealed class Direct(Action<(long Done, long Total)> report) : IProgress<(long Done, long Total)>
    {
        public void Report((long Done, long Total) value) => report(value);
    }

    /// <summary>Waits for ever after some bytes.</summary>
    private sealed class StallingStream(byte[] content, int after, SemaphoreSlim reached) : MemoryStream(content, writable: false)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position >= after)
            {
                reached.Release();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
