using System.Runtime.CompilerServices;

namespace Manifold.Nodes.Units;

/// <summary>Messages in order. Followers get those after a number, then each new one, until the log is closed.</summary>
/// <remarks>At least the last <see cref="Kept"/> messages are kept for followers that come back. Thread-safe.</remarks>
internal sealed class MessageLog<T>
{
    /// <summary>The number of messages that are kept: a long log of a RUN does not fill the memory.</summary>
    internal const int Kept = 10_000;

    private readonly Lock door = new();
    private readonly List<T> kept = [];
    private TaskCompletionSource news = New();
    private long count;
    private bool isClosed;

    /// <summary>Adds a message. Does nothing after <see cref="Close"/>.</summary>
    /// <returns>The number of the message, from 1.</returns>
    public long Add(T message)
    {
        lock (door)
        {
            if (isClosed)
                return count;
            kept.Add(message);
            if (kept.Count >= 2 * Kept)
                kept.RemoveRange(0, Kept);
            count++;
            Wake();
            return count;
        }
    }

    /// <summary>Ends all followers after the last message.</summary>
    public void Close()
    {
        lock (door)
        {
            isClosed = true;
            Wake();
        }
    }

    /// <summary>Yields the messages after a number, each with its number.</summary>
    public async IAsyncEnumerable<(long Number, T Message)> FollowAsync(
        long after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            T[] more;
            long first;
            Task waiting;
            bool ends;
            lock (door)
            {
                first = Math.Max(after, count - kept.Count) + 1;
                more = [.. kept[(int)(first - 1 - (count - kept.Count))..]];
                (waiting, ends) = (news.Task, isClosed);
            }
            foreach (var message in more)
                yield return (after = first++, message);
            if (more.Length > 0)
                continue;
            if (ends)
                yield break;
            await waiting.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    private void Wake()
    {
        news.TrySetResult();
        news = New();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
