using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Manifold.Nodes.Units;

/// <summary>The questions of a node that its caller has not answered yet.</summary>
/// <remarks>A caller that connects again gets all of them once more. Thread-safe.</remarks>
internal sealed class NodeQuestions
{
    private readonly ConcurrentDictionary<long, Pending> open = new();
    private readonly MessageLog<NodeQuestion> asked = new();
    private long ids;

    /// <summary>Asks, and waits for the answer.</summary>
    /// <exception cref="NodeQuestionException">The caller cannot answer.</exception>
    public async Task<byte[]> AskAsync(Func<long, NodeQuestion> question, CancellationToken cancellation)
    {
        var asking = question(Interlocked.Increment(ref ids));
        var pending = open[asking.Id] = new Pending(asking);
        try
        {
            asked.Add(asking);
            return await pending.Answer.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            open.TryRemove(asking.Id, out _);
        }
    }

    /// <summary>Answers a question. Does nothing if nobody waits for the answer anymore.</summary>
    /// <param name="failure">The reason why there is no answer; null if there is one.</param>
    public void Answer(long id, byte[] answer, string? failure)
    {
        if (!open.TryGetValue(id, out var pending))
            return;
        if (failure is null)
            pending.Answer.TrySetResult(answer);
        else
            pending.Answer.TrySetException(new NodeQuestionException(failure));
    }

    /// <summary>Yields the questions that are open, and then each new one.</summary>
    public async IAsyncEnumerable<NodeQuestion> FollowAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var (_, question) in asked.FollowAsync(0, cancellation).ConfigureAwait(false))
        {
            if (open.ContainsKey(question.Id))
                yield return question;
        }
    }

    private sealed record Pending(NodeQuestion Question)
    {
        public TaskCompletionSource<byte[]> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>The caller of a node could not answer a question.</summary>
internal sealed class NodeQuestionException(string message) : ManifoldException(message)
{
    public override int ExitCode => 4;
}
