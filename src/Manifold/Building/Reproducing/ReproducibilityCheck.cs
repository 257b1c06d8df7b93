using Manifold.Building.Locking;
using Manifold.Events;
using Manifold.Linux;
using Manifold.Projects;
using Manifold.Projects.Locking;
using Manifold.Verification.Reproducibility;

namespace Manifold.Building.Reproducing;

/// <summary>What is to be built twice.</summary>
internal sealed record ReproducibilityRequest
{
    /// <summary>Reads the project; called for each build, for what is computed while it is read.</summary>
    public required Func<Project> Read { get; init; }

    public required GraphOptions Graph { get; init; }

    /// <summary>The project's lock; what it does not pin is pinned for both builds.</summary>
    public required LockUse Lock { get; init; }

    public required int Jobs { get; init; }

    /// <summary>Called before each build with its number, 1 or 2.</summary>
    public required Func<int, Task> Begin { get; init; }

    /// <summary>Shows events; the number is the build's.</summary>
    public required Action<int, BuildEvent> On { get; init; }
}

/// <summary>Builds a project twice from nothing, and compares.</summary>
/// <remarks>
/// <code>
/// outside images, sources   1  pinned: the world may move between the builds, and is not the question
/// the project's folders     2  copied elsewhere, without what hooks and git make
/// first build               3  where the project lies, in an empty store
/// another second            4  waited for
/// second build              5  elsewhere, in another empty store, where clocks show another day and hour, with another number of RUNs at a
/// time
/// both                      6  compared: indexes, platforms, then step by step and file by file   (<see cref="ProjectComparison"/>)
/// </code>
/// The store gets nothing but what is fetched to find out what references mean; no name changes. Costs two cold builds and a copy of the
/// folders. What does not vary: this machine, its kernel, processors and name, the users, and what the network answers.
/// </remarks>
internal sealed class ReproducibilityCheck(BuilderTools tools)
{
    /// <exception cref="BuiltOnceException">A build failed.</exception>
    public async Task<ReproducibilityReport> RunAsync(ReproducibilityRequest request, CancellationToken cancellation)
    {
        var store = tools.Store;
        var work = Path.Combine(store.WorkFolder, "reproducibility");
        try
        {
            // 1
            var project = request.Read();
            var pins = await PinAsync(request, project, cancellation).ConfigureAwait(false);
            // 2
            var elsewhere = await Elsewhere.CopyAsync(project, Path.Combine(work, "elsewhere"), cancellation).ConfigureAwait(false);
            // 3
            await request.Begin(1).ConfigureAwait(false);
            var begun = tools.Time.GetUtcNow();
            using var first =
                await FreshBuild.RunAsync(new FreshRequest(project, request.Graph, pins, store.StoreInside("1"), "The first build")
                {
                    Jobs = request.Jobs,
                    Folders = [.. elsewhere.Originals],
                    Stores = [store],
                    On = e => request.On(1, e),
                }, tools, cancellation).ConfigureAwait(false);
            // 4
            await Task.Delay(TimeSpan.FromSeconds(2), tools.Time, cancellation).ConfigureAwait(false);
            // 5
            await request.Begin(2).ConfigureAwait(false);
            var zone = OtherTimeZone.At(begun, tools.Time.GetUtcNow());
            using var second = await FreshBuild.RunAsync(new FreshRequest(OtherTimeZone.Moved(elsewhere.Moved(request.Read()), zone),
                OtherTimeZone.Moved(request.Graph, zone), pins, store.StoreInside("again-2"),
                    "The second build, in another folder and with another number of parallel steps,")
            {
                Jobs = request.Jobs == 1 ? 2 : 1,
                TimeZone = zone,
                Folders = [.. elsewhere.Copies],
                Stores = [store, first.Store],
                On = e => request.On(2, e),
            }, tools, cancellation).ConfigureAwait(false);
            // 6
            return await new ProjectComparison(first, second).CompareAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            FileTree.Delete(work);
        }
    }

    private async Task<LockUse> PinAsync(ReproducibilityRequest request, Project project, CancellationToken cancellation)
    {
        if (request.Lock.Only)
            return request.Lock;
        project = await RemoteContexts.PrepareAsync(project, tools.Store, request.Graph.RunSettings, cancellation).ConfigureAwait(false);
        var graph = request.Graph with
        {
            LayoutReference = await new TakenImages(tools.Store, tools.Registry)
                .PlaceLayoutsAsync(project, cancellation).ConfigureAwait(false),
        };
        var made = await new LockMaker(tools)
            .MakeAsync(new LockRequest(project, graph) { Current = request.Lock.Lock, OfThisMachine = true },
                e => request.On(1, e), cancellation).ConfigureAwait(false);
        return new LockUse(made.Lock, Only: true);
    }
}
