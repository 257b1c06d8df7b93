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
/// 1  lock        one publication of this store at a time is here; what a killed one left is ended first
/// 2  re-read     every tag, at once: what changed since the preflight, or would lose a platform, stops all
/// 3  journal     each tag's target before and after, for the case of a kill
/// 4  write       every tag, at once; nothing else is left to do, so this takes one request's time (two with platform tags)
/// 5  look        every tag: what the registry says they name decides, not what it answered to the writes; <see cref="TagWriter"/>
/// 6  put back    unless all are new: those that are, or may be
/// 7  write       where one cannot be put back: those that are not new, once more
/// 8  tell        unless all are new: the exception says which tag is in which state
/// </code>
/// Where a tag cannot be asked in 5, what the registry answered to the write counts: a look that fails undoes nothing.
/// Registries have no transactions: between 2 and 4 another machine may move a tag; 5 tells if that happened after 4. A reader
/// of one tag meets the old image or the whole new one; of two tags within step 4, perhaps one old and one new.
/// Ctrl-C in step 4 lets the requests that are under way end, and then goes on as after any failure, without 7.
/// </remarks>
/// <param name="request">What may be done to tags; the same for all.</param>
internal sealed class TagSwitch(PublishingTools tools, PublicationRequest request)
{
    // Together less than what an interrupted process is given to end.
    private static readonly TimeSpan WriteGrace = TimeSpan.FromSeconds(3), PutBackGrace = TimeSpan.FromSeconds(7);

    // One refusal may be a hiccup; a second one is meant.
    private const int PutBackTries = 2;

    private readonly PublicationJournal journal = new(tools.Store);
    private readonly TargetProbe probe = new(tools.Registry, tools.Store);

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
            Time = tools.Time.GetUtcNow(),
            Tags = [.. moves.Select(move => new JournalTag(move.Tag.ToString(), move.Before?.Content.Descriptor, move.After.Descriptor))],
        });
        // 4, 5
        var writer = new TagWriter(tools, moves);
        using (var grace = new Grace(WriteGrace, cancellation))
            await writer.WriteAsync(writer.Tags, grace.Token).ConfigureAwait(false);
        using (var grace = new Grace(WriteGrace, cancellation))
            await writer.LookAsync(grace.Token).ConfigureAwait(false);
        // 6, 7
        if (!writer.AreNew)
            await PutBackAsync(writer, cancellation).ConfigureAwait(false);
        if (!writer.Tags.Any(tag => tag.State == TagOutcome.Unknown))
            journal.Remove(record);
        // 8
        if (!writer.AreNew)
            throw writer.Failed();
        if (writer.Tags.Where(tag => !tag.WasSeen).Select(tag => tag.Move.Tag.ToString()).ToList() is { Count: > 0 } unseen)
            tools.Warn(
                $"The registry accepted {string.Join(", ", unseen)}, but then did not allow reading what "
                    + $"{(unseen.Count == 1 ? "the tag points to" : "the tags point to")}.");
    }

    private static async Task PutBackAsync(TagWriter writer, CancellationToken cancellation)
    {
        using var grace = new Grace(PutBackGrace, cancellation);
        for (var tries = 0; tries < PutBackTries && writer.Tags.Any(tag => tag.IsToPutBack); tries++)
        {
            if (tries > 0 && cancellation.IsCancellationRequested)
                return;
            await writer.PutBackAsync(grace.Token).ConfigureAwait(false);
            await writer.LookAsync(grace.Token).ConfigureAwait(false);
        }
        if (!cancellation.IsCancellationRequested && writer.Tags.Any(tag => tag.State == TagOutcome.New)
            && !writer.Tags.Any(tag => tag.State == TagOutcome.Foreign))
            await writer.WriteAfterAllAsync(grace.Token).ConfigureAwait(false);
    }

    private async Task<List<TagWrite>> GuardedAsync(ImmutableArray<TagMove> tags, CancellationToken cancellation)
    {
        var moves = await Task.WhenAll(tags.Select(tag => GuardedAsync(tag, cancellation))).ConfigureAwait(false);
        var problems = moves.Select(move => move.Problem).OfType<string>().ToList();
        if (problems.Count != 0)
            throw new PublicationRefusedException(string.Join('\n', problems) + "\nNo tag was written.");
        return [.. moves.Select(move => move.Move).OfType<TagWrite>()];
    }

    /// <summary>Neither a move nor a problem: the tag names already what it should.</summary>
    private async Task<(TagWrite? Move, string? Problem)> GuardedAsync(TagMove tag, CancellationToken cancellation)
    {
        var (planned, now) = (tag.Planned.Now, tag.Planned.Now);
        var digest = (await tools.Registry.HeadManifestAsync(tag.Tag, push: true, cancellation).ConfigureAwait(false))?.Digest;
        if (digest == tag.Wanted)
            return (null, null);
        if (digest != planned?.Digest)
        {
            if (!request.Force)
                return (null,
                    $"push {tag.Tag}: the tag {Story(planned?.Digest, digest)} since the preflight check. To look at the tag, run: "
                        + $"manifold inspect {tag.Tag}. Then publish again, or overwrite it with --force.");
            now = digest is null ? null : await probe.ReadTagAsync(tag.Tag, cancellation).ConfigureAwait(false);
        }
        var state = tag.Planned with { Now = now, Losing = TargetProbe.Losing(now, tag.Planned.Platform, tag.Platforms) };
        return state.ProblemUnder(request) is { } problem ? (null, problem) : (new TagWrite(tag.Tag, now, tag.After), null);
    }

    private static string Story(Digest? planned, Digest? now) => (planned, now) switch
    {
        (null, { } digest) => $"was created ({digest})",
        ({ } digest, null) => $"was deleted (it was {digest})",
        _ => $"was moved from {planned} to {now}",
    };
}
