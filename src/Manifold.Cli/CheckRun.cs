using Manifold.Building.Checking;
using Manifold.Content;
using Manifold.Registry;
using Manifold.Reporting;
using Manifold.Sandbox;

namespace Manifold.Cli;

/// <summary>One run of <c>manifold build --check</c>: the findings on standard output; exit code 1 where one is an error.</summary>
internal sealed class CheckRun(CliContext context, BuildCommandLine line)
{
    public async Task<int> RunAsync((Store Store, RegistryClient Registry) tools, CancellationToken cancellation)
    {
        var checker = new BuildChecker(context.ToolsOn(tools.Store, tools.Registry));
        var report = await checker.CheckAsync(line.Request, e => OrderRun.Warn(context, e), cancellation);
        if (line.Progress != "quiet")
        {
            var advice = await new BuildAdvisor(new Emulators(tools.Store, remembers: true), tools.Registry, context.Time)
                .OfAsync([report.Advised("")], cancellation);
            await context.Out.WriteAsync(line.Progress == "json" ? ChecksJson.Render(report, advice)
                : ChecksText.Render(report) + AdviceText.Render(advice));
        }
        return report.Errors > 0 ? 1 : 0;
    }
}
