using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Content;
using Manifold.Events;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Projects.Locking;
using Manifold.Sandbox;
using Manifold.Solving.Keeping;
using Manifold.Solving.Steps;
using Manifold.Verification;
using Manifold.Verification.Reproducibility;

namespace Manifold.Building.Reproducing;

/// <summary>One build of a project in a store of its own, in which nothing was built before.</summary>
/// <remarks>Owns its store, and deletes it at the end.</remarks>
internal sealed class FreshBuild : IDisposable
{
    private readonly ConcurrentDictionary<(string Component, Digest Step), Digest?> layers = new();
    private readonly BuilderTools tools;

    private FreshBuild(BuilderTools tools, BuildConditions conditions) => (this.tools, Conditions) = (tools, conditions);

    public BuildConditions Conditions { get; private set; }

    public ProjectResult Result { get; private set; } = null!;

    public Store Store => tools.Store;

    /// <summary>What a step of a component made: its layer, or null where it changed nothing.</summary>
    public Digest? LayerOf(string component, Step step) => layers.GetValueOrDefault((component, step.Digest));

    /// <summary>Layers with their files, for whoever compares them.</summary>
    public LayerKeeper OpenLayers(long fileTime) => new BuildSession(tools, fileTime, RunSlots.Limited(1, tools.Time), _ => { }).Layers;

    /// <summary>What bases and taken images are made of is brought from other stores that have it; all else is made.</summary>
    /// <exception cref="BuiltOnceException">It cannot be built.</exception>
    public static async Task<FreshBuild> RunAsync(FreshRequest request, BuilderTools tools, CancellationToken cancellation)
    {
        var store = Store.Open(request.StoreFolder, AbandonedRuns.End);
        var build = new FreshBuild(tools with { Store = store },
            new BuildConditions(request.Folders.FirstOrDefault(request.Project.Folder), tools.Time.GetUtcNow(), TimeSpan.Zero, request.Jobs)
            {
                TimeZone = request.TimeZone,
                Folders = [.. request.Folders, store.Root],
            });
        try
        {
            foreach (var other in request.Stores)
                new StoreSeed(other, store).Bring(request.Project, request.Lock.Lock);
            await build.BuildAsync(request, cancellation).ConfigureAwait(false);
            return build;
        }
        catch
        {
            build.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        tools.Store.Dispose();
        FileTree.Delete(tools.Store.Root);
    }

    private async Task BuildAsync(FreshRequest request, CancellationToken cancellation)
    {
        var began = tools.Time.GetTimestamp();
        // What the images are checked for is not the question here, and where they go neither.
        var project = request.Project with
        {
            Components = [.. request.Project.Components.Select(component => component with
            {
                Verification = new ComponentVerification { Policy = new VerificationPolicy { Mode = GateMode.Off } },
                Outputs = [],
            })],
        };
        project =
            await RemoteContexts.PrepareAsync(project, tools.Store, request.Graph.RunSettings, cancellation).ConfigureAwait(false);
        var graph = request.Graph with
        {
            NoCache = false,
            Pull = false,
            LayoutReference =
                await new TakenImages(tools.Store, tools.Registry).PlaceLayoutsAsync(project, cancellation).ConfigureAwait(false),
        };
        var order = new BuildOrder(project, graph)
        {
            Heading = new BuildHeading("manifold", "bake"),
            Lock = request.Lock,
            Jobs = request.Jobs,
            JobsAreLimit = true,
        };
        var outcome = await new Builder(tools).RunAsync(order, Show, cancellation).ConfigureAwait(false);
        Result = outcome.Failure is ProjectFailedException failed ? failed.Result : outcome.OrThrow();
        Conditions = Conditions with { Duration = tools.Time.GetElapsedTime(began) };
        if (!Result.IsWhole)
            throw new BuiltOnceException(request.Name, Result);

        void Show(BuildEvent e)
        {
            if (e is StepFinished { Component: { } component } finished)
                layers[(component, finished.Step.Digest)] = finished.DiffId;
            request.On(e);
        }
    }
}

/// <summary>One of the two builds failed; there is nothing to compare.</summary>
internal sealed class BuiltOnceException(string build, ProjectResult result)
    : ManifoldException($"{build} failed, so there is nothing to compare.\n{Failures(result)}")
{
    public override int ExitCode =>
        result.Components.Select(component => component.Failure?.ExitCode).OfType<int>().DefaultIfEmpty(1).First();

    private static string Failures(ProjectResult result) => string.Join('\n', result.Components
        .Where(component => component.Failure is not null)
        .Select(component => $"{component.Name}: {component.Failure!.Message}"));
}

/// <summary>What is built, and where.</summary>
/// <param name="StoreFolder">The store of its own (<see cref="Store.StoreInside"/>).</param>
/// <param name="Name">For messages.</param>
internal sealed record FreshRequest(Project Project, GraphOptions Graph, LockUse Lock, string StoreFolder, string Name)
{
    public required int Jobs { get; init; }

    /// <summary>What RUNs and hooks have as TZ; null where nothing is said.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Where the project's files lie.</summary>
    public required ImmutableArray<string> Folders { get; init; }

    /// <summary>Stores that may have bases.</summary>
    public required ImmutableArray<Store> Stores { get; init; }

    public required Action<BuildEvent> On { get; init; }
}
