using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Publishing;

/// <summary>The depth of the check of a repository before content is sent to it.</summary>
/// <param name="IsPublished">A tag of the repository names the image already: what is not there was lost.</param>
/// <param name="AsksForBlobs">Asks for every blob. Otherwise only where a manifest is missing.</param>
/// <param name="ReadsBlobs">Reads a byte of each blob, since some registries answer for blobs that their storage has lost.</param>
internal sealed record Scrutiny(bool IsPublished, bool AsksForBlobs, bool ReadsBlobs = false)
{
    /// <summary>For what may never have been here.</summary>
    public static Scrutiny OfNew { get; } = new(IsPublished: false, AsksForBlobs: true);
}

/// <summary>Brings an image's content into one repository, from the leaves to the root, under digests only.</summary>
/// <remarks>
/// <code>
/// SendAsync    1  look           HEAD of every index and manifest, at once: a registry that has the top may have lost what is below
///              2  its blobs      each once; there, mounted or sent, then HEAD: there, and of the right size
///              3  its manifests  the same, in parallel
///              4  the document   if it or something below it was missing: PUT by digest, then HEAD: there, with that digest and size
/// </code>
/// Steps 2 to 4 are for images of which a manifest is missing, or whose blobs are to be asked for as well (<see cref="Scrutiny"/>).
/// Idempotent: what has arrived whole is never sent again. Within one publication a blob is asked for once, and a manifest once a minute.
/// </remarks>
internal sealed class ContentTransfer(PublishingTools tools, IImageSource source, ImageReference repository,
    IProgress<TransferProgress>? progress)
{
    private static readonly TimeSpan Trusted = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Digest, bool> there = new();
    private readonly SharedWork<Digest, bool> documents = new();
    private readonly BlobTransfer blobs = new(tools, source, repository, progress);
    private int restored;

    public Transfers Done => blobs.Done with { Restored = restored };

    /// <exception cref="RegistryException">The registry refuses, or content is missing that nobody has any more.</exception>
    public async Task SendAsync(ImmutableArray<Descriptor> roots, Scrutiny scrutiny, CancellationToken cancellation)
    {
        // 1
        var parallel = Puller.ParallelOptions(tools.Registry, cancellation);
        var trees = await Task.WhenAll(roots.Select(root => ImageTree.ReadAsync(source, root, cancellation))).ConfigureAwait(false);
        var all = trees.SelectMany(tree => tree.Indexes.Concat(tree.Manifests)).DistinctBy(document => document.Digest);
        await Parallel.ForEachAsync(all, parallel, async (document, token) => there[document.Digest] = await HasAsync(document, token)
            .ConfigureAwait(false)).ConfigureAwait(false);
        foreach (var (root, tree) in roots.Zip(trees))
        {
            if (!scrutiny.AsksForBlobs && tree.Indexes.Concat(tree.Manifests).All(document => there[document.Digest]))
                continue;
            await SendOnceAsync(root, scrutiny with { IsPublished = scrutiny.IsPublished || there[root.Digest] }, cancellation)
                .ConfigureAwait(false);
        }
    }

    private async Task<bool> HasAsync(Descriptor document, CancellationToken cancellation)
    {
        if (tools.Arrived.TryGetValue((repository.Name, document.Digest), out var seen) && tools.Time.GetUtcNow() - seen < Trusted)
            return true;
        var found = await tools.Registry.HeadManifestAsync(repository.WithDigest(document.Digest), push: true, cancellation)
            .ConfigureAwait(false);
        if (found is null || found.Size != document.Size)
            return false;
        tools.Arrived[(repository.Name, document.Digest)] = tools.Time.GetUtcNow();
        return true;
    }

    /// <summary>True where the document, or something below it, had to be sent.</summary>
    private Task<bool> SendOnceAsync(Descriptor document, Scrutiny scrutiny, CancellationToken cancellation) =>
        documents.GetAsync(document.Digest, token => SendAsync(document, scrutiny, token), cancellation);

    private async Task<bool> SendAsync(Descriptor document, Scrutiny scrutiny, CancellationToken cancellation)
    {
        var content = await source.ReadDocumentAsync(document, cancellation).ConfigureAwait(false);
        var (isThere, below) = (there[document.Digest], 0);
        await Parallel.ForEachAsync(Below(document, content, scrutiny, isThere), Puller.ParallelOptions(tools.Registry, cancellation),
            async (send, token) =>
        {
            if (await send(token).ConfigureAwait(false))
                Interlocked.Increment(ref below);
        }).ConfigureAwait(false);
        if (isThere && below == 0)
            return false;
        // 4  Written again over what was sent below: a registry that keeps books of what points where has struck it out.
        await SendDocumentAsync(document, content, cancellation).ConfigureAwait(false);
        if (!isThere && scrutiny.IsPublished)
            Interlocked.Increment(ref restored);
        return true;
    }

    private IEnumerable<Func<CancellationToken, Task<bool>>> Below(Descriptor document, ReadOnlyMemory<byte> content, Scrutiny scrutiny,
        bool isThere)
    {
        // 3
        if (MediaType.IsIndex(document.MediaType))
            return Parse(document, content, ImageIndex.Parse).Manifests.Select(entry =>
                (Func<CancellationToken, Task<bool>>)(token => SendOnceAsync(entry, scrutiny, token)));
        // 2
        var manifest = Parse(document, content, Manifest.Parse);
        return manifest.Layers.Append(manifest.Config).Select(blob => (Func<CancellationToken, Task<bool>>)(async token =>
        {
            var sent = await blobs.SendAsync(new BlobOrder(blob, document, Afresh: !isThere, scrutiny.ReadsBlobs), token)
                .ConfigureAwait(false);
            if (sent && (isThere || scrutiny.IsPublished))
                Interlocked.Increment(ref restored);
            return sent;
        }));
    }

    private async Task SendDocumentAsync(Descriptor root, ReadOnlyMemory<byte> document, CancellationToken cancellation)
    {
        var place = repository.WithDigest(root.Digest);
        await tools.Registry.PushManifestAsync(place, document, root.MediaType, cancellation).ConfigureAwait(false);
        var found = await tools.Registry.HeadManifestAsync(place, push: true, cancellation).ConfigureAwait(false);
        if (found?.Digest != root.Digest || found.Size != document.Length)
            throw BlobTransfer.NotThere(repository, $"manifest {root.Digest}", found is null ? "does not have it"
                : $"has {found.Size} bytes of it instead of {document.Length}");
        new BlobOrigins(tools.Store).Record(root.Digest, repository);
        tools.Arrived[(repository.Name, root.Digest)] = tools.Time.GetUtcNow();
    }

    private static T Parse<T>(Descriptor descriptor, ReadOnlyMemory<byte> document, Func<ReadOnlySpan<byte>, T> parse)
    {
        try
        {
            return parse(document.Span);
        }
        catch (FormatException e)
        {
            throw new ContentMismatchException(
                $"Reading '{descriptor.Digest}' ({descriptor.MediaType}): {e.Message} Build or pull the image again.");
        }
    }
}
