using Manifold.Building.Units;
using Manifold.Dockerfile;
using Manifold.Events;
using Manifold.Linux;
using Manifold.Planning;
using Manifold.Sandbox;

namespace Manifold.Building;

/// <summary>This machine as the host of units.</summary>
internal sealed class LocalHost(Emulators emulators, OciRuntimes runtimes) : IUnitHost
{
    public static LocalHost Of(BuilderTools tools) =>
        new(new Emulators(tools.Store, remembers: true), new OciRuntimes(tools.Store, tools.SearchPath));

    public IUnitRunner Open(BuildSession session, Action<BuildEvent> on) => new LocalUnits(session, on);

    /// <summary>Checks rights and emulators, without starting a runtime.</summary>
    /// <exception cref="HostNotReadyException">A RUN needs rights that only root has, or an emulator is missing.</exception>
    public async Task RequireForPlanAsync(IEnumerable<Step> steps)
    {
        var runs = steps.OfType<RunStep>().ToList();
        if (!UserNamespace.IsInitial && runs.Find(step => step.Security == RunSecurity.Insecure) is { } insecure)
            throw new HostNotReadyException($"{insecure.Name}: only root can use the capabilities and devices of this machine. "
                + "Run it with: sudo manifold …");
        foreach (var platform in runs.Select(step => step.Platform).Distinct())
            await emulators.RequireAsync(platform).ConfigureAwait(false);
    }

    /// <summary>Also checks that an OCI runtime works.</summary>
    /// <exception cref="HostNotReadyException">Something is missing.</exception>
    public async Task RequireAsync(IEnumerable<Step> steps)
    {
        if (steps.OfType<RunStep>().Any())
            await runtimes.FindAsync().ConfigureAwait(false);
        await RequireForPlanAsync(steps).ConfigureAwait(false);
    }
}
