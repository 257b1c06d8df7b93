using Microsoft.Extensions.Hosting;

namespace Manifold.Server;

/// <summary>Leaves signals to the command line: the host must not take them.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
