using System.Collections.Immutable;
using Manifold.Sandbox;

namespace Manifold.Solving.Steps;

/// <summary>What one RUN was given for its mounts, until it is over: locks of caches, sockets of agents.</summary>
internal sealed class RunResources : IDisposable
{
    private readonly Stack<IDisposable> held = new();

    public ImmutableArray<SandboxMount>.Builder Mounts { get; } = ImmutableArray.CreateBuilder<SandboxMount>();
    public ImmutableArray<SecretVariable>.Builder Secrets { get; } = ImmutableArray.CreateBuilder<SecretVariable>();
    public ImmutableArray<string>.Builder Environment { get; } = ImmutableArray.CreateBuilder<string>();

    public T Hold<T>(T resource) where T : IDisposable
    {
        held.Push(resource);
        return resource;
    }

    public void Dispose()
    {
        while (held.TryPop(out var resource))
            resource.Dispose();
    }
}
