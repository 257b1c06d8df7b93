using System.Collections.Immutable;
using Manifold.Nodes.Units;
using Manifold.Oci;

namespace Manifold.Nodes;

/// <summary>A machine that can take units: the facts that a choice depends on.</summary>
/// <param name="IsLocal">Whether it is this machine.</param>
/// <param name="Jobs">The number of units that it takes at a time.</param>
internal sealed record PlacementCandidate(string Name, bool IsLocal, NodeFacts Facts, int Jobs);

/// <summary>The machines that a unit may run on, all equally good, and the reason.</summary>
internal sealed record PlacementChoice(ImmutableArray<PlacementCandidate> Candidates, string Why);

/// <summary>The user's rules for the choice of machines.</summary>
/// <param name="AllowsEmulation">Whether a platform that no machine executes natively may be emulated.</param>
/// <param name="SharesWork">Whether this machine is as good as the nodes for what it executes natively.</param>
internal sealed record PlacementRules(bool AllowsEmulation, bool SharesWork);

/// <summary>Chooses the machines for a unit. Pure.</summary>
/// <remarks>
/// <code>
/// no RUN                           1  this machine: copying files here costs less than sending them
/// native for every RUN             2  the nodes; and this machine, if it is to share the work
///                                  3  this machine
/// emulation, if it is allowed      4  this machine
///                                  5  the nodes
/// </code>
/// Of several, the least loaded one gets the unit when it starts (<see cref="NodePool"/>).
/// </remarks>
internal static class Placement
{
    /// <summary>The reasons for a choice, as people read them.</summary>
    public const string Native = "native", Emulated = "emulated", NoRun = "no RUN";

    /// <param name="runs">The platforms of the unit's RUNs, each once.</param>
    /// <param name="machines">This machine and the nodes that are reachable.</param>
    /// <returns>Null if no machine can run the unit.</returns>
    public static PlacementChoice? Of(
        IReadOnlyCollection<Platform> runs, ImmutableArray<PlacementCandidate> machines, PlacementRules rules)
    {
        // 1
        if (runs.Count == 0)
            return new PlacementChoice([machines.First(machine => machine.IsLocal)], NoRun);
        // 2
        var able = machines.Where(machine => machine.Facts.RunProblem is null).ToList();
        var native = able.Where(machine => runs.All(run => Has(machine.Facts.Native, run))).ToList();
        if (native.Where(machine => !machine.IsLocal || rules.SharesWork).ToImmutableArray() is { IsEmpty: false } preferred)
            return new PlacementChoice(preferred, Native);
        // 3
        if (native.Count > 0)
            return new PlacementChoice([.. native], Native);
        if (!rules.AllowsEmulation)
            return null;
        var emulating = able.Where(machine =>
            runs.All(run => Has(machine.Facts.Native, run) || Has(machine.Facts.Emulated, run))).ToList();
        // 4
        if (emulating.Where(machine => machine.IsLocal).ToImmutableArray() is { IsEmpty: false } here)
            return new PlacementChoice(here, Emulated);
        // 5
        return emulating.Count > 0 ? new PlacementChoice([.. emulating], Emulated) : null;
    }

    /// <summary>Returns why no machine can run RUNs of these platforms, and what to do about it.</summary>
    public static string Explain(
        IReadOnlyCollection<Platform> runs, ImmutableArray<PlacementCandidate> machines, PlacementRules rules)
    {
        var reasons = machines.Select(machine => $"{(machine.IsLocal ? "this machine" : machine.Name)} {Reason(machine, runs, rules)}");
        return $"No machine can execute RUN for {string.Join(", ", runs)}: {string.Join("; ", reasons)}. "
            + "Name a machine that can with --on, or find out what is missing here: manifold doctor";
    }

    // A machine is known by its processor. Variants of it run as they do on one machine alone.
    private static bool Has(ImmutableArray<Platform> platforms, Platform wanted) =>
        platforms.Any(each => each.Os == wanted.Os && each.Architecture == wanted.Architecture);

    private static string Reason(PlacementCandidate machine, IReadOnlyCollection<Platform> runs, PlacementRules rules)
    {
        var facts = machine.Facts;
        if (facts.RunProblem is { } problem)
            return $"cannot execute RUN ({problem.TrimEnd('.')})";
        var emulated = runs.Where(run => Has(facts.Emulated, run)).ToList();
        return emulated.Count > 0 && !rules.AllowsEmulation
            ? $"is {facts.Platform} and could only emulate, which 'emulation: false' forbids"
            : $"is {facts.Platform} and has no "
                + $"emulator for {string.Join(", ", runs.Where(run => !Has(facts.Native, run) && !Has(facts.Emulated, run)))}";
    }
}
