using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Registry;

namespace Manifold.Cli;

/// <summary>How an image is delivered.</summary>
/// <param name="Publication">What registries' tags may be done to; its targets are filled in here.</param>
/// <param name="WithReferrers">Signatures, SBOMs and provenance go along.</param>
internal sealed record DeliveryOptions(PublicationRequest Publication, bool WithReferrers)
{
    /// <summary>What the target had when the work began; a tag that has something else by now is not overwritten.</summary>
    public Digest? Before { get; init; }
}

/// <summary>Takes an image of any source to any number of places, for <c>copy</c> and <c>index</c>.</summary>
internal sealed class ImageDelivery(CliContext context, Store store, RegistryClient client)
{
    private readonly PublishingTools tools = new(store, client, context.Time) { Warn = context.Warn };

    /// <summary>
    /// Writes to every target, and tells of each on standard output. Registries come first: where they refuse, nothing else is written.
    /// </summary>
    public async Task DeliverAsync(
        IImageSource image, ImmutableArray<ImageLocation> targets, DeliveryOptions options, CancellationToken cancellation)
    {
        var references = targets.Where(target => target.Transport is Transport.Registry)
            .Select(target => target.Reference!).ToImmutableArray();
        if (targets.Any(target => target.Transport is Transport.DockerArchive))
            await DockerArchiveTarget.RequireSingleAsync(image, cancellation);
        options = options with { Publication = options.Publication with { Targets = references } };
        // Reads the image and asks its targets at the same time. A refusal ends both.
        await image.ResolveAsync(cancellation);
        var needsParts = options.WithReferrers || references.Length < targets.Length;
        var (parts, prepared) = await FirstFailure.BothAsync(
            async token => needsParts ? await ImageParts.ReadAsync(image, options.WithReferrers, token) : null,
            async token => references.IsEmpty ? null : await PrepareAsync(image, options, token), cancellation);
        if (targets.Any(target => target.Transport is Transport.DockerArchive) && DockerArchiveTarget.Dropped(parts!) is { } dropped)
            context.Warn(dropped);
        if (prepared is not null)
            await PublishAsync(prepared, parts, options.Publication, cancellation);
        if (parts is { Top.Descriptor.MediaType: MediaType.DockerIndex or MediaType.DockerManifest }
            && targets.Any(target => target.Transport is Transport.OciLayout or Transport.OciArchive))
            context.Warn("the image keeps Docker's format and its digests. skopeo and umoci cannot read this format in a layout. To "
                + "convert the image for them, add --format oci.");
        foreach (var place in targets.Where(target => target.Transport is not Transport.Registry)
            .GroupBy(target => (target.Transport, target.Path, target.Reference)))
        {
            var names = place.Select(target => target.Name ?? DefaultName(target, image)).OfType<string>().Distinct().ToImmutableArray();
            await new ImageTargets(store).Open(place.First(), names).WriteAsync(image, parts!, new PlacedLines(context), cancellation);
            foreach (var target in place)
                await context.Out.WriteLineAsync(Told(target, parts!.Top.Descriptor.Digest));
        }
    }

    /// <summary>Ends publications that were interrupted, and asks the registries whether they will take the image.</summary>
    private async Task<PreparedImage> PrepareAsync(IImageSource image, DeliveryOptions options, CancellationToken cancellation)
    {
        var (request, publisher) = (options.Publication, new Publisher(tools));
        await publisher.RecoverAsync(cancellation);
        var top = (await image.ResolveAsync(cancellation)).Descriptor;
        var platforms = (await ImagePlatforms.ReadAsync(image, top, cancellation))
            .Select(entry => entry.Platform).Distinct().ToImmutableArray();
        var preflight = (await publisher.PreflightAsync(request, platforms, cancellation)).OrThrow();
        if (options.Before is { } before
            && !request.Force
            && preflight.Tags.FirstOrDefault(tag => tag.Platform is null && tag.Now?.Digest != before) is { } moved)
            throw new PublicationRefusedException($"{moved.Tag}: the tag changed in the meantime and is now "
                + $"{moved.Now?.Digest.ToString() ?? "gone"}. Run the command again, or overwrite the tag with --force.");
        return new PreparedImage(image, top, preflight);
    }

    private async Task PublishAsync(PreparedImage prepared, ImageParts? parts, PublicationRequest request, CancellationToken cancellation)
    {
        var (image, top, preflight) = (prepared.Source, prepared.Top, prepared.Preflight);
        if (parts is not (null or { Referrers.IsEmpty: true, Tagged.IsEmpty: true }))
        {
            foreach (var repository in request.Targets.DistinctBy(target => target.Name))
            {
                var scrutiny = await Publisher.ScrutinyAsync(prepared, repository, cancellation);
                await new ReferrerTransfer(tools, image, parts).SendAsync(repository, scrutiny, new TransferLines(context), cancellation);
            }
        }
        var done = await new Publisher(tools).PublishAsync(image, top, preflight, new TransferLines(context), cancellation);
        await PublishingFlags.TellAsync(context, done, request.Targets);
    }

    /// <summary>Docker names what it loads, so an image that has a name keeps it.</summary>
    private static string? DefaultName(ImageLocation target, IImageSource image) =>
        target.Transport is Transport.DockerArchive && image.Location.Reference is { Tag: { } tag } reference
            ? reference.WithTag(tag).ToString()
            : null;

    /// <summary>The target as a location that <c>inspect</c> takes, with the digest where it may stand.</summary>
    private static string Told(ImageLocation target, Digest digest) => target.Transport switch
    {
        Transport.DockerArchive => target.ToString(),
        Transport.Store => $"store:{target.Reference!.WithDigest(digest)}",
        _ => $"{target.WithoutName()}@{digest}",
    };

    /// <summary>One line for each blob that is in its place.</summary>
    private sealed class PlacedLines(CliContext context) : IProgress<BlobPlaced>
    {
        private readonly Lock turn = new();

        public void Report(BlobPlaced value)
        {
            lock (turn)
                context.Error.WriteLine($"{value.Blob.Digest.Short}  {ByteSize.Format(value.Blob.Size),9}  "
                    + $"{(value.AlreadyThere ? "already there" : "copied")}");
        }
    }
}
