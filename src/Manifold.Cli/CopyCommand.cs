using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Registry;

namespace Manifold.Cli;

/// <summary><c>manifold copy</c>: an image with all its platforms and all that refers to it, from any place to any other.</summary>
internal static class CopyCommand
{
    public static Command Create(CliContext context)
    {
        var source = new Argument<string>("SOURCE") { Description = $"The image to copy: {Locations.Help}" };
        var targets = new Argument<string[]>("TARGET")
        {
            Description = "Where to copy the image, in the same form as SOURCE.",
            Arity = ArgumentArity.OneOrMore,
        };
        var platforms = new Option<string[]>("--platform")
        {
            Description = "Copy only these platforms, such as linux/amd64,linux/arm64. Default: all.",
            HelpName = "PLATFORMS",
        };
        var format = FormatOption();
        var noReferrers = new Option<bool>("--no-referrers") { Description = "Do not copy signatures, SBOMs or provenance." };
        var allTags = new Option<bool>("--all-tags") { Description = "Copy every tag of a repository, or every image of a layout." };
        var command = new Command("copy", "Copy an image between registries, layouts and archives. All its platforms, signatures and "
            + "SBOMs are copied. The source or target can also be the local store.")
        {
            source, targets, platforms, format, noReferrers, allTags,
        };
        var publishing = PublishingFlags.AddTo(command);
        var access = RegistryAccess.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var from = Locations.Parse(parsed.GetRequiredValue(source));
            var places = parsed.GetRequiredValue(targets).Select(Locations.Parse).ToImmutableArray();
            var wanted = RegistryAccess.Platforms(parsed.GetValue(platforms) ?? []);
            using var store = context.OpenStore();
            using var inUse = await store.LockSharedAsync(() => PruneCommand.TellOfWaiting(context), cancellation);
            using var client = access.Open(context, parsed);
            var delivery = DeliveryLines.Create(context, store, client);
            var options = new DeliveryOptions(publishing.Read(parsed, []), WithReferrers: !parsed.GetValue(noReferrers));
            from = parsed.GetValue(allTags) && from is { Transport: Transport.Registry, IsExplicit: false }
                ? ImageLocation.InRegistry(await client.QualifyAsync(from.Reference!, cancellation)) : from;
            var copies = parsed.GetValue(allTags) ? await EveryTagAsync((store, client), from, places, cancellation) : [(from, places)];
            foreach (var (one, itsPlaces) in copies)
            {
                await using var image = await ShapeAsync(new ImageSources(store, client).OpenNamed(one), wanted, parsed.GetValue(format),
                    context.Warn, cancellation);
                await delivery.DeliverAsync(image, itsPlaces, options, cancellation);
            }
        });
        return command;
    }

    public static Option<string?> FormatOption()
    {
        var format = new Option<string?>("--format")
        {
            Description = "Convert the index and manifests to this format: oci or docker. Default: no conversion.",
            HelpName = "FORMAT",
        };
        format.AcceptOneOf("oci", "docker");
        return format;
    }

    /// <param name="tell">Gets what the format has no place for.</param>
    public static Task<IImageSource> ConvertAsync(IImageSource image, string? format, Action<string> tell,
        CancellationToken cancellation) =>
        format is null ? Task.FromResult(image) : FormatConversion.ConvertAsync(image, format == "docker" ? ImageFormat.Docker
            : ImageFormat.Oci, tell, cancellation);

    private static async Task<IImageSource> ShapeAsync(
        IImageSource source, ImmutableArray<Platform> wanted, string? format, Action<string> tell, CancellationToken cancellation)
    {
        try
        {
            var image = wanted.IsEmpty ? source : await PlatformSubset.ChooseAsync(source, wanted, cancellation);
            return await ConvertAsync(image, format, tell, cancellation);
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }

    private static async Task<ImmutableArray<(ImageLocation, ImmutableArray<ImageLocation>)>> EveryTagAsync(
        (Store Store, RegistryClient Client) at, ImageLocation source, ImmutableArray<ImageLocation> places, CancellationToken cancellation)
    {
        var names = source switch
        {
            { Name: not null } or { Digest: not null } or { Reference.Digest: not null } or { Reference.Tag: not "latest" } =>
                throw new UsageException($"--all-tags copies every tag, so the source must not have a tag: '{source}'."),
            { Transport: Transport.Registry } => await at.Client.ListTagsAsync(source.Reference!, cancellation),
            { Transport: Transport.OciLayout or Transport.OciArchive } => await NamesOfAsync(at, source),
            _ => throw new UsageException($"--all-tags needs a repository or an OCI layout, not '{source}'."),
        };
        if (names.IsEmpty)
            throw new UsageException($"--all-tags: '{source.Reference?.Name ?? source.ToString()}' has no tags.");
        // What refers to an image goes with it.
        return [.. names.Where(name => !TaggedManifest.IsTag(name))
            .Select(name => (source.Named(name), (ImmutableArray<ImageLocation>)[.. places.Select(place => place.Named(name))]))];
    }

    private static async Task<ImmutableArray<string>> NamesOfAsync((Store Store, RegistryClient Client) at, ImageLocation layout)
    {
        await using var source = (LayoutSource)new ImageSources(at.Store, at.Client).Open(layout);
        return source.Names;
    }
}
