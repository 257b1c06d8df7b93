using System.Collections.Concurrent;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Verification.Signatures;

namespace Manifold.Publishing.Referrers;

/// <summary>Attaches documents to manifests of one repository.</summary>
/// <remarks>
/// <code>
/// 1  list        what is attached already, says the same and is still there is left, and nothing is sent
/// 2  blobs       the document, and the empty config
/// 3  manifest    by digest; a registry that knows referrers lists it now
/// 4  tag         where it does not: the index under sha256-HEX gets one more entry, read again afterwards
/// </code>
/// Idempotent. Cut at any moment, readers see what they saw before, or the new document whole. Entries of others in 4 are kept: who
/// writes at the same moment may undo ours, so it is looked for and written again.
/// Source: OCI distribution specification, "Pushing Manifests with Subject" and "Referrers Tag Schema".
/// </remarks>
internal sealed class ReferrerPublisher(RegistryClient registry, ImageReference repository, TimeProvider time)
{
    private readonly RegistryClient client = registry.OfTargets;
    private const int Tries = 8;

    /// <summary>
    /// Asks for the blobs of what is attached already, too. Its manifest is always asked for:
    /// a registry may list what it has lost.
    /// </summary>
    public bool AsksForBlobs { get; init; }

    /// <summary>Attaches what is not attached yet: looks at all at once, and sends one after the other. Returns how many.</summary>
    public async Task<int> AttachAllAsync(IEnumerable<Attachment> attachments, CancellationToken cancellation = default)
    {
        var looked = new ConcurrentBag<(int Order, Attachment Attachment)>();
        await Parallel.ForEachAsync(attachments.Index(), Puller.ParallelOptions(client, cancellation), async (each, token) =>
        {
            if (!(await LookAsync(each.Item, token).ConfigureAwait(false)).IsThere)
                looked.Add((each.Index, each.Item));
        }).ConfigureAwait(false);
        foreach (var (_, attachment) in looked.OrderBy(each => each.Order))
            await AttachAsync(attachment, cancellation).ConfigureAwait(false);
        return looked.Count;
    }

