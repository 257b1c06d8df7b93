using System.Diagnostics;
using System.Security.Cryptography;
using Manifold.Nodes.Ssh;
using Manifold.Projects;

namespace Manifold.EndToEnd.Nodes;

[Trait("kind", "end-to-end")]
public sealed class TalkingToANode
{
    [Fact]
    public async Task megabytes_pass_in_both_directions_at_once()
    {
        const int size = 24_000_000;
        await using var server = await SshServer.StartAsync();
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);
        await using var channel = connection.Start("cat");
        var content = new byte[size];
        new Random(7).NextBytes(content);

        var writing = Task.Run(async () =>
        {
            for (var at = 0; at < size; at += 60_000)
                await channel.Stream.WriteAsync(content.AsMemory(at, Math.Min(60_000, size - at)));
            channel.Stream.Dispose();
        });
        var read = Task.Run(() => SHA256.HashDataAsync(channel.Stream).AsTask());

        await Eventually.Ends(Task.WhenAll(writing, read));
        Assert.Equal(SHA256.HashData(content), await read);
        Assert.Equal(0, await channel.Exit);
        Assert.Null(await channel.End);
    }

    [Fact]
    public async Task each_answer_comes_at_once()
    {
        await using var server = await SshServer.StartAsync();
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);
        await using var channel = connection.Start("while read line; do echo \"<$line>\"; done");
        var buffer = new byte[10_000];
        for (var i = 0; i < 200; i++)
        {
            await channel.Stream.WriteAsync("ping\n"u8.ToArray());
            await channel.Stream.FlushAsync();
            var count = await Eventually.Ends(channel.Stream.ReadAsync(buffer).AsTask());
            Assert.Equal("<ping>\n", System.Text.Encoding.UTF8.GetString(buffer, 0, count));
        }
    }

    [Fact]
    public async Task a_command_that_fails_says_why_after_its_last_byte()
    {
        await using var server = await SshServer.StartAsync();
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);
        await using var channel = connection.Start("echo half; echo first >&2; echo the reason >&2; exit 7");
        var buffer = new byte[100];
        Assert.Equal(5, await Eventually.Ends(channel.Stream.ReadAsync(buffer).AsTask()));

        var failure = await Assert.ThrowsAsync<IOException>(() => Eventually.Ends(channel.Stream.ReadAsync(buffer).AsTask()));

        Assert.Equal(SshProblem.CommandFailed, Assert.IsType<SshException>(failure.InnerException).Problem);
        Assert.EndsWith("exit code 7: the reason", failure.Message, StringComparison.Ordinal);
        Assert.Equal(7, await channel.Exit);
        Assert.Equal("first\nthe reason\n", channel.ErrorTail);
    }

    [Fact]
    public async Task a_flood_of_complaints_needs_little_memory_and_its_end_is_kept()
    {
        await using var server = await SshServer.StartAsync();
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);
        await using var channel = connection.Start("seq 1000000 >&2; exit 1");

        Assert.Equal(1, await Eventually.Ends(channel.Exit));
        Assert.EndsWith("\n999999\n1000000\n", channel.ErrorTail, StringComparison.Ordinal);
        Assert.InRange(channel.ErrorTail.Length, 1000, 20_000);
    }

    [Fact]
    public async Task disposing_a_channel_ends_its_command()
    {
        await using var server = await SshServer.StartAsync();
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);
        var channel = connection.Start($"echo here; cat; echo >{server["ended"]}");
        await Eventually.Ends(channel.Stream.ReadAsync(new byte[10]).AsTask());

        await channel.DisposeAsync();

        await Eventually.Is(() => File.Exists(server["ended"]));
        Assert.True(connection.IsAlive);
    }

    [Fact]
    public async Task a_lost_connection_ends_channels_and_can_be_made_again()
    {
        await using var server = await SshServer.StartAsync();
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);
        await using var channel = connection.Start("cat");
        var read = channel.Stream.ReadAsync(new byte[10]).AsTask();
        await Eventually.Is(() => server.Serving().Count > 0);

        server.KillConnections();

        var failure = await Assert.ThrowsAsync<IOException>(() => Eventually.Ends(read));
        Assert.Equal(SshProblem.Lost, Assert.IsType<SshException>(failure.InnerException).Problem);
        await Eventually.Is(() => !connection.IsAlive);

        await Eventually.Ends(connection.ReconnectAsync(default));
        await using var next = connection.Start("cat");
        await next.Stream.WriteAsync("again"u8.ToArray());
        Assert.Equal(5, await Eventually.Ends(next.Stream.ReadAsync(new byte[10]).AsTask()));
    }

    [Fact]
    public async Task a_host_that_falls_silent_is_noticed_within_the_time_of_the_configuration()
    {
        await using var server = await SshServer.StartAsync();
        await File.AppendAllTextAsync(server.Configuration, "  ServerAliveInterval 1\n  ServerAliveCountMax 2\n");
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);
        await using var channel = connection.Start("cat");
        await channel.Stream.WriteAsync("x"u8.ToArray());
        await Eventually.Ends(channel.Stream.ReadAsync(new byte[10]).AsTask());

        await Tool.Run("kill", ["-STOP", .. server.Serving().Select(id => $"{id}")]);

        var failure = await Assert.ThrowsAsync<IOException>(() => Eventually.Ends(channel.Stream.ReadAsync(new byte[10]).AsTask()));
        Assert.Equal(SshProblem.Lost, Assert.IsType<SshException>(failure.InnerException).Problem);
    }

    [Fact]
    public async Task it_is_noticed_within_seconds_if_the_configuration_says_nothing()
    {
        await using var server = await SshServer.StartAsync();
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);

        var commandLines = Processes.Using(server["work"]).Select(id => File.ReadAllText($"/proc/{id}/cmdline").Replace('\0', ' '));

        foreach (var option in (string[])["ServerAliveInterval=5", "ServerAliveCountMax=3", "ConnectTimeout=15", "BatchMode=yes"])
            Assert.All(commandLines, line => Assert.Contains($"-o {option} ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task a_server_that_is_away_is_tried_until_it_is_back()
    {
        await using var server = await SshServer.StartAsync();
        await using var connection = await SshConnection.OpenAsync(server.Settings(), default);
        await server.StopAsync();
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var refusal = await Assert.ThrowsAsync<SshException>(() => Eventually.Ends(connection.ReconnectAsync(default)));
            Assert.Equal(SshProblem.Refused, refusal.Problem);
        }
        await server.StartAgainAsync();

        await Eventually.Ends(connection.ReconnectAsync(default));

        Assert.True(connection.IsAlive);
    }

    /// <summary>Our own process, killed while it holds a connection and a channel.</summary>
    [Fact]
    public async Task nothing_stays_when_we_are_killed()
    {
        await using var server = await SshServer.StartAsync();
        var start = new ProcessStartInfo(Environment.ProcessPath!,
            [
                .. Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal)
                    ? (string[])[typeof(TalkingToANode).Assembly.Location] : [],
                "-explicit", "only", "-method", $"{typeof(TalkingToANode).FullName}.{nameof(holding_a_connection_for_the_test_above)}",
            ])
        {
            RedirectStandardOutput = true,
        };
        start.Environment[Holding] = server.Command;
        start.Environment[Holding + "_WORK"] = server["work"];
        using var holder = Process.Start(start)!;
        await Eventually.Is(() => File.Exists(server["work"] + ".held") || holder.HasExited);
        Assert.False(holder.HasExited, holder.HasExited ? await holder.StandardOutput.ReadToEndAsync() : "");
        var processes = Processes.Using(server["work"]).Where(id => id != holder.Id).ToList();
        Assert.NotEmpty(processes);

        holder.Kill();

        await Eventually.Is(() => server.Serving().Count == 0);
        await Eventually.Is(() => !Processes.Using(server["work"]).Any());
    }

    private const string Holding = "MANIFOLD_TEST_HOLD_SSH";

    [Fact(Explicit = true)]
    public async Task holding_a_connection_for_the_test_above()
    {
        var work = Environment.GetEnvironmentVariable(Holding + "_WORK")!;
        await using var connection = await SshConnection.OpenAsync(new SshSettings
        {
            Address = NodeAddress.Parse("ssh://node"),
            WorkFolder = work,
            Command = Environment.GetEnvironmentVariable(Holding)!,
        }, default);
        await using var channel = connection.Start("echo here; cat");
        await channel.Stream.ReadExactlyAsync(new byte["here\n".Length]);
        await File.WriteAllTextAsync(work + ".held", "");
        await Task.Delay(Timeout.Infinite);
    }
}
