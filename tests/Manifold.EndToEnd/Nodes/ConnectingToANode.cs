using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Manifold.Linux;
using Manifold.Nodes.Ssh;

namespace Manifold.EndToEnd.Nodes;

[Trait("kind", "end-to-end")]
public sealed class ConnectingToANode
{
    [Fact]
    public async Task the_host_describes_itself()
    {
        await using var server = await SshServer.StartAsync();
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);

        var profile = connection.Profile;
        Assert.Equal(("Linux", (await Tool.Run("uname", "-m")).Trim()), (profile.Os, profile.Machine));
        Assert.Equal((await Tool.Run("uname", "-r")).Trim(), profile.Kernel);
        Assert.Equal((await Tool.Run("getconf", "GNU_LIBC_VERSION")).Trim(), profile.Library);
        Assert.Equal(RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "linux/arm64" : "linux/amd64", profile.Platform.ToString());
        Assert.Equal(0, profile.UserId);
        Assert.Equal("/root", profile.Home);
        Assert.Equal(server.FolderOf("root"), profile.Folder);
        Assert.InRange(profile.FreeBytes!.Value, 1, new DriveInfo(server["."]).TotalSize);
        Assert.InRange(connection.ClockOffset.TotalSeconds, -60, 60);
        Assert.True(profile.HasGzip);
        Assert.Empty(profile.Programs);
        Assert.True(connection.IsAlive);
    }

    [Fact]
    public async Task an_ordinary_user_has_a_folder_of_its_own()
    {
        await using var server = await SshServer.StartAsync();
        await using var connection = await SshConnection.OpenAsync(server.Settings($"ssh://{SshServer.OrdinaryUser}@node"), default);

        Assert.Equal(int.Parse(await Tool.Run("id", "--user", SshServer.OrdinaryUser)), connection.Profile.UserId);
        Assert.Equal(server.FolderOf(SshServer.OrdinaryUser), connection.Profile.Folder);
    }

    [Fact]
    public async Task a_folder_from_the_settings_is_used()
    {
        await using var server = await SshServer.StartAsync();
        var settings = server.Settings() with { Folder = server["a place"] };
        await using var connection = await SshConnection.OpenAsync(settings, default);

        Assert.Equal(server["a place"], connection.Profile.Folder);
        Assert.True(Directory.Exists(server["a place/programs"]));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("dash")]
    [InlineData("fish")]
    [InlineData("tcsh")]
    [InlineData("busybox sh")]
    public async Task any_login_shell_will_do_and_may_print_a_banner(string shell)
    {
        Tool.Need(shell.Split(' ')[0]);
        await using var server = await SshServer.StartAsync(
            $"ForceCommand printf 'Welcome to '; exec {shell} -c \"$SSH_ORIGINAL_COMMAND\"");
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);
        await using var channel = connection.Start("printf \"%s|\" \"a  b\" $((1 + 2)) \"$HOME\" *\"?\"; cat");
        channel.Stream.Dispose();

        Assert.Equal("Welcome to a  b|3|/root|*?|", await Eventually.Ends(new StreamReader(channel.Stream).ReadToEndAsync()));
    }

    [Fact]
    public async Task all_sessions_use_one_login()
    {
        await using var server = await SshServer.StartAsync();
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);
        await using (var one = connection.Start("cat"))
        await using (var two = connection.Start("cat"))
        {
            one.Stream.Dispose();
            two.Stream.Dispose();
            Assert.Equal((0, 0), (await Eventually.Ends(one.Exit), await Eventually.Ends(two.Exit)));
        }

        Assert.Single(File.ReadLines(server["log"]), line => line.StartsWith("Accepted ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task the_users_own_shared_connection_is_used_and_left_alone()
    {
        await using var server = await SshServer.StartAsync();
        var socket = server["own"];
        await File.AppendAllTextAsync(server.Configuration, $"  ControlPath {socket}\n");
        using var own = await HoldAsync(server, "ssh", "-F", server.Configuration, "-M", "node", "echo here; cat");

        await using (var connection = await SshConnection.OpenAsync(server.Settings(), default))
        {
            await using var channel = connection.Start("cat");
            channel.Stream.Dispose();
            Assert.Equal(0, await Eventually.Ends(channel.Exit));
        }

        Assert.Single(File.ReadLines(server["log"]), line => line.StartsWith("Accepted ", StringComparison.Ordinal));
        await Tool.Run("ssh", "-F", server.Configuration, "-O", "check", "node");
    }

    [Fact]
    public async Task the_users_persistent_connection_is_left_open()
    {
        await using var server = await SshServer.StartAsync();
        await File.AppendAllTextAsync(server.Configuration, $"  ControlPath {server["own"]}\n  ControlMaster auto\n  ControlPersist 300\n");

        for (var i = 0; i < 2; i++)
        {
            await using var connection = await SshConnection.OpenAsync(server.Settings(), default);
            await using var channel = connection.Start("cat");
            channel.Stream.Dispose();
            Assert.Equal(0, await Eventually.Ends(channel.Exit));
        }

        Assert.Single(File.ReadLines(server["log"]), line => line.StartsWith("Accepted ", StringComparison.Ordinal));
        await Tool.Run("ssh", "-F", server.Configuration, "-O", "exit", "node");
    }

    [Fact]
    public async Task a_password_is_asked_for_once()
    {
        await using var server = await SshServer.StartAsync();
        File.SetUnixFileMode(server.Write("askpass", $"#!/bin/sh\necho asked >>{server["asked"]}\necho {SshServer.Password}\n"),
            UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.Delete(server.Key);
        var settings = server.Settings($"ssh://{SshServer.OrdinaryUser}@node") with
        {
            IsInteractive = true,
            Environment = ImmutableSortedDictionary<string, string>.Empty
                .Add("SSH_ASKPASS", server["askpass"]).Add("SSH_ASKPASS_REQUIRE", "force"),
        };

        await using var connection = await SshConnection.OpenAsync(settings, default);
        await using var channel = connection.Start("cat");
        channel.Stream.Dispose();
        Assert.Equal(0, await Eventually.Ends(channel.Exit));
        var refusal = await Assert.ThrowsAsync<SshException>(() => Eventually.Ends(connection.ReconnectAsync(default)));

        Assert.Equal(SshProblem.Denied, refusal.Problem);
        Assert.Single(File.ReadLines(server["asked"]));
    }

    [Fact]
    public async Task a_configuration_for_people_does_no_harm()
    {
        await using var server = await SshServer.StartAsync();
        await File.AppendAllTextAsync(server.Configuration, $"""
              RemoteCommand tmux attach
              RequestTTY force
              ForwardAgent yes
              LocalForward {server.Port} localhost:1
              ExitOnForwardFailure yes
              PermitLocalCommand yes
              LocalCommand touch {server["local"]}
              LogLevel QUIET

            """);
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);
        await using var channel = connection.Start("cat");
        channel.Stream.Dispose();

        Assert.Equal(0, await Eventually.Ends(channel.Exit));
        Assert.False(File.Exists(server["local"]));
    }

    [Fact]
    public async Task an_interrupt_in_the_terminal_does_not_end_it()
    {
        await using var server = await SshServer.StartAsync();
        await using var connection = await SshConnection.OpenAsync(server.Settings() with { IsInteractive = true }, default);
        await using var channel = connection.Start("echo here; cat");
        await channel.Stream.ReadExactlyAsync(new byte["here\n".Length]);

        // A terminal interrupts the processes of its foreground group.
        var interrupted = Processes.Using(server["work"]).Where(id => GroupOf(id) == GroupOf(Environment.ProcessId)).ToList();
        Assert.Single(interrupted);
        await Tool.Run("kill", "-INT", $"{interrupted[0]}");

        channel.Stream.Dispose();
        Assert.Equal(0, await Eventually.Ends(channel.Exit));
        Assert.True(connection.IsAlive);
    }

    [Fact]
    public async Task nothing_stays_after_it_is_closed()
    {
        await using var server = await SshServer.StartAsync();
        var connection = await SshConnection.OpenAsync(server.Settings(), default);
        var channel = connection.Start("cat");
        await channel.DisposeAsync();
        await connection.DisposeAsync();

        await Eventually.Is(() => server.Serving().Count == 0);
        Assert.Empty(Directory.GetFileSystemEntries(server["work"]));
        Assert.Empty(Processes.Using(server["work"]));
    }

    [Fact]
    public async Task a_work_folder_with_a_long_path_does_no_harm()
    {
        await using var server = await SshServer.StartAsync();
        var settings = server.Settings() with { WorkFolder = server[new string('w', 120)] };
        await using var connection = await SshConnection.OpenAsync(settings, default);
        await using var channel = connection.Start("cat");
        channel.Stream.Dispose();

        Assert.Equal(0, await Eventually.Ends(channel.Exit));
        Assert.Single(File.ReadLines(server["log"]), line => line.StartsWith("Accepted ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task a_cancelled_connection_leaves_nothing()
    {
        await using var server = await SshServer.StartAsync("ForceCommand sleep 1000");
        using var stop = new CancellationTokenSource();
        var opening = SshConnection.OpenAsync(server.Settings(), stop.Token);
        await Eventually.Is(() => server.Serving().Count > 0);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Eventually.Ends(opening));
        Assert.Empty(Processes.Using(server["work"]));
    }

    // proc_pid_stat(5): after the name in parentheses come the state, the parent, and the group.
    private static string GroupOf(int process) =>
        File.ReadAllText($"/proc/{process}/stat") is var stat ? stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[2] : "";

    private static async Task<HeldProcess> HoldAsync(SshServer server, string program, params string[] arguments)
    {
        var (process, failure) = (await HeldProcess.StartAsync(program, arguments, server["."], default))!.Value;
        Assert.Null(failure);
        return process;
    }
}
