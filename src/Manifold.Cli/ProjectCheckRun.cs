using Manifold.Building;
using Manifold.Building.Checking;
using Manifold.Content;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Registry;
using Manifold.Reporting;
using Manifold.Sandbox;

namespace Manifold.Cli;

/// <summary>
/// One run of <c>manifold bake --check</c>: the findings by component on standard output; exit code 1 where one is an error.
/// </summary>
internal sealed class ProjectCheckRun(CliContext context, BakeCommandLine line)
{
    public async Task<int> RunAsync(Project project, (Store Store, RegistryClient Registry) tools, CancellationToken cancellation)
    {
        (bool IsGiven, string Name)[] others =
        [
            (line.Plan, "--plan"), (line.VerifyReproducible, "--verify-reproducible"), (line.Push, "--push"), (line.Load, "--load"),
        ];
        if (others.FirstOrDefault(each => each.IsGiven).Name is { } beside)
            throw new UsageException($"--check and {beside} cannot be used together: --check only reports problems. Run bake again for "
                + $"{beside}.");
        project = await RemoteContexts.PrepareAsync(project, tools.Store, source => line.SettingsOf(source, context), cancellation);
        var options = new GraphOptions
        {
            Names = line.Names,
            NoCache = line.NoCache,
            Pull = line.Pull,
            SourceDateEpoch = BuildOptions.EpochOf(context),
            LayoutReference = await new TakenImages(tools.Store, tools.Registry).PlaceLayoutsAsync(project, cancellation),
            RunSettings = _ => line.Allowed.To(new RunSettings()), // nothing runs, so nobody needs secrets
        };
        var checker = new ProjectChecker(context.ToolsOn(tools.Store, tools.Registry),
            project, options)
        {
            Pins = BakeLock.Find(context, project, line)?.Pins,
        };
        var checks = await checker.CheckAsync(e => OrderRun.Warn(context, e), cancellation);
        if (line.Progress != "quiet" && (checks.Problems.IsEmpty || !checks.Components.IsEmpty))
        {
            var advice = await new BuildAdvisor(new Emulators(tools.Store, remembers: true), tools.Registry, context.Time)
                .OfAsync(checks.Builds, cancellation);
            await context.Out.WriteAsync(line.Progress == "json" ? ChecksJson.Render(checks, advice)
                : ChecksText.Render(checks) + AdviceText.Render(advice));
        }
        SeveralProblemsException.ThrowIfAny(checks.Problems);
        return checks.Errors > 0 ? 1 : 0;
    }
}
