namespace Manifold.Oci;

/// <summary>The media types that images are made of: OCI's, and Docker's schema 2, which is read and never written unasked.</summary>
/// <remarks>Source: OCI image specification, "Media Types" and its compatibility matrix.</remarks>
public static class MediaType
{
    public const string Index = "application/vnd.oci.image.index.v1+json";
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    public const string Config = "application/vnd.oci.image.config.v1+json";
    public const string Layer = "application/vnd.oci.image.layer.v1.tar";
    public const string LayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
    public const string LayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
    public const string ForeignLayerGzip = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
    public const string Empty = "application/vnd.oci.empty.v1+json";

    public const string DockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";
    public const string DockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
    public const string DockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    public const string DockerForeignLayer = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

    public static bool IsIndex(string mediaType) => mediaType is Index or DockerIndex;
    public static bool IsManifest(string mediaType) => mediaType is Manifest or DockerManifest;
    public static bool IsConfig(string mediaType) => mediaType is Config or DockerConfig;

    /// <summary>A layer's media type in OCI's words, for manifests of OCI's kind; the bytes are the same.</summary>
    public static string OfOci(string layer) => layer switch
    {
        DockerLayer => Layer,
        DockerLayerGzip => LayerGzip,
        DockerForeignLayer => ForeignLayerGzip,
        _ => layer,
    };

    /// <summary>A layer's media type in Docker's words; null where Docker has none: zstd, and what is no layer.</summary>
    public static string? OfDocker(string layer) => layer switch
    {
        Layer => DockerLayer,
        LayerGzip => DockerLayerGzip,
        ForeignLayerGzip => DockerForeignLayer,
        DockerLayer or DockerLayerGzip or DockerForeignLayer => layer,
        _ => null,
    };

    public static bool IsLayer(string mediaType) =>
        mediaType is Layer or LayerGzip or LayerZstd or ForeignLayerGzip or DockerLayer or DockerLayerGzip or DockerForeignLayer;
}
