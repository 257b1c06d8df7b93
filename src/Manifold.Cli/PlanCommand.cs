using System.CommandLine;
using Manifold.Building.Checking;
using Manifold.Planning;
using Manifold.Planning.Advising;
using Manifold.Publishing;
using Manifold.Reporting;
using Manifold.Sandbox;

namespace Manifold.Cli;

/// <summary>
/// <c>manifold plan</c>: what a build would do, from what, and what stands in its way. It builds nothing and writes no tag.
/// </summary>
internal static class PlanCommand
{
    public static Command Create(CliContext context)
    {
        var options = new BuildOptions();
        var json = new Option<bool>("--json") { Description = "Print the plan as JSON." };
        var set = new Option<string[]>("--set")
        {
            Description = "For a project: override a key of an image, as in 'manifold bake'. Repeatable.",
            HelpName = "KEY=VALUE",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        var locked = new Option<bool>("--locked") { Description = "For a project: use only images and sources that manifold.lock pins." };
        var command = new Command("plan", "Show what a build would do, without building. Also shows what it would publish and what would "
            + "stop it. Takes the arguments of 'manifold build'. For a project, add -f FILE and the name of an image.") { json, set,
            locked };
        options.AddTo(command, context, contextMayMiss: true);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (options.ReadProject(parsed) is { } file)
            {
                await new BakeRun(context, file with { Set = [.. parsed.GetValue(set) ?? []], Locked = parsed.GetValue(locked) })
                    .RunAsync(cancellation);
                return;
            }
            if (parsed.GetResult(set) is not null || parsed.GetValue(locked))
                throw new UsageException($"{(parsed.GetResult(set) is null ? locked.Name : set.Name)} needs a project. Name its file with "
                    + "-f manifold.yaml.");
            var line = options.Read(parsed, context);
            using var store = context.OpenStore();
            using var inUse = await store.LockSharedAsync(() => PruneCommand.TellOfWaiting(context), cancellation);
            using var registry = RegistryAccess.Open(context, line.Registries);
            line = line with { Request = await ContextFlags.PrepareAsync(context, (store, registry), line.Request, cancellation) };
            var order = new BuildRun(context, line).Order() with { PlansOnly = true };
            var tools = context.ToolsOn(store, registry);
            await using var hosts = await NodeConnections.OpenAsync(context, tools, order, cancellation);
            var project = await NodeConnections.BuilderOf(tools, hosts).PlanAsync(order, e => OrderRun.Warn(context, e), cancellation);
            SeveralProblemsException.ThrowIfAny(project.Problems);
            var planned = project.Components[0];
            var emulators = new Emulators(store);
            var advice = await new BuildAdvisor(emulators, registry, context.Time)
                .OfAsync([new AdvisedBuild("", planned.Plan)], cancellation);
            if (parsed.GetValue(json))
            {
                await context.Out.WriteLineAsync(PlanJson.Write(planned.Plan, more =>
                {
                    PreflightJson.Write(more, planned.Preflight);
                    AdviceText.Write(more, advice);
                }));
            }
            else
            {
                var table = await PlanTable.RenderAsync(planned.Plan, planned.Preflight, emulators, hosts?.Host.Pool, context.OutWidth);
                await context.Out.WriteAsync(table + AdviceText.Render(advice));
            }
            SeveralProblemsException.ThrowIfAny(project.HostProblems);
        });
        return command;
    }
}
