using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Sandbox;
using Manifold.Solving.Copying;
using Manifold.Solving.Steps;

namespace Manifold.Solving;

/// <summary>What steps are done with; made once per build.</summary>
public sealed record StepTools
{
    public required LayerKeeper Layers { get; init; }
    public required StepCache Cache { get; init; }
    public required ISandbox Sandbox { get; init; }
    public required StepGate Gate { get; init; }
    public required ISourceTree Context { get; init; }

    /// <summary>Opens a named context; called once for each.</summary>
    public required Func<FolderSource, ISourceTree> OpenFolder { get; init; }

    /// <summary>Fetches what ADD takes from elsewhere.</summary>
    public required RemoteFiles Remotes { get; init; }

    /// <summary>What RUNs get besides what the Dockerfile says.</summary>
    public required RunSettings Run { get; init; }

    /// <summary>Those that <see cref="Run"/> names.</summary>
    public required SshAgents Agents { get; init; }

    /// <summary>What RUNs keep from build to build.</summary>
    public required CacheFolders Caches { get; init; }

    /// <summary>A folder on the store's disk for what is in the making; made when it is asked for.</summary>
    public required Func<string> WorkFolder { get; init; }

    public required TimeProvider Time { get; init; }
    public required Action<BuildEvent> On { get; init; }
    public required long FileTime { get; init; }
    public required bool NoCache { get; init; }

    /// <summary>The stages whose steps are done again, where not all are.</summary>
    public ImmutableArray<string> NoCacheFilter { get; init; } = [];

    /// <summary>What RUNs find as their machine's name; null is the default.</summary>
    public string? Hostname { get; init; }

    /// <summary>A new name for what is in the making.</summary>
    internal string NewPath(string kind) => Path.Combine(WorkFolder(), kind + Guid.NewGuid().ToString("N"));

    /// <summary>A new folder for what is in the making.</summary>
    internal string NewFolder(string kind) => Directory.CreateDirectory(NewPath(kind)).FullName;
}

/// <summary>Does single steps on this machine, each through the same gate: key → record, or else the work → record.</summary>
/// <remarks>
/// <code>
/// WORKDIR    <see cref="WorkdirMaker"/>       ─┐
/// COPY, ADD  <see cref="Copier"/>        ├─►  <see cref="StepRecords"/>: the key's record, or the work
/// RUN        <see cref="CommandRunner"/>      ─┘    │
///              <see cref="CommandMounts"/>           └─►  <see cref="StepFiles"/>: what is copied or shown, chosen and hashed once
/// </code>
/// A key holds everything that the result depends on, and content instead of names: files by digest, what is below by diff ids.
/// Thread-safe.
/// </remarks>
public sealed class StepRunner : IStepExecutor
{
    private readonly WorkdirMaker workdirs;
    private readonly Copier copies;
    private readonly CommandRunner commands;

    public StepRunner(StepTools tools)
    {
        var (records, files) = (new StepRecords(tools), new StepFiles(tools));
        workdirs = new WorkdirMaker(tools, records);
        copies = new Copier(tools, records, files);
        commands = new CommandRunner(tools, records, new CommandMounts(tools, records, files));
    }

    public Task<Digest?> ExecuteAsync(Step step, StepInputs inputs, CancellationToken cancellation) => step switch
    {
        RunStep run => commands.RunAsync(run, inputs, cancellation),
        CopyStep copy => copies.CopyAsync(copy, inputs, cancellation),
        WorkdirStep workdir => workdirs.MakeAsync(workdir, inputs, cancellation),
        _ => throw new InvalidOperationException($"{step.GetType().Name} cannot be solved."),
    };

    /// <summary>A linked copy does. A name in --chown is looked up in what lies below, so it has to be known.</summary>
    public bool StandsAlone(Step step) =>
        step is CopyStep { Link: true } copy && (copy.Chown is null || OwnerLookup.IsOfNumbers(copy.Chown));
}
