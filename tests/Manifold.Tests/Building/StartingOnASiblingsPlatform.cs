using System.Collections.Immutable;
using Manifold.Building;
using Manifold.Building.Recording;
using Manifold.Building.Units;
using Manifold.Content;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Projects.Reading;
using Manifold.Registry;
using Manifold.Sandbox;

namespace Manifold.Tests.Building;

/// <summary>A platform of an image starts as soon as that platform of the image that it needs is built.</summary>
public sealed class StartingOnASiblingsPlatform : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;
    private readonly RegistryClient registry = new(new RegistryOptions());

    public StartingOnASiblingsPlatform()
    {
        store = Store.Open(folder["store"]);
        folder.Write("manifold.yaml", """
            registry: localhost:1/early
            platforms: [linux/amd64, linux/arm64]
            images:
              base: {context: base}
              app: {context: app}
            """);
        folder.Write("base/Dockerfile", "FROM scratch\nARG TARGETARCH\nCOPY Dockerfile /$TARGETARCH/\n");
        folder.Write("app/Dockerfile", "FROM localhost:1/early/base\nCOPY Dockerfile /app/\n");
    }

    public void Dispose()
    {
        registry.Dispose();
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task while_the_sibling_still_builds_another_one()
    {
        var begun = new TaskCompletionSource();
        var result = (await BuildAsync(async (unit, run) =>
        {
            if (Is(unit, "app", "amd64"))
                begun.SetResult();
            if (Is(unit, "base", "arm64"))
                await Eventually.Ends(begun.Task); // never, if app waits for the whole of base
            return await run();
        })).OrThrow();

        Assert.Equal(["base", "app"], result.Components.Select(component => component.Name));
        Assert.Equal(await PlainIndexAsync(), result.Components[1].Result!.Index.Digest);
    }

    [Fact]
    public async Task nothing_is_named_if_the_sibling_fails_later()
    {
        var built = new TaskCompletionSource();
        var finished = await BuildAsync(async (unit, run) =>
        {
            if (Is(unit, "base", "arm64"))
            {
                await Eventually.Ends(built.Task);
                throw new UsageException("base fails");
            }
            var made = await run();
            if (Is(unit, "app", "amd64"))
                built.SetResult();
            return made;
        }, order => order with { KeepGoing = true });

        var (failed, app) = (finished.Result!.Components[0], finished.Result.Components[1]);
        Assert.Equal((ComponentState.Failed, ComponentState.Skipped, "base"), (failed.State, app.State, app.Needed));
        Assert.Empty(store.Tags.Read().Images);
    }

    [Fact]
    public async Task an_image_that_the_gate_refuses_afterwards_is_not_built_upon()
    {
        folder.Write("manifold.yaml", """
            registry: localhost:1/early
            images:
              base: {context: base, platforms: {linux/amd64: {}, linux/arm64: {optional: true}}}
              app: {context: app, platforms: {linux/amd64: {}, linux/arm64: {optional: true}}}
            """);
        // For arm64, the program is one for another processor.
        await File.WriteAllBytesAsync(folder["base/program"], Processor.All.First(each => each.Architecture == "amd64").Program(),
            TestContext.Current.CancellationToken);
        folder.Write("base/Dockerfile", "FROM scratch\nCOPY --chmod=755 program /program\nENTRYPOINT [\"/program\"]\n");
        folder.Write("app/Dockerfile", "FROM localhost:1/early/base\nCOPY Dockerfile /app/\nENTRYPOINT []\n");

        var result = (await BuildAsync((_, run) => run())).OrThrow();

        Assert.All(result.Components, component =>
        {
            Assert.Equal(["linux/amd64"], component.Result!.Images.Select(image => image.Platform.ToString()));
            Assert.Equal(["linux/arm64"], component.Missing.Select(lost => lost.Platform.ToString()));
        });
    }

    private static bool Is(Unit unit, string component, string architecture) =>
        unit.Request.Component == component && unit.Request.Platform.Architecture == architecture;

    private async Task<Digest> PlainIndexAsync()
    {
        using var other = Store.Open(folder["other"]);
        return (await BuildAsync((_, run) => run(), into: other)).OrThrow().Components[1].Result!.Index.Digest;
    }

    private Task<FinishedBuild> BuildAsync(
        Func<Unit, Func<Task<UnitResult>>, Task<UnitResult>> run, Func<BuildOrder, BuildOrder>? changed = null, Store? into = null)
    {
        var project = ProjectReader.Read(folder["manifold.yaml"], new ReadingOptions(ImmutableSortedDictionary<string, string>.Empty)
        {
            WorkingFolder = folder.Path,
        });
        var order = new BuildOrder(project, new GraphOptions { LayoutReference = _ => throw new InvalidOperationException() })
        {
            Heading = new BuildHeading("test", "bake"),
            Jobs = 2,
        };
        var builder = new Builder(new BuilderTools(into ?? store, registry, TimeProvider.System, SearchPath: null))
        {
            Host = new WatchedHost(run),
        };
        return builder.RunAsync(changed?.Invoke(order) ?? order, _ => { }, TestContext.Current.CancellationToken);
    }

    /// <summary>This machine, whose units are watched.</summary>
    private sealed class WatchedHost(Func<Unit, Func<Task<UnitResult>>, Task<UnitResult>> run) : IUnitHost
    {
        public Task RequireForPlanAsync(IEnumerable<Step> steps) => Task.CompletedTask;

        public IUnitRunner Open(BuildSession session, Action<BuildEvent> on) => new Runner(new LocalUnits(session, on), run);

        private sealed class Runner(LocalUnits inner, Func<Unit, Func<Task<UnitResult>>, Task<UnitResult>> run) : IUnitRunner
        {
            public Task RequireAsync(IEnumerable<Step> steps) => inner.RequireAsync(steps);

            public Task<UnitResult> RunAsync(Unit unit, CancellationToken cancellation) =>
                run(unit, () => inner.RunAsync(unit, cancellation));

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
