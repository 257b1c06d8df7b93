using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Registry;

namespace Manifold.Cli;

/// <summary><c>manifold push</c>: an image of the store to its own name, or to others.</summary>
internal static class PushCommand
{
    public static Command Create(CliContext context)
    {
        var image = new Argument<string>("IMAGE")
        {
            Description = "An image in the local store, or oci:FOLDER[:NAME], oci-archive:FILE[:NAME] or docker-archive:FILE[:REFERENCE].",
        };
        var named = new Argument<string[]>("TARGET")
        {
            Description = "The names to push the image to. Default: its name in the store.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("push", "Push an image to registries. The image can be in the local store, a layout or an archive. "
            + "Its signatures and SBOMs are pushed, too.") { image, named };
        var publishing = PublishingFlags.AddTo(command);
        var attaching = AttachmentFlags.AddTo(command, builds: false);
        var access = RegistryAccess.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var place = Place(parsed.GetRequiredValue(image));
            var targets = (parsed.GetValue(named) ?? []).Select(RegistryAccess.Reference).ToImmutableArray();
            var attachments = attaching.Read(parsed);
            using var key = await attachments.LoadKeyAsync(context, cancellation);
            using var store = context.OpenStore();
            using var inUse = await store.LockSharedAsync(() => PruneCommand.TellOfWaiting(context), cancellation);
            using var client = access.Open(context, parsed);
            var (source, own) = Open(place, store, client);
            await using var _ = source;
            if (targets.IsEmpty && own is null)
                throw new UsageException($"push {place}: the target is missing. Run: manifold push {place} registry/repository:tag");
            var names = targets.IsEmpty ? [own!] : targets;
            var tools = new PublishingTools(store, client, context.Time) { Warn = context.Warn };
            var (progress, request) = (new TransferLines(context), publishing.Read(parsed, names));
            if (own is null || store.Tags.KeepsNameless)
                await SendReferrersAsync(tools, source, request, progress, cancellation);
            var top = (await source.ResolveAsync(cancellation)).Descriptor;
            if (!attachments.Any)
            {
                await PublishingFlags.TellAsync(
                    context, await new Publisher(tools).PublishAsync(source, top, request, progress, cancellation), names);
                return;
            }
            var (done, attached) = await new ImageAttachments(tools, attachments.Request(key))
                .PublishAsync(source, top, request, progress, cancellation);
            await Attachments.TellAsync(context, attached);
            await PublishingFlags.TellAsync(context, done, names);
        });
        return command;
    }

    /// <summary>A layout or an archive where the text says so; else the store's image of that name.</summary>
    private static ImageLocation Place(string text) => ImageLocation.TryParse(text, out var location)
        && location.Transport is not Transport.Registry ? location
        : ImageLocation.InStore(RegistryAccess.Reference(text));

    /// <param name="place">Names the image.</param>
    /// <returns>The image, and its own name where it has one in the store.</returns>
    private static (IImageSource Source, ImageReference? Name) Open(ImageLocation place, Store store, RegistryClient client)
    {
        if (place.Transport is not Transport.Store)
            return (new ImageSources(store, client).Open(place), null);
        var (name, target) = new LocalImages(store, client.Options.Registries).Find(place.Reference!) ?? throw new UsageException(
            $"push {place.Reference}: the store has no image with this name. To list the images, run: manifold images");
        return (new StoreSource(store, client, name, target), name);
    }

    /// <summary>Sends the referrers of the image before the image gets its name.</summary>
    private static async Task SendReferrersAsync(
        PublishingTools tools, IImageSource source, PublicationRequest request, TransferLines progress, CancellationToken cancellation)
    {
        var parts = await ImageParts.ReadAsync(source, withReferrers: true, cancellation);
        if (parts is { Referrers.IsEmpty: true, Tagged.IsEmpty: true })
            return;
        var publisher = new Publisher(tools);
        var platforms = (await ImagePlatforms.ReadAsync(source, parts.Top.Descriptor, cancellation)).Select(entry => entry.Platform)
            .Distinct().ToImmutableArray();
        var preflight = (await publisher.PreflightAsync(request, platforms, cancellation)).OrThrow();
        foreach (var repository in request.Targets.DistinctBy(target => target.Name))
        {
            var scrutiny = await Publisher.ScrutinyAsync(new PreparedImage(source, parts.Top.Descriptor, preflight), repository,
                cancellation);
            await new ReferrerTransfer(tools, source, parts).SendAsync(repository, scrutiny, progress, cancellation);
        }
    }
}
