using Manifold.Planning;
using Manifold.Publishing;
using Manifold.Registry;
using Manifold.Solving;

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
        if (plan.Problem is { } first && preflight.Problem is { } second)
            throw new PlanFailedException([first, second]);
        return (plan.Problem ?? preflight.Problem) is { } problem ? throw problem : new PlannedBuild(plan.Value!, preflight.Value);
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

/// <summary>Several things stand in the way of a build. The exit code is that of the gravest: a registry's refusal, else what is wrong with the file.</summary>
internal sealed class PlanFailedException(IReadOnlyList<ManifoldException> problems) : ManifoldException(string.Join('\n', problems.Select(problem => problem.Message)))
{
    public override int ExitCode => problems.OfType<RegistryException>().Any() ? 3 : problems[0].ExitCode;
}
