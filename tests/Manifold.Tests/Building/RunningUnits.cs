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

/// <summary>Units run through a seam: joining their images does not depend on where they ran.</summary>
public sealed class RunningUnits : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;
    private readonly RegistryClient registry = new(new RegistryOptions());

    public RunningUnits()
    {
        store = Store.Open(folder["store"]);
        Directory.CreateDirectory(folder["app"]);
        File.WriteAllText(folder["app/Dockerfile"], """
            FROM scratch AS files
            COPY one /files/
            FROM scratch
            ARG TARGETARCH
            COPY --from=files /files /files
            COPY two /$TARGETARCH/
            ENV ARCH=$TARGETARCH
            """);
        File.WriteAllText(folder["app/one"], "1");
        File.WriteAllText(folder["app/two"], "2");
    }

    public void Dispose()
    {
        registry.Dispose();
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task a_unit_that_is_written_down_and_read_again_makes_the_same_image()
    {
        var here = (await BuildAsync(local => local)).OrThrow();
        var elsewhere = new List<(string Request, string Result)>();

        var written = (await BuildAsync(local => new Recast(local, async (unit, result) =>
        {
            var request = UnitRequest.Parse(unit.Request.ToJson());
            elsewhere.Add((request.ToJson(), (await result).ToJson()));
            return UnitResult.Parse(elsewhere[^1].Result);
        }))).OrThrow();

        Assert.Equal(here.Components[0].Result!.Index, written.Components[0].Result!.Index);
        Assert.Equal(["linux/amd64", "linux/arm64"], elsewhere.Select(each => UnitRequest.Parse(each.Request).Platform.ToString()).Order());
        var asked = UnitRequest.Parse(elsewhere[0].Request);
        Assert.Equal(File.ReadAllText(folder["app/Dockerfile"]), asked.DockerfileText);
        Assert.Equal(folder["app"], asked.Context);
    }

    [Fact]
    public async Task the_values_of_secrets_are_not_in_a_request()
    {
        var requests = new List<string>();
        var run = new RunSettings { Secrets = [new Secret("token", "swordfish"u8.ToArray())] };
        (await BuildAsync(local => new Recast(local, (unit, result) =>
        {
            requests.Add(unit.Request.ToJson());
            return result;
        }), request => request with { Run = run })).OrThrow();

        Assert.All(requests, request => Assert.Contains("\"token\"", request, StringComparison.Ordinal));
        Assert.All(requests, request => Assert.DoesNotContain("swordfish", request, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("platform", "linux/arm64: the result of this unit does not fit its request: it is for linux/s390x")]
    [InlineData("component", "it is for the image 'other'")]
    [InlineData("plan", "it was built from another plan")]
    [InlineData("step", "which is not in the plan")]
    [InlineData("layers", "its layers are not those of its manifest")]
    [InlineData("diff id", "its layers are not those of its config")]
    public async Task a_result_that_does_not_fit_its_request_is_refused_by_name(string what, string message)
    {
        var other = Digest.Of("something else"u8);
        var finished = await BuildAsync(local => new Recast(local, async (unit, done) =>
        {
            var result = await done;
            if (unit.Request.Platform != Platform.Parse("linux/arm64"))
                return result;
            return what switch
            {
                "platform" => result with { Platform = Platform.Parse("linux/s390x") },
                "component" => result with { Component = "other" },
                "plan" => result with { Plan = other },
                "step" => result with { Layers = result.Layers.SetItem(0, result.Layers[0] with { Step = other }) },
                "diff id" => result with { Layers = result.Layers.SetItem(0, result.Layers[0] with { DiffId = other }) },
                _ => result with { Layers = result.Layers.RemoveAt(0) },
            };
        }));

        var refused = Assert.IsType<UnitMismatchException>(finished.Failure);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Contains("linux/arm64", refused.Message, StringComparison.Ordinal);
        Assert.Empty(store.Tags.Read().Images);
    }

    [Fact]
    public async Task another_plan_has_another_digest()
    {
        var plans = new List<Digest>();
        Task<FinishedBuild> Build() => BuildAsync(local => new Recast(local, (unit, result) =>
        {
            lock (plans)
                plans.Add(unit.Request.Plan);
            return result;
        }));
        (await Build()).OrThrow();
        (await Build()).OrThrow();
        File.AppendAllText(folder["app/Dockerfile"], "\nLABEL a=b\n");
        (await Build()).OrThrow();

        Assert.Equal(6, plans.Count);
        Assert.Equal(4, plans.Distinct().Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"version":0}""")]
    public void what_is_not_a_unit_is_refused(string json)
    {
        Assert.Contains("not a unit result",
            Assert.Throws<FormatException>(() => UnitResult.Parse(json)).Message, StringComparison.Ordinal);
        Assert.Contains("not a unit request",
            Assert.Throws<FormatException>(() => UnitRequest.Parse(json)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_newer_version_is_refused()
    {
        var json = "";
        (await BuildAsync(local => new Recast(local, async (_, result) =>
        {
            json = (await result with { Version = UnitRequest.CurrentVersion + 1 }).ToJson();
            return await result;
        }))).OrThrow();

        var refused = Assert.Throws<FormatException>(() => UnitResult.Parse(json));
        Assert.Contains($"version {UnitRequest.CurrentVersion + 1}", refused.Message, StringComparison.Ordinal);
    }

    private Task<FinishedBuild> BuildAsync(Func<IUnitRunner, IUnitRunner> runner, Func<BuildRequest, BuildRequest>? changed = null)
    {
        var request = new BuildRequest
        {
            ContextFolder = folder["app"],
            Platforms = [Platform.Parse("linux/amd64"), Platform.Parse("linux/arm64")],
        };
        var project = ImageProject.Of(changed?.Invoke(request) ?? request, VerificationPolicy.Default);
        var builder = new Builder(new BuilderTools(store, registry, TimeProvider.System, SearchPath: null))
        {
            Host = new RecastHost(runner),
        };
        return builder.RunAsync(BuildOrder.Of(project, new BuildHeading("test", "build")), _ => { }, TestContext.Current.CancellationToken);
    }

    /// <summary>A host that changes the runner of this machine, and asks for nothing.</summary>
    private sealed class RecastHost(Func<IUnitRunner, IUnitRunner> runner) : IUnitHost
    {
        public Task RequireForPlanAsync(IEnumerable<Step> steps) => Task.CompletedTask;

        public IUnitRunner Open(BuildSession session, Action<BuildEvent> on) => runner(new LocalUnits(session, on));
    }

    /// <summary>A runner that hands on what another one does, changed.</summary>
    private sealed class Recast(IUnitRunner inner, Func<Unit, Task<UnitResult>, Task<UnitResult>> change) : IUnitRunner
    {
        public Task RequireAsync(IEnumerable<Step> steps) => inner.RequireAsync(steps);

        public Task<UnitResult> RunAsync(Unit unit, CancellationToken cancellation) => change(unit, inner.RunAsync(unit, cancellation));

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
