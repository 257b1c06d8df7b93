using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Building;
using Manifold.Building.Units;
using Manifold.Concurrency;
using Manifold.Events;
using Manifold.Linux;
using Manifold.Nodes.Contexts;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Steps;

namespace Manifold.Nodes.Units;

/// <summary>Runs the units of one caller on this machine, the node.</summary>
/// <remarks>
/// <code>
/// an offer   1  the packed contexts are unpacked, each once for all units
///            2  the unit is planned again; another plan is refused
///            3  its RUNs can work here
/// work       4  steps, and the image; blobs of bases come from their registry, or from the caller
///            5  if the caller asks for it, the image's own blobs are pushed from here
/// the end    6  the result, or the problem, is the unit's last message
/// </code>
/// Units share steps and layers through one session for each time of files. Thread-safe.
/// </remarks>
internal sealed class NodeWorker : IAsyncDisposable
{
    private readonly BuilderTools tools;
    private readonly ContextUnpacker unpacker;
    private readonly NodeBlobs blobs;
    private readonly AgentForwarding agents;
    private readonly NodePush push;
    private readonly LentCredentials credentials;
    private readonly ConcurrentDictionary<string, NodeUnit> units = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, BuildSession> sessions = new();
    // For the whole session: a layer that a step made may be made again from these files, for another unit.
    private readonly SharedWork<Digest, UnpackedContext> contexts = new();
    private readonly Lock door = new();
    private RunSlots? slots;
    private bool isEnding;

    /// <param name="tools">Its registry client finds credentials through <paramref name="credentials"/>.</param>
    public NodeWorker(BuilderTools tools, LentCredentials credentials)
    {
        blobs = new NodeBlobs(tools, Questions);
        this.tools = tools with { PullBlob = blobs.PullAsync };
        this.credentials = credentials;
        push = new NodePush(this.tools);
        unpacker = new ContextUnpacker(tools.Store);
        agents = new AgentForwarding(tools.Store, Questions);
    }

    /// <summary>The questions that the caller has to answer.</summary>
    public NodeQuestions Questions { get; } = new();

    /// <summary>Starts a unit. Idempotent: a unit that was started before goes on.</summary>
    public NodeUnit Start(string id, UnitOffer offer)
    {
        lock (door)
        {
            if (units.TryGetValue(id, out var known))
                return known;
            ObjectDisposedException.ThrowIf(isEnding, this);
            slots ??= offer.Jobs is { } jobs ? RunSlots.Limited(jobs, tools.Time) : RunSlots.OfMachine(MachineJobs.Default, tools.Time);
            credentials.Add(offer.Loan.Credentials);
            var unit = units[id] = new NodeUnit(id);
            unit.Work = Task.Run(() => RunAsync(unit, offer));
            return unit;
        }
    }

    public NodeUnit? Find(string id) => units.GetValueOrDefault(id);

    /// <summary>Stops all units, and waits for their end.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (door)
            isEnding = true;
        foreach (var unit in units.Values)
            await unit.StopAsync().ConfigureAwait(false);
        await Task.WhenAll(units.Values.Select(unit => unit.Work)).ConfigureAwait(false);
        // The folders of contexts lie in the work folder of this process, which goes with it.
        foreach (var unit in units.Values)
            unit.Dispose();
    }

    private async Task RunAsync(NodeUnit unit, UnitOffer offer)
    {
#pragma warning disable CA1031 // any failure goes to the caller as the unit's last message
        try
        {
            unit.End(await BuildAsync(unit, offer).ConfigureAwait(false));
        }
        catch (Exception e)
        {
            unit.End(DiskTrouble.Explain(e, tools.Store.Root, Path.GetTempPath()) ?? e);
        }
#pragma warning restore CA1031
    }

    private async Task<UnitResult> BuildAsync(NodeUnit running, UnitOffer offer)
    {
        var (request, stop) = (offer.Request, running.Stopping);
        // 1
        var folders = new Dictionary<Digest, ContextFolder>();
        foreach (var packed in request.Contexts.Values.Select(context => context.Packed).Append(request.Packed).OfType<Digest>().Distinct())
        {
            var context = await contexts.GetAsync(packed, token => unpacker.UnpackAsync(packed, token), stop).ConfigureAwait(false);
            folders[packed] = new ContextFolder(context.Folder, context.Rules);
        }
        // 2
        using var forwarded = agents.Open(running.Id, offer.Loan.Agents);
        var unit = UnitPlan.Of(request, new UnitPlace
        {
            Document = tools.Store.ReadDocument,
            FolderOf = packed => folders[packed],
            EmptyFolder = Directory.CreateDirectory(Path.Combine(tools.Store.WorkFolder, "no-context")).FullName,
            Secrets = [.. offer.Loan.Secrets.Select(secret => new Secret(secret.Key, secret.Value))],
            Agents = forwarded.Agents,
        }) with
        {
            PushTo = [.. offer.PushTo.Select(ImageReference.Parse)],
        };
        // 3
        var session = sessions.GetOrAdd(unit.Group.Plan.FileTime, time => new BuildSession(tools, time, slots!, ShowToAll));
        await session.Host.RequireAsync(unit.Image.Steps).ConfigureAwait(false);
        var asking = push.ProblemAsync(offer.PushTo, stop);
        // 4, 6
        return await session.DespiteCachesAsync(async () =>
        {
            await using var runner = new LocalUnits(session, running.Show);
            var result = await runner.RunAsync(unit, stop).ConfigureAwait(false);
            // 5
            if (await asking.ConfigureAwait(false) is { } problem)
                result = result with { PushProblem = problem };
            else if (!unit.PushTo.IsEmpty)
                result = await push.PushAsync(unit, result, session, running.Show, stop).ConfigureAwait(false);
            if (result.Pushed.IsEmpty)
                await push.HaveAsync(unit, result, stop).ConfigureAwait(false);
            return result;
        }, running.Show).ConfigureAwait(false);
    }

    /// <summary>Layers belong to all units of a session: whoever follows a unit that runs sees what happens to them.</summary>
    private void ShowToAll(BuildEvent e)
    {
        if (units.Values.FirstOrDefault(unit => !unit.Work.IsCompleted) is { } any)
            any.Show(e);
    }
}
