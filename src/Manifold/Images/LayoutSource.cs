using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>An image of an OCI layout: a folder, or a tar of one, read in place.</summary>
/// <remarks>
/// Its name is looked for as it is written, then as a reference in normal form; without a name the layout must hold one image.
/// What <c>index.json</c> lists with a subject, or under the tag that stands in for a registry's list, are referrers.
/// Source: OCI image specification, "OCI Image Layout Specification". Owns the files that it is given.
/// </remarks>
internal sealed class LayoutSource : IImageSource
{
    private readonly Lazy<INamedFiles> files;
    private readonly Lazy<ImmutableArray<Descriptor>> entries;
    private readonly Lazy<ILookup<Digest, Descriptor>> referrers;

    internal LayoutSource(ImageLocation location, Func<INamedFiles> open)
    {
        Location = location;
        files = new(open);
        entries = new(ReadEntries);
        referrers = new(() => FindReferrers().ToLookup(pair => pair.Subject, pair => pair.Referrer));
    }

    public ImageLocation Location { get; }

    public Task<ManifestContent> ResolveAsync(CancellationToken cancellation = default)
    {
        var entry = Choose();
        return Task.FromResult(new ManifestContent(entry, ReadDocument(entry)));
    }

    public Task<ReadOnlyMemory<byte>> ReadDocumentAsync(Descriptor document, CancellationToken cancellation = default) =>
        Task.FromResult<ReadOnlyMemory<byte>>(ReadDocument(document));

