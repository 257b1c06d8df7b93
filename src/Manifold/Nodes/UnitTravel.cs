using System.Collections.Immutable;
using Manifold.Building;
using Manifold.Building.Units;
using Manifold.Events;
using Manifold.Nodes.Contexts;
using Manifold.Nodes.Units;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Nodes;

/// <summary>One unit on its way to a node and back.</summary>
/// <remarks>
/// <code>
/// there      1  its contexts are packed; blobs that the node lacks are sent: contexts, documents of bases
///            2  the unit is offered, with what it is lent
/// meanwhile  3  messages become events; after a lost connection, they go on where they ended
/// back       4  the documents of its image, and the blobs of its layers that no base has and no registry got: <see cref="UnitReturn"/>
///            5  records of its steps, so that this machine can reuse them
/// </code>
/// </remarks>
internal sealed class UnitTravel(NodeHost host, Node node, Unit unit, BuildSession session, Action<BuildEvent> on)
{
    // A unit whose work ends the program there, for example because it takes all of the memory, would do so each time.
    private const int MostStarts = 3;
    private const double LongestSeconds = 1e9;

    private readonly Dictionary<Digest, Step> steps = unit.Group.Plan.Steps.Concat(unit.Image.Steps).DistinctBy(step => step.Digest)
        .ToDictionary(step => step.Digest);
    private readonly List<StepFinished> finished = [];
    private readonly ImmutableArray<ImageReference> pushTo = host.ReachesAll(unit.PushTo) ? unit.PushTo : [];
    private long sentBytes, receivedBytes, movedTicks;

    public UnitTraffic Traffic(TimeSpan waited) =>
        new(Interlocked.Read(ref sentBytes), Interlocked.Read(ref receivedBytes), waited, new TimeSpan(movedTicks));

    /// <exception cref="NodeLostException">The node is gone for good.</exception>
    /// <exception cref="NodeUnfitException">The node lacks something that the unit needs.</exception>
    public async Task<UnitResult> RunAsync(CancellationToken cancellation)
    {
        var id = $"{unit.Request.Platform.ToString().Replace('/', '-')}-{Guid.NewGuid():N}";
        host.Answers.Lend(id, unit);
        try
        {
            var offer = await TimedAsync(() => PersistAsync(() => PrepareAsync(cancellation), cancellation)).ConfigureAwait(false);
            var result = await FollowAsync(id, offer, cancellation).ConfigureAwait(false);
            // 4, 5
            var back = new UnitReturn(host, node, unit, session)
            {
                Finished = finished,
                On = on,
                PushTo = pushTo,
                Moved = CountReceived,
            };
            await TimedAsync(() => PersistAsync(() => back.BringAsync(result, cancellation), cancellation)).ConfigureAwait(false);
            return result;
        }
        catch (OperationCanceledException)
        {
            await StopAsync(id).ConfigureAwait(false);
            throw;
        }
        finally
        {
            host.Answers.TakeBack(id);
        }
    }

    private async Task<UnitOffer> PrepareAsync(CancellationToken cancellation)
    {
        // 1
        var (request, build, blobs) = (unit.Request, unit.Group.Request, new List<Descriptor>());
        var main = await PackAsync(PackedFolder.OfContext(build)).ConfigureAwait(false);
        var named = request.Contexts;
        foreach (var folder in PackedFolder.NamedIn(unit.Image.Steps))
        {
            var packed = await PackAsync(PackedFolder.Of(folder)).ConfigureAwait(false);
            foreach (var (name, context) in named.Where(context => context.Value.Folder == folder.Path).ToList())
                named = named.SetItem(name, context with { Packed = packed });
        }
        foreach (var ground in unit.Image.Steps.OfType<BaseStep>().Select(step => step.Image).OfType<BaseImage>())
            blobs.AddRange(ground.Descriptor, ground.Manifest.Config);
        await node.SendAsync(blobs, CountSent, cancellation).ConfigureAwait(false);
        // 2
        return new UnitOffer
        {
            Request = request with { Packed = main, Contexts = named },
            Loan = await host.Answers.LoanAsync(unit, pushTo, cancellation).ConfigureAwait(false),
            PushTo = [.. pushTo.Select(target => target.Name)],
            Jobs = host.JobsOf(node),
        };

        async Task<Digest?> PackAsync(PackedFolder folder)
        {
            if (!folder.Copies(unit.Image.Steps).Any() && !folder.Mounts(unit.Image.Steps).Any())
                return null;
            var packed = await host.Packer.PackAsync(folder, unit.Image.Steps, cancellation).ConfigureAwait(false);
            blobs.AddRange(packed.Blobs);
            return packed.Manifest.Digest;
        }
    }

