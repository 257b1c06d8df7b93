namespace Manifold.Sandbox;

/// <summary>Runs commands on chains of layers.</summary>
internal interface ISandbox
{
    /// <summary>Runs to the end. A command that fails is a result; only what kept it from running is an exception.</summary>
    Task<RunResult> RunAsync(RunRequest request, CancellationToken cancellation = default);
}
