using Manifold.Nodes.Ssh;
using Manifold.Projects;

namespace Manifold.Tests.Nodes;

/// <summary>The texts are those of OpenSSH 9.2, recorded with Debian's client and server.</summary>
public sealed class ComplaintsOfSsh
{
    private const string Changed = """
        @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
        @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
        @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
        IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
        Someone could be eavesdropping on you right now (man-in-the-middle attack)!
        It is also possible that a host key has just been changed.
        The fingerprint for the ED25519 key sent by the remote host is
        SHA256:uURNlO0NFZJklY3im5fCmlbMDyQkdnAxLTCZ7HsgZ1o.
        Please contact your system administrator.
        Add correct host key in /home/me/.ssh/known_hosts to get rid of this message.
        Offending ED25519 key in /home/me/.ssh/known_hosts:1
          remove with:
          ssh-keygen -f "/home/me/.ssh/known_hosts" -R "[127.0.0.1]:12022"
        Host key for [127.0.0.1]:12022 has changed and you have requested strict checking.
        Host key verification failed.
        """;

    private const string Unprotected = """
        @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
        @         WARNING: UNPROTECTED PRIVATE KEY FILE!          @
        @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
        Permissions 0644 for '/home/me/.ssh/id' are too open.
        It is required that your private key files are NOT accessible by others.
        This private key will be ignored.
        Load key "/home/me/.ssh/id": bad permissions
        root@127.0.0.1: Permission denied (publickey,password,keyboard-interactive).
        """;

    [Theory]
    [InlineData("Host key verification failed.", nameof(SshProblem.UnknownHostKey))]
    [InlineData("No ED25519 host key is known for [127.0.0.1]:12022 and you have requested strict checking.\r\n"
        + "Host key verification failed.\r\n", nameof(SshProblem.UnknownHostKey))]
    [InlineData(Changed, nameof(SshProblem.ChangedHostKey))]
    [InlineData("root@127.0.0.1: Permission denied (publickey,password,keyboard-interactive).\r\n", nameof(SshProblem.Denied))]
    [InlineData("Permission denied, please try again.\r\nPermission denied, please try again.\r\n"
        + "root@127.0.0.1: Permission denied (publickey,password,keyboard-interactive).\r\n", nameof(SshProblem.Denied))]
    [InlineData(Unprotected, nameof(SshProblem.Denied))]
    [InlineData("root@127.0.0.1: Permission denied (publickey).\r\nkex_exchange_identification: Connection closed by remote host\r\n"
        + "Connection closed by UNKNOWN port 65535\r\n", nameof(SshProblem.Denied))] // a jump host refused
    [InlineData("ssh: Could not resolve hostname no-such-host.invalid: Name or service not known\r\n", nameof(SshProblem.NameUnknown))]
    [InlineData("ssh: connect to host 127.0.0.1 port 1: Connection refused\r\n", nameof(SshProblem.Refused))]
    [InlineData("Connection timed out during banner exchange\r\nConnection to 10.255.255.1 port 22 timed out\r\n",
        nameof(SshProblem.TimedOut))]
    [InlineData("command-line: line 0: Bad configuration option: foo\r\n", nameof(SshProblem.Configuration))]
    [InlineData("Can't open user config file /nonexistent: No such file or directory\r\n", nameof(SshProblem.Configuration))]
    [InlineData("kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 127.0.0.1 port 12099\r\n",
        nameof(SshProblem.Lost))]
    [InlineData("Connection to 127.0.0.1 closed by remote host.\r\n", nameof(SshProblem.Lost))]
    [InlineData("Unable to negotiate with 127.0.0.1 port 12022: no matching cipher found. Their offer: aes128-ctr\r\n",
        nameof(SshProblem.Other))]
    [InlineData("/bin/bash: line 1: exec: nc-not-there: not found\nkex_exchange_identification: Connection closed by remote host\r\n"
        + "Connection closed by UNKNOWN port 65535\r\n", nameof(SshProblem.Lost))]
    [InlineData("", nameof(SshProblem.Other))]
    public void have_a_meaning(string text, string problem) => Assert.Equal(problem, Explain(text).Problem.ToString());

    [Theory]
    [InlineData("ssh: connect to host 127.0.0.1 port 1: Connection refused\r\n")]
    [InlineData("ssh: Could not resolve hostname no-such-host.invalid: Name or service not known\r\n")]
    [InlineData("root@127.0.0.1: Permission denied (publickey).\r\n")]
    [InlineData("Unable to negotiate with 127.0.0.1 port 12022: no matching cipher found. Their offer: aes128-ctr\r\n")]
    public void are_quoted_in_one_line_that_names_the_node(string text)
    {
        var message = Explain(text).Message;

        Assert.StartsWith("Connecting to 'ssh://builder@pi:2222': ", message, StringComparison.Ordinal);
        Assert.Contains(text.Trim().TrimEnd('.'), message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.DoesNotContain("..", message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_changed_key_comes_with_the_command_that_removes_it() => Assert.Contains(
        "ssh-keygen -f \"/home/me/.ssh/known_hosts\" -R \"[127.0.0.1]:12022\"", Explain(Changed).Message, StringComparison.Ordinal);

    [Fact]
    public void a_terminal_changes_the_advice()
    {
        const string denied = "root@127.0.0.1: Permission denied (publickey).";
        Assert.Contains("no terminal", Explain(denied).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("no terminal", Explain(denied, isInteractive: true).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void control_characters_of_a_host_are_not_passed_on() =>
        Assert.DoesNotContain('\u001b', Explain("\u001b]0;evil\u0007 Connection refused").Message);

    private static SshException Explain(string text, bool isInteractive = false) =>
        new SshComplaint(NodeAddress.Parse("ssh://builder@pi:2222"), "ssh -p 2222 builder@pi", isInteractive).OfConnecting(text);
}
