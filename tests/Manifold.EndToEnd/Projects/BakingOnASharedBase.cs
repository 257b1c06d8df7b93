using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.EndToEnd.Projects;

/// <summary>Two images share one base, and neither is based on the other.</summary>
public sealed class BakingOnASharedBase : IAsyncLifetime
{
    private readonly Workshop shop = new();
    private ScriptedRegistry registry = null!;

    public async ValueTask InitializeAsync() => registry = await ScriptedRegistry.StartAsync();

    public async ValueTask DisposeAsync()
    {
        shop.Dispose();
        await registry.DisposeAsync();
    }

    /// <remarks>
    /// <code>
    /// bad asks for the arm64 layer     then good may begin: bad is the first to wait for it, and good joins
    /// good begins its last step        then bad's amd64 layer comes, and bad fails
    /// last begins                      there is room for four images at a time, so bad has ended; only now the arm64 layer comes
    /// </code>
    /// </remarks>
    [Fact]
    public async Task one_that_fails_while_both_wait_for_a_layer_of_the_base_leaves_the_other_alone()
    {
        // On amd64 the destination of bad's COPY is below a file of the base, so it fails there,
        // and its arm64 is given up while it reads the layer that good reads, too.
        var (amd64, arm64) = (Tar(FileTrees.FileEntry("opt")), Tar(FileTrees.FileEntry("other")));
        var (tool, held) = (Tar(FileTrees.FileEntry("tool")), Tar(FileTrees.FileEntry("held")));
        Index("1", Image(amd64, "amd64"), Image(arm64, "arm64"));
        Index("tool", Image(tool, "arm64"));
        Index("held", Image(held, "arm64"));
        using var error = new Speech();
        var asked = new TaskCompletionSource();
        registry.Fault = async context =>
        {
            if (context.Request.Method != "GET" || !context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal))
                return false;
            var blob = Digest.Parse(context.Request.Path.Value[(context.Request.Path.Value.LastIndexOf('/') + 1)..]);
            if (blob == Digest.Of(arm64))
                asked.TrySetResult();
            if (blob == Digest.Of(tool))
                await Eventually.Ends(asked.Task);
            else if (blob == Digest.Of(amd64))
                await Begins(error, "good", "COPY Dockerfile /good/");
            else if (blob == Digest.Of(arm64) || blob == Digest.Of(held))
                await Begins(error, "last", "COPY");
            return false;
        };
        var folder = shop.Context($"FROM {registry.Name}/base:1\nCOPY Dockerfile /opt/below/\n",
            ("good/Dockerfile",
                $"FROM {registry.Name}/base:1\nCOPY --link --from={registry.Name}/base:tool /tool /\nCOPY Dockerfile /good/\n"),
            ("filler/Dockerfile", $"FROM {registry.Name}/base:held\nCOPY Dockerfile /filler/\n"),
            ("last/Dockerfile", "FROM scratch\nCOPY Dockerfile /last/\n"), ("manifold.yaml", """
                registry: quay.io/acme
                tags: [dev]
                images:
                  bad: {context: ., platforms: [linux/amd64, linux/arm64]}
                  filler1: {context: filler, platforms: [linux/arm64]}
                  filler2: {context: filler, platforms: [linux/arm64]}
                  good: {context: good, platforms: [linux/arm64]}
                  last: {context: last, platforms: [linux/arm64]}

                """));

        var baked = await shop.Run(error, [], "bake", "-f", folder, "--keep-going", "--jobs", "1", "--progress", "plain");

        Assert.NotEqual(0, baked.Code);
        Assert.Contains("bad: ", baked.Error, StringComparison.Ordinal);
        Assert.Contains("\nbuilt: filler1, filler2, good, last\n", baked.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\nnot built:", baked.Error, StringComparison.Ordinal);
    }

    private static Task Begins(Speech error, string image, string step) =>
        Eventually.Is(() => error.ToString().Split('\n').Any(line => line.StartsWith('#')
            && line.Contains(image, StringComparison.Ordinal) && line.Contains(step, StringComparison.Ordinal)), $"{image} never began.");

    private void Index(string tag, params Descriptor[] images) =>
        registry.AddManifest("base", tag, new ImageIndex { Manifests = [.. images] }.ToJson(), MediaType.Index);

    private Descriptor Image(byte[] layer, string architecture)
    {
        var config = new ImageConfig { Os = "linux", Architecture = architecture, RootFs = new RootFs { DiffIds = [Digest.Of(layer)] } };
        return registry.AddManifest("base", architecture, new Manifest
        {
            Config = registry.AddBlob("base", config.ToJson(), MediaType.Config),
            Layers = [registry.AddBlob("base", layer, MediaType.Layer)],
        }.ToJson()) with
        {
            Platform = PlatformFields.From(Platform.Parse($"linux/{architecture}")),
        };
    }

    private static byte[] Tar(LayerEntry entry)
    {
        using var tar = new MemoryStream();
        var writer = new TarWriter(tar);
        writer.Write(entry);
        writer.Finish();
        return tar.ToArray();
    }
}
