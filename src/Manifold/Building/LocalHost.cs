using Manifold.Dockerfile;
using Manifold.Linux;
using Manifold.Planning;
using Manifold.Sandbox;

namespace Manifold.Building;

/// <summary>This machine as the host of units: refuses, before any work, steps that it cannot run.</summary>
internal sealed class LocalHost(Emulators emulators, OciRuntimes runtimes)
{
    public static LocalHost Of(BuilderTools tools) =>
        new(new Emulators(tools.Store, remembers: true), new OciRuntimes(tools.Store, tools.SearchPath));

    /// <summary>Looks for what needs no trial of a runtime: rights and emulators. Belongs in a plan.</summary>
    /// <exception cref="HostNotReadyException">A RUN needs rights that an ordinary user cannot give, or an emulator is missing.</exception>
    public async Task RequireForPlanAsync(IEnumerable<Step> steps)
    {
        var runs = steps.OfType<RunStep>().ToList();
        if (!UserNamespace.IsInitial && runs.Find(step => step.Security == RunSecurity.Insecure) is { } insecure)
            throw new HostNotReadyException($"{insecure.Name}: only root can use the capabilities and devices of this machine. "
                + "Run it with: sudo manifold …");
        foreach (var platform in runs.Select(step => step.Platform).Distinct())
            await emulators.RequireAsync(platform).ConfigureAwait(false);
    }

    /// <summary>The same, and an OCI runtime that works.</summary>
    /// <exception cref="HostNotReadyException">Something is missing.</exception>
    public async Task RequireAsync(IEnumerable<Step> steps)
    {
        if (steps.OfType<RunStep>().Any())
            await runtimes.FindAsync().ConfigureAwait(false);
        await RequireForPlanAsync(steps).ConfigureAwait(false);
    }
}
