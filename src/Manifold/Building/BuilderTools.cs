using Manifold.Content;
using Manifold.Events;
using Manifold.Registry;

namespace Manifold.Building;

/// <summary>The tools of a builder. The caller owns them.</summary>
/// <param name="SearchPath">The folders to look for OCI runtimes in: the value of PATH.</param>
internal sealed record BuilderTools(Store Store, RegistryClient Registry, TimeProvider Time, string? SearchPath)
{
    /// <summary>Reports a warning, which does not stop the build.</summary>
    internal void Warn(Action<BuildEvent> on, string message) => on(new Warned(message) { Time = Time.GetUtcNow() });
}
