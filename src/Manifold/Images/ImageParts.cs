using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Concurrency;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>A manifest that stands under a tag made of the digest that it is about: <c>sha256-HEX.sig</c>.</summary>
internal sealed partial record TaggedManifest(string Tag, Descriptor Manifest)
{
    /// <summary>What tags about this digest begin with; cosign's end with <c>sig</c>, <c>att</c> or <c>sbom</c>.</summary>
    internal static string PrefixOf(Digest subject) => RegistryClient.ReferrersTag(subject) + ".";

    /// <summary>
    /// Whether a tag is made of a digest: it names what is about an image, and no image;
    /// also the list of referrers that stands in for a registry's.
    /// </summary>
    public static bool IsTag(string? tag) => tag is not null && AttachedTag().IsMatch(tag);

    [GeneratedRegex(@"^sha(256|512)-[0-9a-f]{64}(\z|[.])")]
    private static partial Regex AttachedTag();
}

/// <summary>All that an image is made of, down to its blobs; read, but for these.</summary>
/// <param name="Documents">Indexes and manifests, also those of referrers, each once.</param>
/// <param name="Blobs">Configs and layers, each once. What may not be redistributed and is only linked to is not among them.</param>
/// <param name="Referrers">What is about one of the documents, and has it for its subject.</param>
/// <param name="Tagged">What is about one of the documents, and only its tag says so.</param>
internal sealed record ImageParts(
    ManifestContent Top, ImmutableArray<ManifestContent> Documents, ImmutableArray<Descriptor> Blobs,
    ImmutableArray<Descriptor> Referrers, ImmutableArray<TaggedManifest> Tagged)
{
    /// <summary>
    /// Follows an image from its top to its blobs. Costs reading each document, and asking once for each one's referrers.
    /// </summary>
    /// <exception cref="ContentMismatchException">The image is broken, nested too deep, or too large to be one.</exception>
    public static async Task<ImageParts> ReadAsync(IImageSource source, bool withReferrers, CancellationToken cancellation = default)
    {
        var top = await source.ResolveAsync(cancellation).ConfigureAwait(false);
        var walk = new Walk(source, withReferrers);
        await walk.FollowAsync(top.Descriptor, cancellation).ConfigureAwait(false);
        return walk.Parts(top);
    }

    /// <summary>Level by level, so that whatever points where, each document is read once and its level's together.</summary>
    private sealed class Walk(IImageSource source, bool withReferrers)
    {
        // Below the image's own levels: the referrers of its deepest manifests, and what is about these.
        private const int Levels = Limits.IndexDepth * 2;

        // An image has an entry for each platform, and one for its provenance.
        private const int AheadEntries = 64;

        private readonly Dictionary<Digest, ManifestContent> documents = [];
        private readonly Dictionary<Digest, Descriptor> blobs = [];
        private readonly Dictionary<Digest, Descriptor> referrers = [];
        private readonly Dictionary<string, TaggedManifest> tagged = new(StringComparer.Ordinal);
        private long bytes;
        private long ahead;

        public async Task FollowAsync(Descriptor top, CancellationToken cancellation)
        {
            IReadOnlyList<Descriptor> level = [top];
            for (var depth = 0; level.Count > 0; depth++)
            {
                if (depth > Levels)
                    throw Broken($"its indexes are nested more than {Limits.IndexDepth} levels deep");
                var read = await FirstFailure.WhenAllAsync(level, ReadAsync, cancellation).ConfigureAwait(false);
                level = [.. read.SelectMany(Note).Where(next => !documents.ContainsKey(next.Digest)).DistinctBy(next => next.Digest)];
            }
        }

        public ImageParts Parts(ManifestContent top) =>
            new(top, [.. documents.Values], [.. blobs.Values], [.. referrers.Values], [.. tagged.Values]);

        private sealed record Document(
            ManifestContent Content, ImmutableArray<Descriptor> Referrers, ImmutableArray<TaggedManifest> Tagged);

        private async Task<Document> ReadAsync(Descriptor descriptor, CancellationToken cancellation)
        {
            var content = await source.ReadDocumentAsync(descriptor, cancellation).ConfigureAwait(false);
            if (Interlocked.Add(ref bytes, content.Length) > Limits.ImageDocumentsBytes)
                throw Broken($"its documents are larger than {Limits.ImageDocumentsBytes / 1024 / 1024} MiB in total");
            return await WithReferrersAsync(new Document(new ManifestContent(descriptor, content), [], []), cancellation)
                .ConfigureAwait(false);
        }

        private async Task<Document> WithReferrersAsync(Document document, CancellationToken cancellation)
        {
            if (!withReferrers)
                return document;
            var digest = document.Content.Descriptor.Digest;
            try
            {
                var ((referrers, attached), _) = await FirstFailure.BothAsync(
                    both => FirstFailure.BothAsync(
                        token => source.ListReferrersAsync(digest, token), token => source.ListTaggedAsync(digest, token), both),
                    token => ReadAheadAsync(document.Content, token), cancellation).ConfigureAwait(false);
                return document with { Referrers = referrers, Tagged = attached };
            }
            catch (RegistryException e)
            {
                throw e.With($"{e.Message} To copy the image without its referrers, add --no-referrers.");
            }
        }

        /// <summary>
        /// Reads what an index lists while its registry is asked what refers to the index; the next level then finds it read. Returns how
        /// many documents it read: none of a long index, and of all indexes together no more than an image may have.
        /// </summary>
        /// <remarks>The next level reports a document that cannot be read.</remarks>
        private async Task<int> ReadAheadAsync(ManifestContent document, CancellationToken cancellation)
        {
            if (source.Location.Transport != Transport.Registry || !MediaType.IsIndex(document.Descriptor.MediaType))
                return 0;
            try
            {
                var listed = ImageIndex.Parse(document.Bytes.Span).Manifests;
                if (listed.Length > AheadEntries || listed.Any(entry => entry.Size is < 0 or > Limits.ImageDocumentsBytes))
                    return 0;
                var documents = listed.Where(entry => MediaType.IsIndex(entry.MediaType) || MediaType.IsManifest(entry.MediaType)).ToList();
                if (Interlocked.Add(ref ahead, documents.Sum(entry => entry.Size)) > Limits.ImageDocumentsBytes)
                    return 0;
                return (await FirstFailure.WhenAllAsync(documents, source.ReadDocumentAsync, cancellation).ConfigureAwait(false)).Length;
            }
            catch (Exception e) when (e is ManifoldException or FormatException)
            {
                return 0;
            }
        }

        /// <summary>Keeps a document, and returns the documents that it leads to.</summary>
        private IEnumerable<Descriptor> Note(Document document)
        {
            var descriptor = document.Content.Descriptor;
            documents[descriptor.Digest] = document.Content;
            foreach (var referrer in document.Referrers)
                referrers.TryAdd(referrer.Digest, referrer);
            foreach (var attached in document.Tagged)
                tagged.TryAdd(attached.Tag, attached);
            var about = document.Referrers.Concat(document.Tagged.Select(attached => attached.Manifest));
            if (MediaType.IsIndex(descriptor.MediaType))
                return DocumentReading.Parse(source.Location, descriptor, document.Content.Bytes, ImageIndex.Parse).Manifests.Concat(about);
            if (!MediaType.IsManifest(descriptor.MediaType))
                throw Broken($"'{descriptor.Digest}' has the type '{descriptor.MediaType}', which is neither an image nor an index");
            var manifest = DocumentReading.Parse(source.Location, descriptor, document.Content.Bytes, Manifest.Parse);
            foreach (var blob in manifest.Layers.Prepend(manifest.Config).Where(blob => blob.Urls is not { IsEmpty: false }))
                blobs.TryAdd(blob.Digest, blob);
            return about;
        }

        private ContentMismatchException Broken(string what) => new($"Reading {source.Location}: {what}. "
            + "Choose another image, or create this one again.");
    }
}
