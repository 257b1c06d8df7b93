using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Publishing;

/// <summary>How an image is delivered.</summary>
/// <param name="Publication">The rules for registries' tags. The delivery fills in the targets.</param>
/// <param name="WithReferrers">Whether signatures, SBOMs and provenance are delivered with the image.</param>
internal sealed record DeliveryOptions(PublicationRequest Publication, bool WithReferrers)
{
    /// <summary>The digest that the target had when the work began. A tag that has another one by now is not overwritten.</summary>
    public Digest? Before { get; init; }
}

/// <summary>The listeners of a delivery. Each place is reported as soon as it has the image, even if a later place fails.</summary>
internal sealed record DeliveryListeners
{
    /// <summary>Receives each blob that goes to a registry.</summary>
    public IProgress<TransferProgress>? Pushed { get; init; }

    /// <summary>Receives each blob that is written to another place.</summary>
    public IProgress<BlobPlaced>? Placed { get; init; }

    /// <summary>Receives the publication, and the targets it was asked for, once all tags are written.</summary>
    public Func<Publication, ImmutableArray<ImageReference>, Task> Published { get; init; } = (_, _) => Task.CompletedTask;

    /// <summary>Receives each target that is no registry, once it has the image.</summary>
    public Func<ImageLocation, Digest, Task> Written { get; init; } = (_, _) => Task.CompletedTask;
}

/// <summary>Takes an image of any source to any number of places.</summary>
/// <remarks>
/// <code>
/// 1  read      the image's documents, and at the same time ask the registries whether they will take it
/// 2  publish   to all registries, as one publication
/// 3  write     to layouts, archives and the store
/// </code>
/// Registries come first: if they refuse, nothing else is written. The caller holds the store's shared lock.
/// </remarks>
internal sealed class ImageDelivery(PublishingTools tools, DeliveryListeners listeners)
{
    public async Task DeliverAsync(
        IImageSource image, ImmutableArray<ImageLocation> targets, DeliveryOptions options, CancellationToken cancellation)
    {
        var references = targets.Where(target => target.Transport is Transport.Registry)
            .Select(target => target.Reference!).ToImmutableArray();
        if (targets.Any(target => target.Transport is Transport.DockerArchive))
            await DockerArchiveTarget.RequireSingleAsync(image, cancellation).ConfigureAwait(false);
        options = options with { Publication = options.Publication with { Targets = references } };
        // 1: a refusal ends both.
        await image.ResolveAsync(cancellation).ConfigureAwait(false);
        var needsParts = options.WithReferrers || references.Length < targets.Length;
        var (parts, prepared) = await FirstFailure.BothAsync(
            async token => needsParts ? await ImageParts.ReadAsync(image, options.WithReferrers, token).ConfigureAwait(false) : null,
            async token => references.IsEmpty ? null : await PrepareAsync(image, options, token).ConfigureAwait(false),
            cancellation).ConfigureAwait(false);
        if (targets.Any(target => target.Transport is Transport.DockerArchive) && DockerArchiveTarget.Dropped(parts!) is { } dropped)
            tools.Warn(dropped);
        // 2
        if (prepared is not null)
            await PublishAsync(prepared, parts, options.Publication, cancellation).ConfigureAwait(false);
        // 3
        if (parts is { Top.Descriptor.MediaType: MediaType.DockerIndex or MediaType.DockerManifest }
            && targets.Any(target => target.Transport is Transport.OciLayout or Transport.OciArchive))
            tools.Warn("the image keeps Docker's format and its digests. skopeo and umoci cannot read this format in a layout. To "
                + "convert the image for them, add --format oci.");
        foreach (var place in targets.Where(target => target.Transport is not Transport.Registry)
            .GroupBy(target => (target.Transport, target.Path, target.Reference)))
            await WriteAsync(image, parts!, [.. place], cancellation).ConfigureAwait(false);
    }

    /// <summary>Ends publications that were interrupted, and asks the registries whether they will take the image.</summary>
    private async Task<PreparedImage> PrepareAsync(IImageSource image, DeliveryOptions options, CancellationToken cancellation)
    {
        var (request, publisher) = (options.Publication, new Publisher(tools));
        await publisher.RecoverAsync(cancellation).ConfigureAwait(false);
        var top = (await image.ResolveAsync(cancellation).ConfigureAwait(false)).Descriptor;
        var platforms = (await ImagePlatforms.ReadAsync(image, top, cancellation).ConfigureAwait(false))
            .Select(entry => entry.Platform).Distinct().ToImmutableArray();
        var preflight = (await publisher.PreflightAsync(request, platforms, cancellation).ConfigureAwait(false)).OrThrow();
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
                var scrutiny = await Publisher.ScrutinyAsync(prepared, repository, cancellation).ConfigureAwait(false);
                await new ReferrerTransfer(tools, image, parts).SendAsync(repository, scrutiny, listeners.Pushed, cancellation)
                    .ConfigureAwait(false);
            }
        }
        var done = await new Publisher(tools).PublishAsync(image, top, preflight, listeners.Pushed, cancellation).ConfigureAwait(false);
        await listeners.Published(done, request.Targets).ConfigureAwait(false);
    }

    /// <summary>Writes the image to one place, under all its names there.</summary>
    private async Task WriteAsync(
        IImageSource image, ImageParts parts, ImmutableArray<ImageLocation> targets, CancellationToken cancellation)
    {
        var names = targets.Select(target => target.Name ?? DefaultName(target, image)).OfType<string>().Distinct().ToImmutableArray();
        await new ImageTargets(tools.Store).Open(targets[0], names).WriteAsync(image, parts, listeners.Placed, cancellation)
            .ConfigureAwait(false);
        foreach (var target in targets)
            await listeners.Written(target, parts.Top.Descriptor.Digest).ConfigureAwait(false);
    }

    /// <summary>Docker names what it loads, so an image that has a name keeps it.</summary>
    private static string? DefaultName(ImageLocation target, IImageSource image) =>
        target.Transport is Transport.DockerArchive && image.Location.Reference is { Tag: { } tag } reference
            ? reference.WithTag(tag).ToString()
            : null;
}
