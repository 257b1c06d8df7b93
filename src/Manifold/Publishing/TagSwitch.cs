using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Publishing;

/// <summary>A tag and what it is to name.</summary>
/// <param name="Platforms">Those of the whole image: what the tag has and they lack, it would lose.</param>
internal sealed record TagMove(TargetState Planned, ManifestContent After, ImmutableArray<Platform> Platforms)
{
    public ImageReference Tag => Planned.Tag;
    public Digest Wanted => After.Descriptor.Digest;
}

/// <summary>Moves any number of tags of any number of registries together: all of them, or none.</summary>
/// <remarks>
/// <code>
/// 1  lock       one publication of this store at a time is here; what a killed one left is ended first
/// 2  re-read    every tag, at once: what changed since the preflight, or would lose a platform, stops all
/// 3  journal    each tag's target before and after, for the case of a kill
/// 4  write      every tag, at once; nothing else is left to do, so this takes one request's time (two with platform tags)
/// 5  look       every tag: what the registry says they name decides, not what it answered to the writes
/// 6  all new: the journal goes. Else those that are new are put back, and the exception says which are in which state
/// </code>
/// Registries have no transactions: between 2 and 4 another machine may move a tag; 5 tells if that happened after 4. A reader
/// of one tag meets the old image or the whole new one; of two tags within step 4, perhaps one old and one new.
/// Ctrl-C in step 4 lets the requests that are under way end, and then goes on as after any failure.
/// </remarks>
/// <param name="request">What may be done to tags; the same for all.</param>
internal sealed class TagSwitch(PublishingTools tools, PublicationRequest request)
{
    // Together less than what an interrupted process is given to end.
    private static readonly TimeSpan WriteGrace = TimeSpan.FromSeconds(3), PutBackGrace = TimeSpan.FromSeconds(10);

    private readonly PublicationJournal journal = new(tools.Store);
    private readonly TargetProbe probe = new(tools.Registry, tools.Store);

    private sealed record Move(ImageReference Tag, TagState? Before, ManifestContent After);

    /// <exception cref="PublicationRefusedException">A tag may not be moved. None was.</exception>
    /// <exception cref="PublicationFailedException">A tag could not be written.</exception>
    public async Task RunAsync(ImmutableArray<TagMove> tags, CancellationToken cancellation)
    {
        // 1
        using var alone = await tools.Store.LockPublicationsAsync(cancellation).ConfigureAwait(false);
        await new Recovery(tools, journal).RunAsync(cancellation).ConfigureAwait(false);
        // 2
        var moves = await GuardedAsync(tags, cancellation).ConfigureAwait(false);
        if (moves.Count == 0)
            return;
        // 3
        var record = journal.Write(new JournalEntry
        {
            Time = tools.Time.GetUtcNow(), Tags = [.. moves.Select(move => new JournalTag(move.Tag.ToString(), move.Before?.Content.Descriptor, move.After.Descriptor))],
        });
        // 4
        var failures = await WriteAsync(moves, cancellation).ConfigureAwait(false);
        // 5, 6
        using var patience = new CancellationTokenSource();
        await using var hurry = cancellation.Register(() => patience.CancelAfter(PutBackGrace)).ConfigureAwait(false);
        var states = await Task.WhenAll(moves.Select(move => LookAsync(move, patience.Token))).ConfigureAwait(false);
        if (states.All(state => state == State.New))
        {
            journal.Remove(record);
            return;
        }
        await InWavesAsync(moves.Where((_, i) => states[i] == State.New), move => move.Before?.Content.Descriptor, move => PutBackAsync(move, patience.Token)).ConfigureAwait(false);
        states = await Task.WhenAll(moves.Select((move, i) => states[i] == State.New ? LookAsync(move, patience.Token) : Task.FromResult(states[i]))).ConfigureAwait(false);
        if (!states.Contains(State.Unknown))
            journal.Remove(record);
        throw Failed([.. moves.Zip(states)], failures.FirstOrDefault());
    }

    private enum State { Old, New, Foreign, Unknown }

    private async Task<List<Move>> GuardedAsync(ImmutableArray<TagMove> tags, CancellationToken cancellation)
    {
        var moves = await Task.WhenAll(tags.Select(tag => GuardedAsync(tag, cancellation))).ConfigureAwait(false);
        var problems = moves.Select(move => move.Problem).OfType<string>().ToList();
        return problems.Count == 0 ? [.. moves.Select(move => move.Move).OfType<Move>()]
            : throw new PublicationRefusedException(string.Join('\n', problems) + "\nNo tag was written.");
    }

