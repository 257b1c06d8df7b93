using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Events;
using Manifold.Planning;
using Manifold.Sandbox;
using Manifold.Solving.Copying;
using Manifold.Solving.Keeping;

namespace Manifold.Solving.Steps;

/// <summary>The tools of a build's steps; created once per build.</summary>
internal sealed record StepTools
{
    public required LayerKeeper Layers { get; init; }
    public required StepCache Cache { get; init; }
    public required ISandbox Sandbox { get; init; }
    public required StepGate Gate { get; init; }
    public required ISourceTree Context { get; init; }

    /// <summary>Opens a named context; called once for each.</summary>
    public required Func<FolderSource, ISourceTree> OpenFolder { get; init; }

    /// <summary>Fetches the remote files of ADD.</summary>
    public required RemoteFiles Remotes { get; init; }

    /// <summary>The settings of RUNs beyond those of the Dockerfile.</summary>
    public required RunSettings Run { get; init; }

    /// <summary>Those that <see cref="Run"/> names.</summary>
    public required SshAgents Agents { get; init; }

    /// <summary>The folders that RUNs keep from build to build.</summary>
    public required CacheFolders Caches { get; init; }

    /// <summary>A folder on the store's disk for what is in the making; made when it is asked for.</summary>
    public required Func<string> WorkFolder { get; init; }

    public required TimeProvider Time { get; init; }
    public required Action<BuildEvent> On { get; init; }
    public required long FileTime { get; init; }
    public required bool NoCache { get; init; }

    /// <summary>The stages whose steps are done again, where not all are.</summary>
    public ImmutableArray<string> NoCacheFilter { get; init; } = [];

    /// <summary>The host name that RUNs see; null is the default.</summary>
    public string? Hostname { get; init; }

    /// <summary>A new name for what is in the making.</summary>
    internal string NewPath(string kind) => Path.Combine(WorkFolder(), kind + Guid.NewGuid().ToString("N"));

    /// <summary>A new folder for what is in the making.</summary>
    internal string NewFolder(string kind) => Directory.CreateDirectory(NewPath(kind)).FullName;
}
