using Manifold.Building;
using Manifold.Building.Recording;
using Manifold.Building.Units;
using Manifold.Content;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Registry;
using Manifold.Verification;

namespace Manifold.Tests.Building;

/// <summary>The host of the units is asked whether it can run the RUNs, before anything is built.</summary>
public sealed class AskingTheHost : IDisposable
{
    // No machine runs it, and no emulator is made for it.
    private static readonly Platform Nowhere = Platform.Parse("linux/nowhere");

    private readonly TemporaryFolder folder = new();
    private readonly Store store;
    private readonly RegistryClient registry = new(new RegistryOptions());
    private readonly Elsewhere elsewhere = new();

    public AskingTheHost()
    {
        store = Store.Open(folder["store"]);
        folder.Write("app/Dockerfile", "FROM scratch\nCOPY Dockerfile /\nRUN [\"/make\"]\n");
    }

    public void Dispose()
    {
        registry.Dispose();
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task this_machine_refuses_a_platform_that_it_cannot_run()
    {
        var finished = await BuildAsync(host: null);

        Assert.IsType<HostNotReadyException>(finished.Failure);
        Assert.Contains(Nowhere.ToString(), finished.Failure.Message, StringComparison.Ordinal);
        Assert.Null(finished.Plan);
        Assert.Equal(0, elsewhere.Opened);
    }

    [Fact]
    public async Task another_host_may_run_it()
    {
        var finished = await BuildAsync(elsewhere);

        Assert.Contains(nameof(RunStep), elsewhere.AskedForPlan);
        Assert.Contains(nameof(RunStep), elsewhere.Asked);
        Assert.Equal([Nowhere], elsewhere.Units);
        Assert.Equal(Elsewhere.Answer, finished.Failure?.Message);
    }

    [Fact]
    public async Task a_runner_that_refuses_an_image_gets_none_of_its_units()
    {
        elsewhere.Refusal = new HostNotReadyException("no room");

        var finished = await BuildAsync(elsewhere);

        Assert.Equal("no room", finished.Failure?.Message);
        Assert.NotNull(finished.Plan);
        Assert.Equal(1, elsewhere.Opened);
        Assert.Empty(elsewhere.Units);
    }

    private Task<FinishedBuild> BuildAsync(IUnitHost? host)
    {
        var request = new BuildRequest { ContextFolder = folder["app"], Platforms = [Nowhere] };
        var tools = new BuilderTools(store, registry, TimeProvider.System, SearchPath: null);
        var builder = host is null ? new Builder(tools) : new Builder(tools) { Host = host };
        var order = BuildOrder.Of(ImageProject.Of(request, VerificationPolicy.Default), new BuildHeading("test", "build"));
        return builder.RunAsync(order, _ => { }, TestContext.Current.CancellationToken);
    }

    /// <summary>A host, and its runner, that notes what it is given and answers each unit with a failure.</summary>
    private sealed class Elsewhere : IUnitHost, IUnitRunner
    {
        public const string Answer = "this unit went elsewhere";

        public int Opened { get; private set; }
        public List<string> AskedForPlan { get; } = [];
        public List<string> Asked { get; } = [];
        public List<Platform> Units { get; } = [];
        public ManifoldException? Refusal { get; set; }

        public Task RequireForPlanAsync(IEnumerable<Step> steps)
        {
            AskedForPlan.AddRange(steps.Select(step => step.GetType().Name));
            return Task.CompletedTask;
        }

        public IUnitRunner Open(BuildSession session, Action<BuildEvent> on)
        {
            Opened++;
            return this;
        }

        public Task RequireAsync(IEnumerable<Step> steps)
        {
            Asked.AddRange(steps.Select(step => step.GetType().Name));
            return Refusal is null ? Task.CompletedTask : Task.FromException(Refusal);
        }

        public Task<UnitResult> RunAsync(Unit unit, CancellationToken cancellation)
        {
            Units.Add(unit.Request.Platform);
            return Task.FromException<UnitResult>(new UsageException(Answer));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