    /// <summary>True where it was attached now, false where it was there already.</summary>
    /// <exception cref="RegistryException">The registry takes no such document; the image's tags are not touched.</exception>
    public async Task<bool> AttachAsync(Attachment attachment, CancellationToken cancellation = default)
    {
        // 1
        var manifest = attachment.ToManifest();
        var digest = Digest.Of(manifest);
        var (listed, isThere) = await LookAsync(attachment, cancellation).ConfigureAwait(false);
        if (isThere)
            return false;
        try
        {
            await PushAsync(attachment, digest, manifest, listed, cancellation).ConfigureAwait(false);
        }
        catch (RegistryException e) when (IsRefusal(e))
        {
            // While another client writes the same blob, Debian's registry may read half a link and call the manifest invalid.
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(100, 300)), time, cancellation).ConfigureAwait(false);
            await PushAgainAsync(attachment, digest, manifest, listed, cancellation).ConfigureAwait(false);
        }
        return true;
    }

    private async Task<(Manifold.Registry.Referrers Listed, bool IsThere)> LookAsync(Attachment attachment, CancellationToken cancellation)
    {
        var listed = await client.ListReferrersAsync(
            repository, attachment.Subject.Digest, attachment.ArtifactType, cancellation).ConfigureAwait(false);
        var digest = Digest.Of(attachment.ToManifest());
        foreach (var entry in listed.Entries.Where(entry => entry.Digest == digest || attachment.IsSameAs?.Invoke(entry) == true))
        {
            if (await IsWholeAsync(entry.Digest, cancellation).ConfigureAwait(false))
                return (listed, true);
        }
        return (listed, false);
    }

    private async Task<bool> IsWholeAsync(Digest referrer, CancellationToken cancellation)
    {
        var place = repository.WithDigest(referrer);
        if (!AsksForBlobs)
            return await client.HeadManifestAsync(place, push: true, cancellation).ConfigureAwait(false) is not null;
        return await client.GetManifestAsync(place, cancellation).ConfigureAwait(false) is { } found
            && SignatureReader.TryParse(found.Bytes) is { } manifest
            && await HasAllAsync(manifest.Layers.Append(manifest.Config), cancellation).ConfigureAwait(false);
    }

    /// <summary>Whether the repository has all of some blobs, each whole.</summary>
    internal async Task<bool> HasAllAsync(IEnumerable<Descriptor> blobs, CancellationToken cancellation)
    {
        var sizes = await Task.WhenAll(blobs.DistinctBy(blob => blob.Digest).Select(async blob =>
            (blob.Size, Answered: await client.SizeOfBlobAsync(repository, blob.Digest,
                cancellation).ConfigureAwait(false)))).ConfigureAwait(false);
        return sizes.All(each => RegistryClient.IsWhole(each.Answered, each.Size));
    }

    private async Task PushAgainAsync(
        Attachment attachment, Digest digest, byte[] manifest, Manifold.Registry.Referrers listed, CancellationToken cancellation)
    {
        try
        {
            await PushAsync(attachment, digest, manifest, listed, cancellation).ConfigureAwait(false);
        }
        catch (RegistryException e) when (IsRefusal(e))
        {
            throw new RegistryException(
                $"attach {attachment.ArtifactType} to {repository.Name}@{attachment.Subject.Digest}: the registry does not accept such "
                    + $"documents ({e.Message}) The image's tags did not change. Publish without this document, or use a registry that "
                    + "supports OCI artifacts.",
                e)
            {
                Registry = repository.Registry,
                Status = e.Status,
                Code = e.Code,
            };
        }
    }

    private static bool IsRefusal(RegistryException e) =>
        e.Status is { } status && (int)status is >= 400 and < 500 and not (401 or 403 or 429);

    private async Task PushAsync(
        Attachment attachment, Digest digest, byte[] manifest, Manifold.Registry.Referrers listed, CancellationToken cancellation)
    {
        // 2
        await PushBlobAsync(attachment.ConfigBlob, Attachment.EmptyConfig, cancellation).ConfigureAwait(false);
        await PushBlobAsync(attachment.ContentBlob, attachment.Content, cancellation).ConfigureAwait(false);
        // 3  Some registries list it and do not say so.
        var isListed =
            await client.PushReferrerAsync(repository.WithDigest(digest), manifest, MediaType.Manifest, cancellation).ConfigureAwait(false);
        if (isListed || listed.IsListedByRegistry)
            return;
        // 4
        await ListByTagAsync(attachment, new Descriptor
        {
            MediaType = MediaType.Manifest,
            Digest = digest,
            Size = manifest.Length,
            ArtifactType = attachment.ArtifactType,
            Annotations = attachment.Annotations,
        }, cancellation).ConfigureAwait(false);
    }

    /// <summary>Sees to it that the repository has a blob that is at hand whole.</summary>
    internal async Task PushBlobAsync(Descriptor blob, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        await client.PushBlobAsync(repository, blob, new BlobSource(null, [])
        {
            Reader = (offset, _) => ValueTask.FromResult<Stream>(new MemoryStream(content[(int)offset..].ToArray(), writable: false)),
        }, null, cancellation).ConfigureAwait(false);

    private Task ListByTagAsync(Attachment attachment, Descriptor entry, CancellationToken cancellation) => UpdateTagAsync(
        RegistryClient.ReferrersTag(attachment.Subject.Digest), MediaType.Index,
        current => Task.FromResult(current is null ? new ImageIndex { Manifests = [entry] }.ToJson()
            : ImageIndex.Parse(current.Value.Span) is var index && index.Manifests.Any(other => other.Digest == entry.Digest) ? null
            : (index with { Manifests = index.Manifests.Add(entry) }).ToJson()), cancellation);

    /// <summary>Changes the document under a tag that others change too: reads, writes, and reads again until its change is in.</summary>
    /// <param name="change">From the document that is there, or null, to what it shall be; null where nothing is to be changed any
    /// more.</param>
    internal async Task UpdateTagAsync(
        string tag, string mediaType, Func<ReadOnlyMemory<byte>?, Task<byte[]?>> change, CancellationToken cancellation)
    {
        var place = repository.WithTag(tag);
        var withoutLost = false;
        for (var attempt = 1; ; attempt++)
        {
            var current = await client.GetManifestAsync(place, cancellation).ConfigureAwait(false);
            var before = withoutLost && current is not null
                ? await LostEntries.WithoutAsync(client, repository, current, cancellation).ConfigureAwait(false)
                : current?.Bytes;
            if (await ChangedAsync(place, change, before).ConfigureAwait(false) is not { } wanted)
                return;
            if (attempt > Tries)
                throw new RegistryException($"attach to {repository.Name}: other clients keep changing the tag '{tag}'. Try again.")
                {
                    Registry = repository.Registry,
                };
            try
            {
                await client.PushManifestAsync(place, wanted, mediaType, cancellation).ConfigureAwait(false);
            }
            catch (RegistryException e) when (e.Code == "DIGEST_INVALID")
            {
                // A tag names no digest: distribution 2.8 says so where two writers bring the same document at once.
                // The next look tells whose is in.
            }
            catch (RegistryException e) when (IsRefusal(e) && !withoutLost)
            {
                // A registry that takes no list of what it does not have has lost something that was on it.
                withoutLost = true;
                continue;
            }
            // Two writers who read the same begin: the later one wins; each looks once more, and the one who lost writes again.
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(20, 60) * attempt), time, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<byte[]?> ChangedAsync(
        ImageReference place, Func<ReadOnlyMemory<byte>?, Task<byte[]?>> change, ReadOnlyMemory<byte>? current)
    {
        try
        {
            return await change(current).ConfigureAwait(false);
        }
        catch (FormatException e)
        {
            throw new RegistryException(
                $"attach to {place.Name}: the tag '{place.Tag}' has unexpected content ({e.Message}) To look at the content, run: "
                    + $"manifold inspect --raw {place}",
                e)
            {
                Registry = place.Registry,
            };
        }
    }
}
