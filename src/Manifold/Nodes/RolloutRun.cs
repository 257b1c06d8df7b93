using System.Collections.Immutable;
using Manifold.Linux;
using Manifold.Projects;

namespace Manifold.Nodes;

/// <summary>A deployment was not restarted, or did not come up. What was published stays so.</summary>
internal sealed class RolloutFailedException(string message) : ManifoldException(message)
{
    public override int ExitCode => 1;
}

/// <summary>Restarts a deployment, so that it takes the images that were just published, and waits until it has.</summary>
/// <remarks>
/// Through <c>kubectl</c>, else <c>oc</c>, which know every way to log in to a cluster. Interrupted, it stops waiting; the cluster goes on.
/// </remarks>
internal sealed class RolloutRun(string? searchPath, Action<string> tell)
{
    /// <exception cref="HostNotReadyException">Neither kubectl nor oc is installed.</exception>
    /// <exception cref="RolloutFailedException">The cluster refused, or the deployment did not come up.</exception>
    public async Task RunAsync(Rollout rollout, CancellationToken cancellation)
    {
        var program = new[] { "kubectl", "oc" }.Select(name => ChildProcess.Find(name, searchPath)).FirstOrDefault(path => path is not null)
            ?? throw new HostNotReadyException("The images are published, but the deployment cannot be restarted: 'kubectl' or 'oc' is "
                + "not installed. Install one of them: apt-get install kubernetes-client");
        await RunAsync(program, "restart", rollout, cancellation).ConfigureAwait(false);
        await RunAsync(program, "status", rollout, cancellation).ConfigureAwait(false);
    }

    private async Task RunAsync(string program, string verb, Rollout rollout, CancellationToken cancellation)
    {
        ImmutableArray<string> command = [program, "rollout", verb, $"deployment/{rollout.Deployment}", .. rollout.Namespace is null
            ? Array.Empty<string>()
            : ["--namespace", rollout.Namespace]];
        var last = "";
        var code = await ChildProcess.StreamAsync(command, Directory.GetCurrentDirectory(),
            ImmutableSortedDictionary<string, string>.Empty, (line, _) => tell(last = line), cancellation).ConfigureAwait(false);
        if (code != 0)
            throw new RolloutFailedException(
                $"The images are published, but {Path.GetFileName(program)} rollout {verb} of deployment '{rollout.Deployment}' failed: "
                    + $"{last} "
                    + $"To see its status, run: {string.Join(' ', command.SetItem(0, Path.GetFileName(program)).SetItem(2, "status"))}");
    }
}
