using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Tests.Registry;

public sealed class ChoosingAPlatform : WithARegistry
{
    [Theory]
    [InlineData("linux/arm64", "linux/amd64 linux/arm64/v8", "linux/arm64")]
    [InlineData("linux/arm64/v8", "linux/amd64 linux/arm64", "linux/arm64")]
    [InlineData("linux/arm/v7", "linux/arm/v5 linux/arm/v6 linux/arm/v7", "linux/arm/v7")]
    [InlineData("linux/arm/v7", "linux/arm/v5 linux/arm/v6", "linux/arm/v6")]
    [InlineData("linux/arm/v7", "linux/arm/v5 linux/amd64", "linux/arm/v5")]
    [InlineData("linux/arm/v7", "linux/armhfp", "linux/arm/v7")]
    [InlineData("linux/arm/v6", "linux/arm/v7", null)]
    [InlineData("linux/amd64/v3", "linux/amd64 linux/amd64/v2", "linux/amd64/v2")]
    [InlineData("linux/amd64/v3", "linux/amd64", "linux/amd64")]
    [InlineData("linux/amd64", "linux/amd64/v2 linux/386", null)]
    [InlineData("linux/arm64", "linux/arm/v7", null)]
    [InlineData("linux/ppc64le", "linux/ppc64", null)]
    public void follows_what_processors_run(string wanted, string available, string? chosen) =>
        Assert.Equal(chosen,
            PlatformChoice.Best(Platform.Parse(wanted), available.Split(' ').Select(Platform.Parse), platform => platform)?.ToString());

    [Fact]
    public async Task attestations_are_no_platform_and_nested_indexes_are_opened()
    {
        var amd =
            Registry.AddImage("app", "amd", Noise(10)) with { Platform = new PlatformFields { Os = "linux", Architecture = "amd64" } };
        var arm = Registry.AddImage("app", "arm", Noise(10), "linux/arm64") with
        {
            Platform =
                new PlatformFields { Os = "linux", Architecture = "arm64", Variant = "v8" },
        };
        var attestation =
            Registry.AddImage("app", "att", Noise(10)) with { Platform = new PlatformFields { Os = "unknown", Architecture = "unknown" } };
        var inner = Registry.AddManifest("app", "inner", new ImageIndex { Manifests = [arm, attestation] }.ToJson(), MediaType.Index);
        Registry.AddManifest("app", "1", new ImageIndex { Manifests = [attestation, amd, inner] }.ToJson(), MediaType.Index);

        var image = await new Puller(Client(), Store, Origins).ResolveAsync(Registry.Reference("app:1"));

        Assert.Equal(["linux/amd64", "linux/arm64"], image.Platforms.Select(platform => platform.ToString()));
    }

    [Fact]
    public async Task indexes_within_indexes_end_somewhere()
    {
        var inner = Registry.AddImage("app", "0", Noise(10));
        for (var depth = 0; depth < 8; depth++)
            inner = Registry.AddManifest("app", "1", new ImageIndex { Manifests = [inner] }.ToJson(), MediaType.Index);
        var refusal = await Assert.ThrowsAsync<RegistryException>(
            () => new Puller(Client(), Store, Origins).ResolveAsync(Registry.Reference("app:1")));
        Assert.Contains("nested more than 4 levels", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_image_without_an_index_serves_its_own_platform_only()
    {
        Registry.AddImage("app", "1", Noise(10), "linux/arm64");
        var puller = new Puller(Client(), Store, Origins);
        var image = await puller.ResolveAsync(Registry.Reference("app:1"));
        Assert.Null(await puller.GetImageAsync(image, Platform.Parse("linux/amd64")));
        Assert.Equal("linux/arm64", (await puller.GetImageAsync(image, Platform.Parse("linux/arm64")))!.Config.Platform.ToString());
    }

    [Fact]
    public async Task a_platform_that_is_missing_is_a_wrong_usage_before_any_layer()
    {
        Registry.AddImage("app", "1", Noise(10));
        var usage = await Assert.ThrowsAsync<UsageException>(() =>
            new Puller(Client(), Store, Origins).PullAsync(Registry.Reference("app:1"), [Platform.Parse("linux/s390x")]));
        Assert.Equal($"pull {Registry.Name}/app:1: it has no image for linux/s390x. It has: linux/amd64.", usage.Message);
    }

    [Fact]
    public async Task what_a_digest_names_and_the_store_has_is_not_asked_for_again()
    {
        var image = Registry.AddImage("app", "1", Noise(10));
        await new Puller(Client(), Store, Origins).PullAsync(Registry.Reference("app:1"), []);
        Registry.Requests.Clear();
        await new Puller(Client(), Store, Origins).PullAsync(Registry.Reference($"app@{image.Digest}"), []);
        Assert.Empty(Registry.Requests);
    }

    [Fact]
    public async Task what_was_only_built_here_is_not_taken_for_pushed()
    {
        var image = await SampleImages.WriteAsync(Store, "built here");
        var puller = new Puller(Client(), Store, Origins);
        var resolved = await puller.ResolveAsync(Registry.Reference($"app@{image.Digest}"));
        var built = await puller.GetImageAsync(resolved, Platform.Parse("linux/amd64"));
        Assert.Empty(Origins.Find(built!.Manifest.Layers[0].Digest));
    }
}
