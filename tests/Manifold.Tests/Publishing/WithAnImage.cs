using System.Text;
using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Tests.Registry;
using Microsoft.AspNetCore.Http;

namespace Manifold.Tests.Publishing;

/// <summary>Images of two platforms in a store, and the scripted registry that they are published to.</summary>
public abstract class WithAnImage : WithARegistry
{
    protected List<string> Warnings { get; } = [];

    /// <summary>Waits before retries and looks take no time; those for stalled connections never end.</summary>
    protected ManualTime Time { get; } = new(hurry: TimeSpan.FromSeconds(2));

    /// <summary>An index of images with one layer, the same for all platforms, and a config each. Registries look into none.</summary>
    protected async Task<Descriptor> ImageAsync(string content, params string[] platforms)
    {
        var layer = await Store.WriteAsync(Encoding.UTF8.GetBytes(content), MediaType.LayerGzip);
        var entries = new List<Descriptor>();
        foreach (var platform in (platforms.Length == 0 ? ["linux/amd64", "linux/arm64"] : platforms).Select(Platform.Parse))
        {
            var config = new ImageConfig { Os = platform.Os, Architecture = platform.Architecture, Variant = platform.Variant };
            var manifest = new Manifest { Config = await Store.WriteAsync(config.ToJson(), MediaType.Config), Layers = [layer] };
            entries.Add(await Store.WriteAsync(manifest.ToJson(), MediaType.Manifest) with { Platform = PlatformFields.From(platform) });
        }
        return await Store.WriteAsync(new ImageIndex { Manifests = [.. entries] }.ToJson(), MediaType.Index);
    }

    private protected PublishingTools Tools()
    {
        Options = Options with { Time = Time };
        return new PublishingTools(Store, Client(), Time) { Warn = Warnings.Add };
    }

    protected Task<Publication> PublishAsync(Descriptor image, params string[] tags) =>
        PublishAsync(image, new PublicationRequest { Targets = [.. tags.Select(Registry.Reference)] });

    protected async Task<Publication> PublishAsync(Descriptor image, PublicationRequest request, CancellationToken cancellation = default)
    {
        var tools = Tools();
        await using var source = new StoreSource(Store, tools.Registry, request.Targets[0], image);
        return await new Publisher(tools).PublishAsync(source, image, request, null, cancellation);
    }

    /// <summary>What a tag names, asked of the registry's memory; null where it is not there.</summary>
    protected Digest? Now(string tag) => Registry.Manifests.TryGetValue(tag, out var found) ? Digest.Of(found.Bytes) : null;

    /// <summary>Every index, manifest and blob of an image is in a repository.</summary>
    protected void IsWhole(string repository, Descriptor image)
    {
        Assert.True(Registry.Manifests.ContainsKey($"{repository}@{image.Digest}"), $"{repository} lacks {image.Digest}");
        var document = Store.ReadDocument(image.Digest);
        if (MediaType.IsIndex(image.MediaType))
        {
            foreach (var entry in ImageIndex.Parse(document).Manifests)
                IsWhole(repository, entry);
            return;
        }
        var manifest = Manifest.Parse(document);
        foreach (var blob in manifest.Layers.Append(manifest.Config))
            Assert.True(Registry.Linked.ContainsKey((repository, blob.Digest)), $"{repository} lacks {blob.Digest}");
    }

    /// <summary>The records of publications that were not ended.</summary>
    protected string[] Journal() => Directory.Exists(Path.Combine(Store.Root, "publications"))
        ? Directory.GetFiles(Path.Combine(Store.Root, "publications"), "*.json") : [];

    protected static bool WritesTag(HttpContext context) => context.Request.Method == "PUT" && IsTag(context.Request.Path);

    protected static bool WritesTag(HttpContext context, string tag) =>
        WritesTag(context) && context.Request.Path.Value!.EndsWith($"/{tag}", StringComparison.Ordinal);

    /// <summary>Whether a path is that of a tag; digests have a colon.</summary>
    protected static bool IsTag(string path) =>
        path.Split("/manifests/") is [_, var selector] && !selector.Contains(':', StringComparison.Ordinal);
}
