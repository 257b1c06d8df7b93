using Manifold.Registry;

namespace Manifold.Publishing;

/// <summary>Ends what a killed publication left between its first tag and its last.</summary>
/// <remarks>
/// <code>
/// its tags, now                    what is done
/// all old, or all new              nothing: the record goes
/// some old, some new               the old ones are written: all content was there before the first
/// one that is neither              nothing: somebody has published since; the record goes, with a warning
/// a registry cannot be asked       nothing: the record stays, with a warning
/// a registry refuses               the same, for a day: one refusal may be a hiccup, and a lasting one would be reported every time
/// </code>
/// Runs under the lock of publications. Never fails for what it finds: the publication that runs it has work of its own.
/// </remarks>
internal sealed class Recovery(PublishingTools tools, PublicationJournal journal)
{
    private static readonly TimeSpan RefusalPatience = TimeSpan.FromDays(1);

    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var (path, entry) in journal.Abandoned().ToList())
        {
            if (await EndAsync(entry, cancellation).ConfigureAwait(false))
                journal.Remove(path);
        }
    }

    private async Task<bool> EndAsync(JournalEntry entry, CancellationToken cancellation)
    {
        var names = string.Join(", ", entry.Tags.Select(tag => tag.Tag));
        try
        {
            var now = await Task.WhenAll(entry.Tags.Select(async tag =>
                (Tag: tag, (await tools.Registry.HeadManifestAsync(tag.Reference,
                    push: true, cancellation).ConfigureAwait(false))?.Digest))).ConfigureAwait(false);
            var old = now.Where(state => state.Digest == state.Tag.Before?.Digest).Select(state => state.Tag).ToList();
            var moved = now.Where(state => state.Digest != state.Tag.Before?.Digest && state.Digest != state.Tag.After.Digest)
                .Select(state => state.Tag.Tag).ToList();
            if (moved.Count > 0)
                tools.Warn($"A publication of {names} was interrupted at {entry.Time:u}, and {string.Join(", ", moved)} was moved since "
                    + "then. That tag was not changed. If it points to the wrong image, publish again.");
            else if (old.Count > 0 && old.Count < now.Length)
                await FinishAsync(old, names, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (ManifoldException e)
        {
            // A refusal stays one; trouble passes, and so does what a login or some patience mends.
            var refused = (int?)(e as RegistryException)?.Status is >= 400 and < 500 and not (401 or 408 or 429)
                && tools.Time.GetUtcNow() - entry.Time > RefusalPatience;
            tools.Warn($"A publication of {names} was interrupted at {entry.Time:u} and could "
                + $"not be finished: {e.Message}{(refused ? " Publish it again." : "")}");
            return refused;
        }
    }

    private async Task FinishAsync(List<JournalTag> tags, string names, CancellationToken cancellation)
    {
        await TagWriter.InWavesAsync(tags, tag => tag.After, async tag =>
        {
            var content = await tools.Registry.OfTargets.GetManifestAsync(tag.Reference.WithDigest(tag.After.Digest),
                cancellation).ConfigureAwait(false)
                ?? throw new RegistryException($"push {tag.Tag}: {tag.After.Digest} is no longer there.")
                {
                    Registry = tag.Reference.Registry,
                    Status = System.Net.HttpStatusCode.NotFound,
                };
            await tools.Registry.PushManifestAsync(tag.Reference, content.Bytes, tag.After.MediaType, cancellation).ConfigureAwait(false);
        }).ConfigureAwait(false);
        tools.Warn($"A publication of {names} was interrupted while its tags were being written. The missing tags were written now: "
            + $"{string.Join(", ", tags.Select(tag => tag.Tag))}.");
    }
}