    public Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation = default) => Task.FromResult(Open(blob));

    public Task<ImmutableArray<Descriptor>> ListReferrersAsync(Digest subject, CancellationToken cancellation = default) =>
        Task.FromResult<ImmutableArray<Descriptor>>([.. referrers.Value[subject].DistinctBy(entry => entry.Digest)]);

    public Task<ImmutableArray<TaggedManifest>> ListTaggedAsync(Digest subject, CancellationToken cancellation = default)
    {
        var prefix = TaggedManifest.PrefixOf(subject);
        return Task.FromResult<ImmutableArray<TaggedManifest>>(
            [.. entries.Value.Where(entry => ReferenceName.Of(entry)?.StartsWith(prefix, StringComparison.Ordinal) is true)
                .Select(entry => new TaggedManifest(ReferenceName.Of(entry)!, entry.WithoutName()))]);
    }

    public ImmutableArray<ImageReference> OriginsOf(Digest blob) => [];

    public ValueTask DisposeAsync()
    {
        if (files.IsValueCreated)
            files.Value.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The layout's own names, as they are written.</summary>
    public ImmutableArray<string> Names => [.. entries.Value.Where(entry => SubjectOfTag(entry) is null).Select(NameOf).OfType<string>()
        .Distinct()];

    /// <summary>Whether the blob is in the layout. Says nothing of its content.</summary>
    internal bool Contains(Digest digest)
    {
        using var file = files.Value.TryOpen(LayoutDocuments.BlobPath(digest));
        return file is not null;
    }

    private Descriptor Choose()
    {
        var found = (Location.Digest, Location.Name) switch
        {
            ({ } digest, _) => entries.Value.Where(entry => entry.Digest == digest),
            (_, { } name) => Named(name),
            _ => Nameless(),
        };
        var chosen = found.DistinctBy(entry => entry.Digest).Take(2).ToList();
        if (chosen.Count == 1)
            return chosen[0].WithoutName();
        var wanted = Location.Digest?.ToString() ?? Location.Name;
        throw new UsageException((chosen.Count, wanted) switch
        {
            (0, null) => $"There is no image in {files.Value.Place}.",
            (0, _) => $"There is no image '{wanted}' in {files.Value.Place}. {Available("It has")}",
            _ => $"{Capital(files.Value.Place)} has several images. {Available("Choose one of")}",
        });
    }

    private IEnumerable<Descriptor> Named(string name)
    {
        var exact = entries.Value.Where(entry => ReferenceName.Of(entry) == name || ReferenceName.FullOf(entry) == name).ToList();
        if (exact.Count > 0 || !ImageReference.TryParse(name, out var wanted))
            return exact;
        return entries.Value.Where(entry => ImageReference.TryParse(NameOf(entry), out var reference) && reference == wanted);
    }

    /// <summary>What somebody means who names nothing: the images that have a name, else those that are about no other.</summary>
    private IEnumerable<Descriptor> Nameless()
    {
        var about = referrers.Value.SelectMany(group => group).Select(entry => entry.Digest).ToHashSet();
        var images = entries.Value
            .Where(entry => !about.Contains(entry.Digest) && SubjectOfTag(entry) is null && !TaggedManifest.IsTag(ReferenceName.Of(entry)))
            .ToList();
        var named = images.Where(entry => NameOf(entry) is not null).ToList();
        return named.Count > 0 ? named : images;
    }

    private string Available(string lead)
    {
        const int most = 10;
        var names = Names is { IsEmpty: false } given ? given : [.. entries.Value.Select(entry => "@" + entry.Digest)];
        return names.IsEmpty ? "It is empty."
            : $"{lead}: {string.Join(", ", names.Take(most))}{(names.Length > most ? $" and {names.Length - most} more" : "")}.";
    }

    private static string Capital(string place) => char.ToUpperInvariant(place[0]) + place[1..];

    private ImmutableArray<Descriptor> ReadEntries()
    {
        if (!HasMarker())
            throw NotALayout("has no file 'oci-layout'");
        using var file = files.Value.TryOpen(LayoutDocuments.IndexPath) ?? throw NotALayout("has no file 'index.json'");
        var json = ReadWhole(file, LayoutDocuments.IndexPath);
        var descriptor = new Descriptor { MediaType = MediaType.Index, Digest = Digest.Of(json), Size = json.Length };
        return DocumentReading.Parse(Location, descriptor, json, ImageIndex.Parse).Manifests;
    }

    private bool HasMarker()
    {
        using var marker = files.Value.TryOpen(LayoutDocuments.MarkerPath);
        return marker is not null;
    }

    private IEnumerable<(Digest Subject, Descriptor Referrer)> FindReferrers()
    {
        foreach (var entry in entries.Value)
        {
            if (SubjectOfTag(entry) is { } tagged && Contains(entry.Digest))
            {
                foreach (var referrer in DocumentReading.Parse(Location, entry, ReadDocument(entry), ImageIndex.Parse).Manifests)
                    yield return (tagged, referrer);
            }
            else if (MediaType.IsManifest(entry.MediaType) && Contains(entry.Digest)
                && DocumentReading.Parse(Location, entry, ReadDocument(entry), Manifest.Parse) is { Subject: { } subject } manifest)
            {
                yield return (subject.Digest,
                    entry.WithoutName() with { ArtifactType = entry.ArtifactType ?? manifest.ArtifactType ?? manifest.Config.MediaType });
            }
        }
    }

    /// <summary>The subject of an index that stands in for a registry's list of referrers, by its name <c>sha256-HEX</c>.</summary>
    private static Digest? SubjectOfTag(Descriptor entry) =>
        MediaType.IsIndex(entry.MediaType)
            && ReferenceName.Of(entry) is { } name
            && name.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash
        && Digest.TryParse($"{name[..dash]}:{name[(dash + 1)..]}", out var subject) ? subject : null;

    private byte[] ReadDocument(Descriptor document)
    {
        using var stream = Open(document);
        return ReadWhole(stream, document.Digest.ToString());
    }

    private byte[] ReadWhole(Stream stream, string name)
    {
        if (stream.Length > Limits.DocumentBytes)
            throw new ContentMismatchException($"Reading {Location}: '{name}' has {stream.Length} bytes. "
                + $"The limit for a document is {Limits.DocumentBytes}.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        if (bytes.Length == 0)
            _ = stream.Read(new byte[1]);
        return bytes;
    }

    private Stream Open(Descriptor blob)
    {
        var file = files.Value.TryOpen(LayoutDocuments.BlobPath(blob.Digest))
            ?? throw new ContentMismatchException($"Reading {Location}: '{blob.Digest}' is missing in {files.Value.Place}. "
                + "Create the image again.");
        if (file.Length == blob.Size)
            return new VerifiedStream(file, blob.Digest, blob.Size, files.Value.Place);
        using (file)
            throw new ContentMismatchException($"Reading {Location}: '{blob.Digest}' has {file.Length} bytes in {files.Value.Place}, "
                + $"but {blob.Size} in its descriptor. Create the image again.");
    }

    private static string? NameOf(Descriptor entry) => ReferenceName.FullOf(entry) ?? ReferenceName.Of(entry);

    private UsageException NotALayout(string what) => new(
        $"{Capital(files.Value.Place)} is not an OCI layout: it {what}." + (Location.Transport == Transport.OciArchive
            ? $" If it comes from 'docker save', use: docker-archive:{Location.Path}" : " For an archive, use: oci-archive:FILE"));
}
