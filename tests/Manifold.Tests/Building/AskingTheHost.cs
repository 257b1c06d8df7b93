using Manifold.Building;
using Manifold.Building.Recording;
using Manifold.Building.Units;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects;
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
        var finished = await BuildAsync(requireHost: null);

        Assert.IsType<HostNotReadyException>(finished.Failure);
        Assert.Contains(Nowhere.ToString(), finished.Failure.Message, StringComparison.Ordinal);
        Assert.Null(finished.Plan);
        Assert.Equal(0, elsewhere.Opened);
    }

    [Fact]
    public async Task another_host_may_run_it()
    {
        var asked = new List<string>();

        var finished = await BuildAsync(steps =>
        {
            asked.AddRange(steps.Select(step => step.GetType().Name));
            return Task.CompletedTask;
        });

        Assert.Contains(nameof(RunStep), asked);
        Assert.Contains(nameof(RunStep), elsewhere.Asked);
        Assert.Equal([Nowhere], elsewhere.Units);
        Assert.Equal(Elsewhere.Answer, finished.Failure?.Message);
    }

    [Fact]
    public async Task a_runner_that_refuses_an_image_gets_none_of_its_units()
    {
        elsewhere.Refusal = new HostNotReadyException("no room");

        var finished = await BuildAsync(_ => Task.CompletedTask);

        Assert.Equal("no room", finished.Failure?.Message);
        Assert.NotNull(finished.Plan);
        Assert.Equal(1, elsewhere.Opened);
        Assert.Empty(elsewhere.Units);
    }

    private Task<FinishedBuild> BuildAsync(Func<IEnumerable<Step>, Task>? requireHost)
    {
        var request = new BuildRequest { ContextFolder = folder["app"], Platforms = [Nowhere] };
        var builder = new Builder(new BuilderTools(store, registry, TimeProvider.System, SearchPath: null))
        {
            OpenRunner = (_, _) =>
            {
                elsewhere.Opened++;
                return elsewhere;
            },
            RequireHost = requireHost,
        };
        var project = ImageProject.Of(request, VerificationPolicy.Default);
        var graph = new GraphOptions { LayoutReference = _ => throw new InvalidOperationException() };
        var order = new BuildOrder(project, graph) { Heading = new BuildHeading("test", "build"), Jobs = 2 };
        return builder.RunAsync(order, _ => { }, TestContext.Current.CancellationToken);
    }

    /// <summary>A runner that notes what it is given, and answers each unit with a failure.</summary>
    private sealed class Elsewhere : IUnitRunner
    {
        public const string Answer = "this unit went elsewhere";

        public int Opened { get; set; }
        public List<string> Asked { get; } = [];
        public List<Platform> Units { get; } = [];
        public ManifoldException? Refusal { get; set; }

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
