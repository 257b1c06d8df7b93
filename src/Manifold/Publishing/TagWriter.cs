using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Publishing;

/// <summary>One tag to write, with the image that it names now and the one that it will name.</summary>
/// <param name="Before">Null where it does not exist.</param>
internal sealed record TagWrite(ImageReference Tag, TagState? Before, ManifestContent After);

/// <summary>The state of a tag after a write.</summary>
internal enum TagOutcome
{
    /// <summary>The image from before the write, or none if the tag did not exist.</summary>
    Old,

    New,

    /// <summary>Something else: somebody else wrote it.</summary>
    Foreign,

    /// <summary>A write went wrong in a way that says nothing, and the registry cannot be asked.</summary>
    Unknown,
}

/// <summary>Writes tags, puts them back, and knows of each what it names: by looking, else by what the registry answered.</summary>
/// <remarks>Never throws: what goes wrong is kept, for <see cref="Failed"/>. One use; one method at a time.</remarks>
internal sealed class TagWriter(PublishingTools tools, IEnumerable<TagWrite> moves)
{
    // A registry of several machines may need a moment until all of them know.
    private static readonly ImmutableArray<TimeSpan> Settling = [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(300),
        TimeSpan.FromMilliseconds(900)];

    public ImmutableArray<Tag> Tags { get; } = [.. moves.Select(move => new Tag(move))];

    public bool AreNew => Tags.All(tag => tag.State == TagOutcome.New);

    /// <summary>A tag, and what is known of it.</summary>
    public sealed class Tag(TagWrite move)
    {
        public TagWrite Move => move;

        /// <summary>The image that it names, as far as known.</summary>
        public TagOutcome State { get; set; } = TagOutcome.Old;

        /// <summary>The image that it names according to the answers to our writes.</summary>
        public TagOutcome Answered { get; set; } = TagOutcome.Old;

        /// <summary>The last write was answered with success.</summary>
        public bool IsAcknowledged { get; set; }

        /// <summary>The registry said what the tag names after the last write.</summary>
        public bool WasSeen { get; set; }

        /// <summary>Why it was not written; the first reason.</summary>
        public Exception? Failure { get; set; }

        /// <summary>Why it was not put back.</summary>
        public Exception? Stays { get; set; }

        /// <summary>It is new, or may become it.</summary>
        public bool IsToPutBack => State is TagOutcome.New or TagOutcome.Unknown || (State == TagOutcome.Old && Answered == TagOutcome.New);
    }

    /// <summary>Writes the new image to tags at once. After the first failure none is begun any more.</summary>
    public Task WriteAsync(IEnumerable<Tag> tags, CancellationToken cancellation)
    {
        var hasFailed = false;
        return InWavesAsync(tags, tag => tag.Move.After.Descriptor, async tag =>
        {
            if (hasFailed)
                return;
            var (move, content) = (tag.Move, tag.Move.After);
            if (await TryAsync(tag, TagOutcome.New, () => tools.Registry.PushManifestAsync(move.Tag, content.Bytes,
                content.Descriptor.MediaType, cancellation)).ConfigureAwait(false) is { } failure)
            {
                hasFailed = true;
                tag.Failure ??= failure;
            }
        });
    }

    /// <summary>Puts back what is new, or may be.</summary>
    public Task PutBackAsync(CancellationToken cancellation) =>
        InWavesAsync(Tags.Where(tag => tag.IsToPutBack).ToList(), tag => tag.Move.Before?.Content.Descriptor, async tag =>
        tag.Stays = await TryAsync(tag, TagOutcome.Old, () => tag.Move.Before is { Content: var content }
            ? tools.Registry.PushManifestAsync(tag.Move.Tag, content.Bytes, content.Descriptor.MediaType, cancellation)
            : tools.Registry.DeleteManifestAsync(tag.Move.Tag, cancellation)).ConfigureAwait(false));

    /// <summary>
    /// Writes what is not new once more: first what failed, since it may fail again;
    /// then, if all of that is in, what was put back.
    /// </summary>
    public async Task WriteAfterAllAsync(CancellationToken cancellation)
    {
        foreach (var group in Tags.Where(tag => tag.State != TagOutcome.New).GroupBy(tag => tag.Failure is null).OrderBy(group => group.Key)
            .Select(group => group.ToList()).ToList())
        {
            await WriteAsync(group, cancellation).ConfigureAwait(false);
            await LookAsync(cancellation).ConfigureAwait(false);
            if (group.Any(tag => tag.State != TagOutcome.New))
                return;
        }
    }

