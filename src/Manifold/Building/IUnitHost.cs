using Manifold.Building.Units;
using Manifold.Events;
using Manifold.Planning;

namespace Manifold.Building;

/// <summary>The place where units run: this machine, or another one. Thread-safe.</summary>
internal interface IUnitHost
{
    /// <summary>Refuses steps that cannot run on this host. Called while a build is planned, before any work.</summary>
    /// <exception cref="HostNotReadyException">The host lacks something.</exception>
    Task RequireForPlanAsync(IEnumerable<Step> steps);

    /// <summary>The number of RUNs that other machines work on at a time, in addition to this machine's.</summary>
    int JobsElsewhere => 0;

    /// <summary>Opens a runner for the units of one image.</summary>
    IUnitRunner Open(BuildSession session, Action<BuildEvent> on);
}
