using Manifold.Building;
using Manifold.Events;
using Manifold.Planning;
using Manifold.Publishing;

namespace Manifold.Cli;

/// <summary>The first phase of a build, and all that <c>manifold plan</c> does: what stands in the way is found before any work, all of it at once.</summary>
/// <param name="Preflight">Null where nothing is to be published.</param>
internal sealed record PlannedBuild(BuildPlan Plan, Preflight? Preflight)
{
    /// <summary>Resolves the bases and asks the targets, at the same time.</summary>
    /// <exception cref="ManifoldException">A base is missing, a target refuses, or several of them: one message for all.</exception>
    public static async Task<PlannedBuild> MakeAsync(
        (Builder Builder, Publisher Publisher) tools, BuildRequest request, PublicationRequest? push, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var planning = Outcome.OfAsync(tools.Builder.PlanAsync(request, on, cancellation));
        var asking = Outcome.OfAsync(push is null ? Task.FromResult<Preflight?>(null) : AskAsync(tools.Publisher, request, push, cancellation));
        var (plan, preflight) = (await planning, await asking);
        SeveralProblemsException.ThrowIfAny([.. new[] { plan.Problem, preflight.Problem }.OfType<ManifoldException>()]);
        return new PlannedBuild(plan.Value!, preflight.Value);
    }

    private static async Task<Preflight?> AskAsync(Publisher publisher, BuildRequest request, PublicationRequest push, CancellationToken cancellation) =>
        (await publisher.PreflightAsync(push, request.Platforms, cancellation)).OrThrow();

    /// <summary>A value, or what the user is to be told.</summary>
    private sealed record Outcome<T>(T? Value, ManifoldException? Problem);

    private static class Outcome
    {
        public static async Task<Outcome<T>> OfAsync<T>(Task<T> work)
        {
            try
            {
                return new Outcome<T>(await work, null);
            }
            catch (ManifoldException e)
            {
                return new Outcome<T>(default, e);
            }
        }
    }
}
