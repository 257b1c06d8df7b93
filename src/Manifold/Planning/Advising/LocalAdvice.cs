namespace Manifold.Planning.Advising;

/// <summary>The advice that needs no registry. Pure.</summary>
internal static class LocalAdvice
{
    /// <param name="isEmulated">Whether a RUN runs under emulation on this machine.</param>
    public static IEnumerable<BuildAdvice> Of(IEnumerable<AdvisedBuild> builds, Func<RunStep, bool> isEmulated)
    {
        var all = builds.ToList();
        return BuildAdvice.Merged(all.Where(build => build.Plan is not null)
            .SelectMany(build => CrossCompiling.Of(build.Plan!, isEmulated).Select(advice => advice with { Component = build.Component }))
            .Concat(SharedBases.Of(all.SelectMany(build => build.Bases.Select(image => new UsedBase(build.Component, image))))));
    }
}
