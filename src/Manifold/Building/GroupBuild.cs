using Manifold.Images;
using Manifold.Planning;
using Manifold.Solving;
using Manifold.Solving.Copying;
using Manifold.Solving.Steps;

namespace Manifold.Building;

/// <summary>The tools of one group of units while they are built. Equal steps of several platforms are done once.</summary>
internal sealed class GroupBuild : IDisposable
{
    private readonly Solver solver;
    private readonly ImageAssembler assembler;
    private readonly FileDigests digests;
    private readonly SshAgents agents;
    private int open;

    /// <param name="images">The number of images that the group has.</param>
    internal GroupBuild(Solver solver, ImageAssembler assembler, int images, FileDigests digests, SshAgents agents) =>
        (this.solver, this.assembler, open, this.digests, this.agents) = (solver, assembler, images, digests, agents);

    /// <summary>Returns what an image's config tells other builds of its steps; null if it tells nothing.</summary>
    internal Func<ImagePlan, string?> InlineCache { get; init; } = _ => null;

    /// <summary>Copies and runs what the cache does not know, and assembles the platform's image.</summary>
    public async Task<BuiltImage> MakeAsync(ImagePlan image, CancellationToken cancellation)
    {
        var solved = await solver.SolveAsync(image, cancellation).ConfigureAwait(false);
        var built = await assembler.AssembleAsync(image, solved, InlineCache(image), cancellation).ConfigureAwait(false);
        if (Interlocked.Decrement(ref open) == 0)
            digests.Save();
        return built;
    }

    public void Dispose() => agents.Dispose();
}
