using Manifold.Building;
using Manifold.Building.Checking;
using Manifold.Content;
using Manifold.Registry;
using Manifold.Reporting;
using Manifold.Sandbox;

namespace Manifold.Cli;

/// <summary>Runs the build checks of an order: the findings on standard output, and exit code 1 if one is an error.</summary>
internal sealed class CheckRun(CliContext context, Store store, RegistryClient registry, string progressMode)
{
    public async Task<int> RunAsync(BuildOrder order, CancellationToken cancellation)
    {
        var checker = new BuildChecker(context.ToolsOn(store, registry), order, e => OrderRun.Warn(context, e));
        var checks = await checker.CheckAsync(cancellation);
        if (progressMode != "quiet" && (checks.Problems.IsEmpty || !checks.Components.IsEmpty))
        {
            var advice = await new BuildAdvisor(new Emulators(store, remembers: true), registry, context.Time)
                .OfAsync(checks.Builds, cancellation);
            await context.Out.WriteAsync(progressMode == "json" ? ChecksJson.Render(checks, advice)
                : ChecksText.Render(checks) + AdviceText.Render(advice));
        }
        SeveralProblemsException.ThrowIfAny(checks.Problems);
        return checks.Errors > 0 ? 1 : 0;
    }
}
