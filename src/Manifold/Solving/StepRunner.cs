using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Copying;
using Manifold.Solving.Steps;

namespace Manifold.Solving;

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
internal sealed class StepRunner : IStepExecutor
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
