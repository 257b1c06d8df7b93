using Manifold.Content;
using Manifold.Events;
using Manifold.Registry;
using Manifold.Solving.Keeping;

namespace Manifold.Building;

/// <summary>The tools of a builder. The caller owns them.</summary>
/// <param name="SearchPath">The folders to look for OCI runtimes in: the value of PATH.</param>
internal sealed record BuilderTools(Store Store, RegistryClient Registry, TimeProvider Time, string? SearchPath)
{
    /// <summary>Brings blobs of bases into the store; null pulls them from their registries.</summary>
    public BlobPull? PullBlob { get; init; }

    /// <summary>Reports a warning, which does not stop the build.</summary>
    internal void Warn(Action<BuildEvent> on, string message) => on(new Warned(message) { Time = Time.GetUtcNow() });
}