    /// <summary>Neither a move nor a problem: the tag names already what it should.</summary>
    private async Task<(Move? Move, string? Problem)> GuardedAsync(TagMove tag, CancellationToken cancellation)
    {
        var (planned, now) = (tag.Planned.Now, tag.Planned.Now);
        var digest = (await tools.Registry.HeadManifestAsync(tag.Tag, push: true, cancellation).ConfigureAwait(false))?.Digest;
        if (digest == tag.Wanted)
            return (null, null);
        if (digest != planned?.Digest)
        {
            if (!request.Force)
                return (null, $"push {tag.Tag}: the tag {Story(planned?.Digest, digest)} since the preflight. Look at it: manifold inspect {tag.Tag}, then publish again, or overwrite it with --force.");
            now = digest is null ? null : await probe.ReadTagAsync(tag.Tag, cancellation).ConfigureAwait(false);
        }
        var state = tag.Planned with { Now = now, Losing = TargetProbe.Losing(now, tag.Planned.Platform, tag.Platforms) };
        return state.ProblemUnder(request) is { } problem ? (null, problem) : (new Move(tag.Tag, now, tag.After), null);
    }

    private static string Story(Digest? planned, Digest? now) => (planned, now) switch
    {
        (null, { } digest) => $"was created ({digest})",
        ({ } digest, null) => $"was deleted (it was {digest})",
        _ => $"was moved from {planned} to {now}",
    };

    private async Task<List<Exception>> WriteAsync(List<Move> moves, CancellationToken cancellation)
    {
        using var grace = new CancellationTokenSource();
        await using var hurry = cancellation.Register(() => grace.CancelAfter(WriteGrace)).ConfigureAwait(false);
        var failures = new ConcurrentQueue<Exception>();
        await InWavesAsync(moves, move => move.After.Descriptor, async move =>
        {
            try
            {
                if (failures.IsEmpty)
                    await tools.Registry.PushManifestAsync(move.Tag, move.After.Bytes, move.After.Descriptor.MediaType, grace.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ManifoldException or OperationCanceledException)
            {
                failures.Enqueue(e);
            }
        }).ConfigureAwait(false);
        return [.. failures];
    }

    /// <summary>Writes tags at once; those of indexes after those of manifests.</summary>
    /// <remarks>
    /// Writing a tag writes its manifest again, and Debian's registry, which checks an index's manifests, takes one that is being
    /// written for damaged (<c>DIGEST_INVALID</c>).
    /// </remarks>
    internal static async Task InWavesAsync<T>(IEnumerable<T> tags, Func<T, Descriptor?> written, Func<T, Task> write)
    {
        foreach (var wave in tags.GroupBy(tag => written(tag) is { } target && MediaType.IsIndex(target.MediaType)).OrderBy(wave => wave.Key))
            await Task.WhenAll(wave.Select(write)).ConfigureAwait(false);
    }

    private async Task<State> LookAsync(Move move, CancellationToken cancellation)
    {
        try
        {
            var digest = (await tools.Registry.HeadManifestAsync(move.Tag, push: true, cancellation).ConfigureAwait(false))?.Digest;
            return digest == move.After.Descriptor.Digest ? State.New : digest == move.Before?.Digest ? State.Old : State.Foreign;
        }
        catch (Exception e) when (e is ManifoldException or OperationCanceledException)
        {
            return State.Unknown;
        }
    }

    private async Task PutBackAsync(Move move, CancellationToken cancellation)
    {
        try
        {
            if (move.Before is { Content: var content })
                await tools.Registry.PushManifestAsync(move.Tag, content.Bytes, content.Descriptor.MediaType, cancellation).ConfigureAwait(false);
            else
                await tools.Registry.DeleteManifestAsync(move.Tag, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ManifoldException or OperationCanceledException)
        {
            // What the tag names afterwards tells.
        }
    }

    private static PublicationFailedException Failed(List<(Move Move, State State)> states, Exception? cause)
    {
        var lines = new List<string>
        {
            cause switch
            {
                OperationCanceledException => "The publication was interrupted while its tags were written.",
                null => "Tags were moved by somebody else while they were written.",
                _ => cause.Message,
            },
        };
        lines.Add(states.All(state => state.State == State.Old) ? "Every tag is as it was; the content is there, and publishing again sends only what is missing." : "These tags could not all be put back:");
        lines.AddRange(states.Select(state => state.State switch
        {
            State.Old => $"  old      {state.Move.Tag} ({state.Move.Before?.Digest.ToString() ?? "it did not exist"})",
            State.New => $"  new      {state.Move.Tag} ({state.Move.After.Descriptor.Digest}){(state.Move.Before is null ? ", which did not exist before; the registry deletes no tags" : "")}",
            State.Foreign => $"  foreign  {state.Move.Tag}: somebody else moved it at the same time",
            _ => $"  unknown  {state.Move.Tag}: the registry cannot be asked; the next publication from this store ends it",
        }));
        return new PublicationFailedException(string.Join('\n', lines), cause)
        {
            IsInterrupted = cause is OperationCanceledException,
            Old = [.. states.Where(state => state.State == State.Old).Select(state => state.Move.Tag)],
            New = [.. states.Where(state => state.State == State.New).Select(state => state.Move.Tag)],
        };
    }
}
