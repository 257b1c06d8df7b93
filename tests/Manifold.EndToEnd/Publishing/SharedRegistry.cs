using Manifold.EndToEnd.Registry;


namespace Manifold.EndToEnd.Publishing;

/// <summary>One Debian registry for a class of tests; each test has a repository of its own.</summary>
public sealed class SharedRegistry : IAsyncLifetime
{
    private DebianRegistry? registry;

    public DebianRegistry Get()
    {
        Assert.SkipWhen(registry is null, "'docker-registry' is not installed here; test.sh installs it.");
        return registry;
    }

    public async ValueTask InitializeAsync() =>
        registry = Manifold.Linux.ChildProcess.Find("docker-registry", "/usr/bin:/bin") is null ? null : await DebianRegistry.StartAsync();

    public ValueTask DisposeAsync() => registry?.DisposeAsync() ?? ValueTask.CompletedTask;
}
