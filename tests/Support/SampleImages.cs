using System.Formats.Tar;
using System.IO.Compression;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Tests.Support;

/// <summary>Small real images, made without any of the code that builds images.</summary>
public static class SampleImages
{
    /// <summary>
    /// Stores an image with one file, whose content is <paramref name="content"/>, and returns its manifest's descriptor.
    /// </summary>
    public static async Task<Descriptor> WriteAsync(Store store, string content, string platform = "linux/amd64")
    {
        var (tar, gzip) = LayerOf(content);
        var layer = await store.WriteAsync(gzip, MediaType.LayerGzip);
        var config = await store.WriteAsync(new ImageConfig
        {
            Os = Platform.Parse(platform).Os,
            Architecture = Platform.Parse(platform).Architecture,
            Variant = Platform.Parse(platform).Variant,
            RootFs = new RootFs { DiffIds = [Digest.Of(tar)] },
            Config = new ContainerConfig { Cmd = ["/bin/hello"] },
        }.ToJson(), MediaType.Config);
        return await store.WriteAsync(new Manifest { Config = config, Layers = [layer] }.ToJson(), MediaType.Manifest);
    }

    /// <summary>Stores an index with an image for each platform, and returns its descriptor.</summary>
    public static async Task<Descriptor> WriteIndexAsync(Store store, string content, params string[] platforms)
    {
        var entries = new List<Descriptor>();
        foreach (var platform in platforms)
            entries.Add(await WriteAsync(store, content, platform) with { Platform = PlatformFields.From(Platform.Parse(platform)) });
        return await store.WriteAsync(new ImageIndex { Manifests = [.. entries] }.ToJson(), MediaType.Index);
    }

    private static (byte[] Tar, byte[] Gzip) LayerOf(string content)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "content")
            {
                DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)),
            });
        using var gzip = new MemoryStream();
        using (var compressor = new GZipStream(gzip, CompressionLevel.Fastest, leaveOpen: true))
            compressor.Write(tar.ToArray());
        return (tar.ToArray(), gzip.ToArray());
    }
}
