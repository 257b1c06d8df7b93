using System.Collections.Concurrent;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Nodes.Units;
using Manifold.Oci;

namespace Manifold.Nodes;

/// <summary>Answers the questions that a node asks while it works for us.</summary>
internal interface INodeAnswers
{
    /// <summary>Brings a blob into our store.</summary>
    Task ProvideAsync(NeededBlob blob, CancellationToken cancellation);

    /// <summary>Returns the answer of one of our ssh agents.</summary>
    Task<byte[]> AskAgentAsync(AgentMessage message, CancellationToken cancellation);
}

/// <summary>A session on a node, for the time of a build.</summary>
/// <remarks>
/// <code>
/// opened         1  the node says what it offers
/// while open     2  it hears from us every few seconds: otherwise, it stops our work by itself
///                3  its questions are answered
/// lost           4  we connect again for a while; then the node counts as gone
/// disposed       5  the session ends there, with everything that still runs
/// </code>
/// Thread-safe.
/// </remarks>
internal sealed class Node : IAsyncDisposable
{
    /// <summary>The number of blobs that are on the way at a time. More would only take memory.</summary>
    internal const int AtOnce = 6;

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);

    private readonly Store store;
    private readonly NodeClient client;
    private readonly TimeProvider time;
    private readonly TimeSpan patience;
    private volatile bool isGone;
    private readonly CancellationTokenSource stop = new();
    private readonly SharedWork<Digest, bool> sending = new(remembers: false);
    private readonly ConcurrentDictionary<Digest, bool> sent = new();
    private readonly ConcurrentDictionary<long, Task> open = new();
    private readonly SharedWork<int, bool> coming = new(remembers: false);
    private Task keeping = Task.CompletedTask, answering = Task.CompletedTask;

    private Node(NodeRoute route, NodeClient client, Store store, TimeProvider time) =>
        (Name, patience, this.client, this.store, this.time) = (route.Name, route.Patience, client, store, time);

    public string Name { get; }

    public NodeFacts Facts { get; private set; } = null!;

    /// <summary>Starts the session.</summary>
    /// <exception cref="ManifoldException">The node cannot be reached, or cannot work.</exception>
    public static async Task<Node> OpenAsync(
        NodeRoute route, Store store, INodeAnswers answers, TimeProvider time, CancellationToken cancellation)
    {
        var node = new Node(route, new NodeClient(route.Name, route.Connect), store, time);
        try
        {
            // 2
            node.keeping = node.KeepAsync();
            // 1
            node.Facts = await node.client.FactsAsync(cancellation).ConfigureAwait(false);
            if (node.Facts.Version != Product.Version)
                throw new NodeRefusedException(route.Name, $"its program is {node.Facts.Version}, but this one is {Product.Version}. "
                    + "Use the programs of one release.");
            // 3
            node.answering = node.AnswerAllAsync(answers);
            return node;
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Sends those of the blobs that the node does not have. Each is sent once in a session.</summary>
    /// <param name="moved">Gets each blob with the bytes sent so far.</param>
    public async Task SendAsync(IReadOnlyCollection<Descriptor> blobs, Action<Descriptor, long> moved, CancellationToken cancellation)
    {
        var unsure = blobs.Where(blob => !sent.ContainsKey(blob.Digest)).DistinctBy(blob => blob.Digest).ToList();
        if (unsure.Count == 0)
            return;
        var missing = await client.MissingAsync(unsure.Select(blob => blob.Digest), cancellation).ConfigureAwait(false);
        await FirstFailure.WhenAllAsync(unsure, AtOnce, async (blob, token) =>
        {
            if (missing.Contains(blob.Digest))
            {
                await sending.GetAsync(blob.Digest, async own =>
                {
                    if (!sent.ContainsKey(blob.Digest))
                        await client.SendAsync(store, blob.Digest, bytes => moved(blob, bytes), own).ConfigureAwait(false);
                    return sent[blob.Digest] = true;
                }, token).ConfigureAwait(false);
            }
            return sent[blob.Digest] = true;
        }, cancellation).ConfigureAwait(false);
    }

    /// <summary>Fetches a blob into our store, unless it is there.</summary>
    public async Task FetchAsync(Descriptor blob, Action<Descriptor, long> moved, CancellationToken cancellation)
    {
        if (store.SizeOf(blob.Digest) != blob.Size)
            await client.FetchAsync(store, blob, bytes => moved(blob, bytes), cancellation).ConfigureAwait(false);
        sent[blob.Digest] = true;
    }

    public Task StartAsync(string id, UnitOffer offer, CancellationToken cancellation) => client.StartAsync(id, offer, cancellation);

    /// <inheritdoc cref="NodeClient.FollowAsync"/>
    public IAsyncEnumerable<NodeMessage> FollowAsync(string id, long after, CancellationToken cancellation) =>
        client.FollowAsync(id, after, cancellation);

    public Task StopAsync(string id, CancellationToken cancellation) => client.StopAsync(id, cancellation);

    /// <summary>4. Waits until the node answers again.</summary>
    /// <exception cref="NodeLostException">It does not answer for too long.</exception>
    public Task ComeBackAsync(CancellationToken cancellation) => coming.GetAsync(0, async token =>
    {
        if (isGone)
            throw new NodeLostException(Name, "it did not answer for too long");
        var began = time.GetTimestamp();
        for (var pause = TimeSpan.FromMilliseconds(200); ; pause = Min(pause * 2, Heartbeat))
        {
            try
            {
                await client.KeepAsync(token).ConfigureAwait(false);
                return true;
            }
            catch (ManifoldException) when (time.GetElapsedTime(began) < patience)
            {
                await Task.Delay(pause, time, token).ConfigureAwait(false);
            }
            catch (ManifoldException)
            {
                isGone = true;
                throw;
            }
        }
    }, cancellation);

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private async Task KeepAsync()
    {
        while (!stop.IsCancellationRequested && !isGone)
        {
            await Task.Delay(Heartbeat, time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // A loss is noticed by whoever follows a unit.
            await client.KeepAsync(stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AnswerAllAsync(INodeAnswers answers)
    {
        while (!stop.IsCancellationRequested && !isGone)
        {
            try
            {
                await foreach (var question in client.QuestionsAsync(stop.Token).ConfigureAwait(false))
                {
                    if (open.TryGetValue(question.Id, out var under) && !under.IsCompleted)
                        continue;
                    open[question.Id] = AnswerAsync(question, answers);
                    foreach (var (id, _) in open.Where(each => each.Value.IsCompleted).ToList())
                        open.TryRemove(id, out _);
                }
            }
            catch (Exception e) when (e is ManifoldException or OperationCanceledException)
            {
                // The next attempt gets the open questions once more.
            }
            await Task.Delay(TimeSpan.FromSeconds(1), time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AnswerAsync(NodeQuestion question, INodeAnswers answers)
    {
        try
        {
            byte[] answer = [];
            string? failure = null;
            try
            {
                if (question.Blob is { } blob)
                {
                    await answers.ProvideAsync(blob, stop.Token).ConfigureAwait(false);
                    await SendAsync([blob.Descriptor], (_, _) => { }, stop.Token).ConfigureAwait(false);
                }
                else if (question.Agent is { } message)
                    answer = await answers.AskAgentAsync(message, stop.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not (NodeLostException or OperationCanceledException))
            {
                failure = e.Message;
            }
            await client.AnswerAsync(question.Id, answer, failure, stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ManifoldException or OperationCanceledException)
        {
            // The node asks again when it is back.
        }
    }

    /// <summary>5. Ends the session on the node, if it can be reached.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll([keeping, answering, .. open.Values]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!isGone)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), time);
            await client.EndAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        client.Dispose();
        stop.Dispose();
    }
}

/// <summary>A node's name, and the way to reach its server.</summary>
internal sealed record NodeRoute(string Name, Func<CancellationToken, Task<Stream>> Connect)
{
    /// <summary>The time for which we try to connect again after a loss.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
