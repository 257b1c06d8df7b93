using System.Collections;
using System.Collections.Immutable;
using Manifold.Events;
using Manifold.Registry;

namespace Manifold.Engine;

/// <summary>The settings of a <see cref="ManifoldEngine"/>. All have defaults.</summary>
public sealed record EngineOptions
{
    /// <summary>
    /// The environment variables by name. They say where the store, the credentials, the certificates and the OCI runtimes are, and which
    /// proxy to use. The default is a copy of this process's environment.
    /// </summary>
    public ImmutableSortedDictionary<string, string> Environment { get; init; } = OfThisProcess();

    /// <summary>
    /// The folder of the store; created if it is missing. Null means <c>$MANIFOLD_ROOT</c>, else <c>/var/lib/manifold</c> for
    /// root, else <c>$XDG_DATA_HOME/manifold</c>.
    /// </summary>
    public string? StoreFolder { get; init; }

    /// <summary>The settings for connections to registries; null reads them from the environment.</summary>
    public RegistryOptions? Registry { get; init; }

    /// <summary>Receives the events of builds and copies. Called from several threads.</summary>
    public Action<BuildEvent> On { get; init; } = _ => { };

    /// <summary>The clock of records and caches. It never appears in an image.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    private static ImmutableSortedDictionary<string, string> OfThisProcess() => System.Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToImmutableSortedDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);
}
