using Manifold.Nodes.Ssh;

namespace Manifold.EndToEnd.Nodes;

[Trait("kind", "end-to-end")]
public sealed class NodesThatCannotBeUsed
{
    [Fact]
    public async Task an_unknown_host_key_is_refused_without_a_terminal()
    {
        await using var server = await SshServer.StartAsync();
        File.Delete(server.KnownHosts);

        var refusal = await RefusalAsync(SshProblem.UnknownHostKey, server.Settings());

        Assert.Contains($"ssh -F {server.Configuration} node", refusal, StringComparison.Ordinal);
        Assert.False(File.Exists(server.KnownHosts));
    }

    [Fact]
    public async Task a_changed_host_key_may_be_an_attack()
    {
        await using var server = await SshServer.StartAsync();
        await server.TrustAsync(server.Key + ".pub");

        var refusal = await RefusalAsync(SshProblem.ChangedHostKey, server.Settings());

        Assert.Contains($"ssh-keygen -f \"{server.KnownHosts}\" -R \"[127.0.0.1]:{server.Port}\"", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_password_cannot_be_asked_for_without_a_terminal()
    {
        await using var server = await SshServer.StartAsync();
        File.Delete(server.Key);

        var refusal = await RefusalAsync(SshProblem.Denied, server.Settings());

        Assert.Contains("Permission denied (publickey,password", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_server_that_is_down_refuses_the_connection()
    {
        await using var server = await SshServer.StartAsync();
        await server.StopAsync();

        var refusal = await RefusalAsync(SshProblem.Refused, server.Settings());

        Assert.Contains($"port {server.Port}: Connection refused", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_name_that_nobody_knows_is_not_resolved()
    {
        await using var server = await SshServer.StartAsync();

        await RefusalAsync(SshProblem.NameUnknown, server.Settings("ssh://no-such-host.invalid"));
    }

    [Fact]
    public async Task a_host_that_does_not_speak_is_given_up()
    {
        await using var server = await SshServer.StartAsync();
        await File.AppendAllTextAsync(server.Configuration, "  ConnectTimeout 1\n");
        await server.StopAsync();
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, server.Port);
        silent.Start();

        await RefusalAsync(SshProblem.TimedOut, server.Settings());
    }

    [Fact]
    public async Task a_wrong_configuration_is_quoted()
    {
        await using var server = await SshServer.StartAsync();
        await File.AppendAllTextAsync(server.Configuration, "  NoSuchOption yes\n");

        var refusal = await RefusalAsync(SshProblem.Configuration, server.Settings());

        Assert.Contains("MANIFOLD_SSH", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/usr/sbin/nologin", "This account is currently not available.")]
    [InlineData("internal-sftp", "POSIX shell")]
    [InlineData("echo Welcome to the menu", "Welcome to the menu")]
    public async Task an_account_without_a_shell_is_refused(string command, string says)
    {
        await using var server = await SshServer.StartAsync($"ForceCommand {command}");

        var refusal = await RefusalAsync(SshProblem.NoShell, server.Settings());

        Assert.Contains(says, refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_account_that_does_not_answer_is_given_up()
    {
        await using var server = await SshServer.StartAsync("ForceCommand cat");
        var time = new ManualTime();
        var refusal = RefusalAsync(SshProblem.TimedOut, server.Settings() with { Time = time });
        await Eventually.Is(() => time.HasAlarm);
        time.Advance(TimeSpan.FromSeconds(61));

        Assert.Contains("60 seconds", await refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("uname", "Darwin", nameof(SshProblem.NotLinux))]
    [InlineData("getconf", "glibc 2.31", nameof(SshProblem.WrongLibrary))]
    public async Task a_system_that_the_program_does_not_run_on_is_refused(string program, string answer, string problem)
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Write(program, $"#!/bin/sh\necho {answer}\n"), (UnixFileMode)0b111_101_101);
        await using var server = await SshServer.StartAsync($"ForceCommand PATH={folder.Path}:$PATH exec sh -c \"$SSH_ORIGINAL_COMMAND\"");

        Assert.Contains(answer, await RefusalAsync(Enum.Parse<SshProblem>(problem), server.Settings()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_folder_whose_programs_cannot_be_executed_is_refused()
    {
        await using var server = await SshServer.StartAsync();
        using var disk = await SmallDisk.MountAsync(server["noexec"], "noexec,size=1m");

        var refusal = await RefusalAsync(SshProblem.NotExecutable, InFolder(server, "noexec/here"));

        Assert.Contains("Set 'folder:'", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_folder_that_cannot_be_written_is_refused()
    {
        await using var server = await SshServer.StartAsync();
        var settings = server.Settings($"ssh://{SshServer.OrdinaryUser}@node");

        var refusal = await RefusalAsync(SshProblem.Unwritable, settings with { Folder = "/proc/1/x" });

        Assert.Contains("'/proc/1/x", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_folder_with_a_name_that_shells_interpret_is_refused()
    {
        await using var server = await SshServer.StartAsync();

        await RefusalAsync(SshProblem.Unwritable, InFolder(server, "it's"));
    }

    [Fact]
    public async Task ssh_itself_may_be_missing()
    {
        await using var server = await SshServer.StartAsync();

        var missing = await Assert.ThrowsAsync<HostNotReadyException>(() => SshConnection.OpenAsync(server.Settings() with
        {
            Command = "/nonexistent/ssh -F x",
        }, default));

        Assert.Contains("/nonexistent/ssh", missing.Message, StringComparison.Ordinal);
        Assert.Contains("openssh-client", missing.Message, StringComparison.Ordinal);
    }

    private static SshSettings InFolder(SshServer server, string folder) => server.Settings() with { Folder = server[folder] };

    private static async Task<string> RefusalAsync(SshProblem problem, SshSettings settings)
    {
        var refusal = await Assert.ThrowsAsync<SshException>(() => Eventually.Ends(SshConnection.OpenAsync(settings, default)));
        Assert.Equal(problem, refusal.Problem);
        Assert.Equal(4, refusal.ExitCode);
        Assert.DoesNotContain('\n', refusal.Message);
        Assert.Empty(Processes.Using(settings.WorkFolder));
        return refusal.Message;
    }
}