    /// <summary>Asks for every tag. Where a write was acknowledged and the tag does not show it, asks again a little later.</summary>
    public Task LookAsync(CancellationToken cancellation) => Task.WhenAll(Tags.Select(async tag =>
    {
        await LookAsync(tag, cancellation).ConfigureAwait(false);
        foreach (var wait in Settling.TakeWhile(_ => tag.IsAcknowledged && tag.State != tag.Answered
            && !cancellation.IsCancellationRequested))
        {
            await Task.Delay(wait, tools.Time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await LookAsync(tag, cancellation).ConfigureAwait(false);
        }
    }));

    private async Task LookAsync(Tag tag, CancellationToken cancellation)
    {
        try
        {
            var digest = (await tools.Registry.HeadManifestAsync(tag.Move.Tag, push: true, cancellation).ConfigureAwait(false))?.Digest;
            (tag.WasSeen, tag.State) = (true, digest == tag.Move.After.Descriptor.Digest ? TagOutcome.New
                : digest == tag.Move.Before?.Digest ? TagOutcome.Old : TagOutcome.Foreign);
        }
        catch (Exception e) when (e is ManifoldException or OperationCanceledException)
        {
            (tag.WasSeen, tag.State) = (false, tag.Answered);
        }
    }

    /// <summary>A refusal leaves the tag as it was; any other failure may come after the registry has done what it was asked for.</summary>
    private static async Task<Exception?> TryAsync(Tag tag, TagOutcome wanted, Func<Task> write)
    {
        try
        {
            await write().ConfigureAwait(false);
            (tag.Answered, tag.IsAcknowledged) = (wanted, true);
            return null;
        }
        catch (Exception e) when (e is ManifoldException or OperationCanceledException)
        {
            tag.IsAcknowledged = false;
            if ((int?)(e as RegistryException)?.Status is not (>= 400 and < 500 and not 408))
                tag.Answered = TagOutcome.Unknown;
            return e;
        }
    }

    /// <summary>Writes tags at once; those of indexes after those of manifests.</summary>
    /// <remarks>
    /// Writing a tag writes its manifest again, and Debian's registry, which checks an index's manifests, takes one that is being
    /// written for damaged (<c>DIGEST_INVALID</c>).
    /// </remarks>
    internal static async Task InWavesAsync<T>(IEnumerable<T> tags, Func<T, Descriptor?> written, Func<T, Task> write)
    {
        foreach (var wave in tags.GroupBy(tag => written(tag) is { } target && MediaType.IsIndex(target.MediaType))
            .OrderBy(wave => wave.Key))
            await Task.WhenAll(wave.Select(write)).ConfigureAwait(false);
    }

    /// <summary>The state of each tag after a failure.</summary>
    public PublicationFailedException Failed()
    {
        var cause = Tags.Select(tag => tag.Failure).FirstOrDefault(failure => failure is not null);
        string[] head =
        [
            cause switch
            {
                OperationCanceledException => "The publication was interrupted while its tags were being written.",
                null when Tags.Any(tag => tag.State == TagOutcome.Foreign) => "Somebody else moved tags while they were being written.",
                null => "The registry accepted every tag, but not all of them point to the new image.",
                _ => cause.Message,
            },
            Tags.All(tag => tag.State == TagOutcome.Old)
                ? "No tag changed. The content is in the registry, so publishing again sends only what is missing."
                : "Not all of these tags could be restored:",
        ];
        return new PublicationFailedException(string.Join('\n', head.Concat(Tags.Select(Told))), cause)
        {
            IsInterrupted = cause is OperationCanceledException,
            Old = [.. Tags.Where(tag => tag.State == TagOutcome.Old).Select(tag => tag.Move.Tag)],
            New = [.. Tags.Where(tag => tag.State == TagOutcome.New).Select(tag => tag.Move.Tag)],
        };
    }

    private static string Told(Tag tag) => tag.State switch
    {
        TagOutcome.Old => $"  old      {tag.Move.Tag} ({tag.Move.Before?.Digest.ToString() ?? "it did not exist"})",
        TagOutcome.New when tag.Move.Before is null =>
            $"  new      {tag.Move.Tag} ({tag.Move.After.Descriptor.Digest}), which did not exist before; the registry does not delete "
                + "tags",
        TagOutcome.New =>
            $"  new      {tag.Move.Tag} "
                + $"({tag.Move.After.Descriptor.Digest}){(tag.Stays is { } why ? $", not restored: {why.Message}" : "")}",
        TagOutcome.Foreign => $"  foreign  {tag.Move.Tag}: somebody else moved this tag at the same time",
        _ => $"  unknown  {tag.Move.Tag}: the registry does not answer; the next publication from this store finishes this tag",
    };
}
