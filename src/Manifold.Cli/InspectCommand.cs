using System.CommandLine;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Verification;

namespace Manifold.Cli;

/// <summary><c>manifold inspect</c>: an image wherever it is, down to its layers, without fetching any.</summary>
internal static class InspectCommand
{
    public static Command Create(CliContext context)
    {
        var location = new Argument<string>("LOCATION") { Description = $"The image to show: {Locations.Help}" };
        var raw = new Option<bool>("--raw") { Description = "Print the index or manifest, byte for byte." };
        var config = new Option<bool>("--config") { Description = "Print the config of one platform, byte for byte." };
        var platform = new Option<string?>("--platform")
        {
            Description = "Show only this platform. With --config, the default is the platform of this machine.",
            HelpName = "PLATFORM",
        };
        var files = new Option<bool>("--files")
        {
            Description = "List the files of one platform, largest first, and mark files that a later layer replaces or deletes.",
        };
        var limit = new Option<int?>("--limit")
        {
            Description = $"With --files: how many files to list; 0 lists all. Default: {InspectFiles.Usual}.",
            HelpName = "N",
        };
        var format = StoredNames.FormatOption();
        var json = new Option<bool>("--json") { Description = "Print JSON. The same as --format json." };
        var command = new Command("inspect", "Show the platforms, layers and configuration of an image. The image can be in a registry, "
            + "the local store, a layout or an archive. Signatures and SBOMs are listed, too.")
        {
            location, raw, config, platform, files, limit, format, json,
        };
        var access = RegistryAccess.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(raw) && parsed.GetValue(config))
                throw new UsageException("--raw and --config cannot be used together. --raw prints the index or manifest, --config prints "
                    + "the config.");
            if (parsed.GetValue(files) && (parsed.GetValue(raw) || parsed.GetValue(config)))
                throw new UsageException("--files cannot be used together with --raw or --config. --files lists files; --raw and --config "
                    + "print documents.");
            InspectFiles.RequireLimit(parsed.GetValue(limit), parsed.GetValue(files));
            var isJson = parsed.GetValue(json) || parsed.GetValue(format) == "json";
            var place = Locations.Parse(parsed.GetRequiredValue(location));
            using var store = context.OpenStore();
            using var client = access.Open(context, parsed);
            await using var source = await new ImageSources(store, client).FindAsync(place, context.Warn, cancellation);
            var wanted = parsed.GetValue(platform) is { } text ? RegistryAccess.Platforms([text]).Single() : null;
            if (parsed.GetValue(files))
            {
                var asked = new FilesAsked(wanted, parsed.GetValue(limit) ?? InspectFiles.Usual, isJson);
                await InspectFiles.RunAsync(context, store, source, asked, cancellation);
                return;
            }
            // The image as the registry has it, whatever the store remembers of it.
            var parts = !parsed.GetValue(raw) || wanted is not null
                ? await RegistryParts.TryAskAsync((client, store), source, PartsAsked.Documents, context.Warn, cancellation) : null;
            if (parsed.GetValue(raw) || parsed.GetValue(config))
            {
                var bytes = await ReadAsync(source, (wanted, parsed.GetValue(config)), parts, cancellation);
                await context.WriteDocumentAsync(bytes);
                return;
            }
            if (wanted is not null && parts is { Lost.IsEmpty: false } && parts.Lost.Any(part => part.Platform == wanted))
                parts.RequireWhole("inspect");
            var image = Only(wanted, await InspectedImage.ReadAsync(source, parts?.Whole, cancellation));
            if (isJson)
                await context.Out.WriteLineAsync(InspectedJson.Write(image));
            else
                InspectedText.Write(context, image);
            parts?.RequireWhole("inspect", wanted is null ? null : image.Manifests[0].Descriptor.Digest);
        });
        return command;
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(IImageSource source, (Platform? Platform, bool Config) wanted,
        RegistryParts? parts, CancellationToken cancellation)
    {
        var (platform, config) = wanted;
        var top = await source.ResolveAsync(cancellation);
        if (platform is null && !config)
            return top.Bytes;
        var entry = await ChooseAsync(source, top.Descriptor, platform, cancellation);
        parts?.RequireWhole("inspect", entry.Manifest.Digest);
        var document = config ? (await source.ReadManifestAsync(entry.Manifest, cancellation)).Config : entry.Manifest;
        return await source.ReadDocumentAsync(document, cancellation);
    }

    /// <summary>The platform that is asked for; otherwise the only one, or this machine's.</summary>
    internal static async Task<PlatformEntry> ChooseAsync(
        IImageSource source, Descriptor top, Platform? platform, CancellationToken cancellation)
    {
        var entries = await ImagePlatforms.ReadAsync(source, top, cancellation);
        return (platform is null && entries.Length == 1
            ? entries[0]
            : PlatformChoice.Best(platform ?? Platform.Host, entries, each => each.Platform))
            ?? throw Lacks(source.Location, platform ?? Platform.Host, entries.Select(each => each.Platform));
    }

    private static InspectedImage Only(Platform? wanted, InspectedImage image) => wanted is null ? image : image with
    {
        Manifests =
            [PlatformChoice.Best(wanted, image.Manifests.Where(manifest => manifest.Platform is not null), manifest => manifest.Platform!)
                ?? throw Lacks(image.Location, wanted, image.Manifests.Select(manifest => manifest.Platform).OfType<Platform>())],
    };

    private static UsageException Lacks(ImageLocation location, Platform wanted, IEnumerable<Platform> available) =>
        new($"{location} has no image for {wanted}. It has: {string.Join(", ", available.Distinct())}. Choose one with --platform.");
}
