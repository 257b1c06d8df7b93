using Manifold.Layers;
using Manifold.Oci;
using Manifold.Tests.EndToEnd;
using Manifold.Tests.Layers;
using Manifold.Tests.Registry;

namespace Manifold.Tests.Projects;

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

    [Fact]
    public async Task one_that_fails_while_both_wait_for_a_layer_of_the_base_leaves_the_other_alone()
    {
        // On amd64 the destination of bad's COPY is below a file of the base, so it fails there,
        // and its arm64 is given up while it reads the layer that good reads, too.
        var (amd64, arm64) = (Tar(FileTrees.FileEntry("opt")), Tar(FileTrees.FileEntry("other")));
        registry.AddManifest("base", "1", new ImageIndex { Manifests = [Image(amd64, "amd64"), Image(arm64, "arm64")] }.ToJson(),
            MediaType.Index);
        var (asked, failing) = (new TaskCompletionSource(), new TaskCompletionSource());
        registry.Fault = async context =>
        {
            if (context.Request.Method != "GET")
                return false;
            if (context.Request.Path.Value!.EndsWith(Digest.Of(arm64).ToString(), StringComparison.Ordinal))
            {
                asked.TrySetResult();
                await failing.Task;
                await Task.Delay(1000); // bad has failed by then; where it has not, nothing is tried here, and nothing fails
            }
            else if (context.Request.Path.Value.EndsWith(Digest.Of(amd64).ToString(), StringComparison.Ordinal))
            {
                await asked.Task;
                await Task.Delay(1000);
                failing.TrySetResult();
            }
            return false;
        };
        var folder = shop.Context($"FROM {registry.Name}/base:1\nCOPY Dockerfile /opt/below/\n", ("manifold.yaml",
            "registry: quay.io/acme\ntags: [dev]\nimages:\n  bad: {context: ., platforms: [linux/amd64, linux/arm64]}\n"
                + "  good: {context: ., platforms: [linux/arm64]}\n"));

        var baked = await shop.Run([], "bake", "-f", folder, "--keep-going", "--progress", "plain");

        Assert.NotEqual(0, baked.Code);
        Assert.Contains("bad: ", baked.Error, StringComparison.Ordinal);
        Assert.Contains("\nbuilt: good\n", baked.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\nnot built:", baked.Error, StringComparison.Ordinal);
    }

    private Descriptor Image(byte[] layer, string architecture)
    {
        var config = new ImageConfig { Os = "linux", Architecture = architecture, RootFs = new RootFs { DiffIds = [Digest.Of(layer)] } };
        return registry.AddManifest("base", architecture, new Manifest
        {
            Config = registry.AddBlob("base", config.ToJson(), MediaType.Config),
            Layers = [registry.AddBlob("base", layer, MediaType.Layer)],
        }.ToJson()) with { Platform = PlatformFields.From(Platform.Parse($"linux/{architecture}")) };
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
