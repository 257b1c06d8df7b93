namespace Manifold.EndToEnd.Building;

/// <summary>
/// One image for two platforms, written in every way at once: <see cref="WritingOutputs"/> shows each to the tools that people use.
/// </summary>
public sealed class WrittenOutputs : IAsyncLifetime
{
    public const string Dockerfile = """
        FROM BASE
        RUN echo one >/first && busybox ln /first /second && mkdir -p /gone/below /kept && echo x >/gone/below/y && ln -s /kept /link && echo s >/setuid && chmod 4755 /setuid
        RUN busybox rm -r /first /gone && mkdir /gone && echo new >/gone/new && busybox chown 12:34 /kept
        RUN busybox uname -m >/machine && busybox mknod /null c 1 3 && echo 'name with  space' >'/kept/a b'
        CMD ["busybox", "cat", "/machine"]
        """;

    public Workshop Shop { get; } = new(Peer.VisibleFolder);
    public string Name { get; } = $"outputs-{Guid.NewGuid():N}";
    public string Layout => Shop["layout"];
    public string Zstd => Shop["zstd.tar"];
    public string AllZstd => Shop["all-zstd.tar"];
    public string Plain => Shop["plain"];
    public string Docker => Shop["docker.tar"];
    public string Files => Shop["files"];
    public string Tar => Shop["files.tar"];
    public string DockerFormat => Shop["docker-format"];

    public async ValueTask InitializeAsync()
    {
        if (!Environment.IsPrivilegedProcess)
            return;
        await Workshop.NeedBusyBox();
        await Build(Shop, Layout, "-t", $"{Name}:1", "-o", $"type=oci,dest={Zstd},compression=zstd,compression-level=7",
            "-o", $"type=oci,dest={AllZstd},compression=zstd,force-compression=true",
            "-o", $"type=oci,tar=false,dest={Plain},compression=uncompressed", "-o", $"type=docker,dest={Docker}",
            "-o", Files, "-o", $"type=tar,dest={Tar}", "-o", $"type=oci,tar=false,dest={DockerFormat},oci-mediatypes=false");
    }

    public static async Task Build(Workshop shop, string layout, params string[] more) =>
        (await shop.Build(shop.Context(Dockerfile),
            ["--platform", "linux/amd64,linux/arm64", "-o", $"type=oci,tar=false,dest={layout},annotation.org.example.kept=1", .. more]))
            .Succeeded();

    public ValueTask DisposeAsync()
    {
        Shop.Dispose();
        return ValueTask.CompletedTask;
    }
}
