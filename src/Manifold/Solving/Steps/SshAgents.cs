using System.Collections.Concurrent;
using Manifold.Concurrency;
using Manifold.Linux;
using Manifold.Planning;

namespace Manifold.Solving.Steps;

/// <summary>
/// The ssh agents of one build: those that run already, and those that hold keys given as files, which are started when a RUN needs them.
/// </summary>
/// <remarks>Thread-safe. What was started ends with <see cref="Dispose"/>, and with this process however it ends.</remarks>
internal sealed class SshAgents(RunSettings settings, Func<string> workFolder) : IDisposable
{
    // The command ends with our end of the pipe, and ends the agent; where it cannot, the agent sees within 10 seconds that its command is
    // gone. Keys with a passphrase fail: nobody is asked.
    private const string Holding = "SSH_ASKPASS_REQUIRE=never SSH_ASKPASS=false DISPLAY= "
        + "setsid -w ssh-add -q -- \"$@\" </dev/null >&2 && echo ready && cat >/dev/null; kill $SSH_AGENT_PID";

    private readonly SharedWork<string, string> sockets = new();
    private readonly ConcurrentBag<HeldProcess> started = [];

    /// <summary>The socket of an agent; null where the build has none of this name.</summary>
    /// <exception cref="HostNotReadyException">ssh-agent is not installed.</exception>
    /// <exception cref="UsageException">A key cannot be used.</exception>
    public async Task<string?> SocketOfAsync(string id, CancellationToken cancellation) =>
        settings.Agents.FirstOrDefault(agent => agent.Id == id) switch
        {
            null => null,
            { Socket: { } running } => running,
            var agent => await sockets.GetAsync(id, stop => StartAsync(agent, stop), cancellation).ConfigureAwait(false),
        };

    private async Task<string> StartAsync(SshAgent agent, CancellationToken cancellation)
    {
        var folder = Directory.CreateDirectory(Path.Combine(workFolder(), "agent-" + Guid.NewGuid().ToString("N")),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        string[] arguments = ["-a", "agent", "sh", "-c", Holding, "sh", .. agent.Keys];
        if (await HeldProcess.StartAsync("ssh-agent", arguments, folder, cancellation).ConfigureAwait(false) is not var (process, failure))
            throw new HostNotReadyException($"--ssh {agent.Id}={string.Join(',', agent.Keys)}: "
                + "ssh-agent, which holds the keys for RUN, is not installed. Install it with: apt-get install openssh-client");
        started.Add(process);
        if (failure is not null)
            throw new UsageException($"--ssh {agent.Id}={string.Join(',', agent.Keys)}: a key cannot be used: {failure} If it has a "
                + $"passphrase, add it to your own agent: eval $(ssh-agent) && ssh-add KEY, then --ssh {agent.Id}");
        return Path.Combine(folder, "agent");
    }

    public void Dispose()
    {
        while (started.TryTake(out var process))
            process.Dispose();
    }
}