    // 3
    private async Task<UnitResult> FollowAsync(string id, UnitOffer offer, CancellationToken cancellation)
    {
        var (after, starts) = (0L, 1);
        await PersistAsync(() => StartAsync(id, offer, cancellation), cancellation).ConfigureAwait(false);
        while (true)
        {
            try
            {
                await foreach (var message in node.FollowAsync(id, after, cancellation).ConfigureAwait(false))
                {
                    after = message.Number;
                    if (message.Result is { } result)
                        return result;
                    if (message.Problem is { } problem)
                        throw ExceptionOf(problem);
                    Show(message);
                }
                // The node's program was restarted and does not know the unit. Its cache has the steps that were finished.
                if (++starts > MostStarts)
                    throw new NodeUnfitException(node.Name, $"its program ended {MostStarts} times while it built "
                        + $"{unit.Request.Platform}. It may be short of memory.", exitCode: 4);
                after = 0;
                offer = await PersistAsync(() => PrepareAsync(cancellation), cancellation).ConfigureAwait(false);
                await PersistAsync(() => StartAsync(id, offer, cancellation), cancellation).ConfigureAwait(false);
            }
            catch (NodeLostException)
            {
                await node.ComeBackAsync(cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> StartAsync(string id, UnitOffer offer, CancellationToken cancellation)
    {
        await node.StartAsync(id, offer, cancellation).ConfigureAwait(false);
        return true;
    }

    private void Show(NodeMessage message)
    {
        var now = host.Time.GetUtcNow();
        var step = message.Step is { } digest ? steps.GetValueOrDefault(digest) : null;
        var duration = TimeSpan.FromSeconds(Math.Clamp(message.Seconds, 0, LongestSeconds));
        BuildEvent? shown = (message.Kind, step) switch
        {
            (NodeMessageKind.Warned, _) => new Warned(message.Text ?? "") { Time = now },
            (NodeMessageKind.Moved, _) when message.Transfer is { } moved =>
                new Transferred(moved.Kind, moved.Digest, moved.Where, moved.Done, moved.Total) { Time = now, Push = moved.Push },
            (_, null) => null,
            (NodeMessageKind.Started, _) => new StepStarted(step) { Time = now },
            (NodeMessageKind.Waiting, _) => new StepWaiting(step) { Time = now },
            (NodeMessageKind.Resumed, _) => new StepResumed(step) { Time = now },
            (NodeMessageKind.Printed, _) => new StepPrinted(step, message.Text ?? "", message.IsError) { Time = now },
            (NodeMessageKind.Failed, _) => new StepFailed(step, duration, message.Text ?? "") { Time = now, Emulated = message.Emulated },
            (NodeMessageKind.Finished, _) => new StepFinished(step, duration, message.Cached, message.Emulated)
            {
                Time = now,
                DiffId = message.DiffId,
                Key = message.Key,
                ContentKey = message.ContentKey,
            },
            _ => null,
        };
        if (shown is StepFinished done)
            finished.Add(done);
        if (shown is not null)
            on(shown with { NodeName = node.Name });
    }

    private Exception ExceptionOf(NodeProblem problem)
    {
        var exitCode = problem.ExitCode is >= 1 and <= 4 ? problem.ExitCode : 1; // a node does not make a failure a success
        if (problem.IsNodesFault)
            return new NodeUnfitException(node.Name, problem.Message, exitCode);
        return problem.Step is { } digest && steps.GetValueOrDefault(digest) is { } step
            ? new StepFailedException(step, problem.Reason ?? problem.Message, problem.ProgramExitCode, problem.LogTail)
            : new NodeProblemException(node.Name, problem.Message, exitCode);
    }

    /// <summary>Does work again after a lost connection, as long as the node comes back.</summary>
    private async Task<T> PersistAsync<T>(Func<Task<T>> work, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await work().ConfigureAwait(false);
            }
            catch (NodeLostException)
            {
                await node.ComeBackAsync(cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<T> TimedAsync<T>(Func<Task<T>> work)
    {
        var began = host.Time.GetTimestamp();
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            movedTicks += host.Time.GetElapsedTime(began).Ticks;
        }
    }

    private async Task StopAsync(string id)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2), host.Time);
        await node.StopAsync(id, patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void CountSent(Descriptor blob, long done) => Count(ref sentBytes, TransferKind.Send, blob, done);

    private void CountReceived(Descriptor blob, long done) => Count(ref receivedBytes, TransferKind.Receive, blob, done);

    private void Count(ref long total, TransferKind kind, Descriptor blob, long done)
    {
        if (done == blob.Size)
            Interlocked.Add(ref total, blob.Size);
        on(new Transferred(kind, blob.Digest, node.Name, done, blob.Size) { Time = host.Time.GetUtcNow() });
    }
}
