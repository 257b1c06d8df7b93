using System.Text.Json;
using Manifold.EndToEnd.Registry;
using Manifold.Oci;

namespace Manifold.EndToEnd.Images;

/// <summary><c>manifold inspect</c>: any place, for people and for programs; skopeo says the same.</summary>
public sealed class InspectingImages : WithPlaces
{
    [Fact]
    public async Task raw_and_config_are_what_skopeo_shows_byte_for_byte()
    {
        await using var registry = await DebianRegistry.StartAsync();
        await StoredAsync("app:1", "linux/amd64", "linux/arm64");
        var name = $"{registry.Name}/app:1";
        await RunAsync("copy", "store:app:1", name, $"oci:{Folder["l"]}:x", $"oci-archive:{Folder["x.tar"]}:x");
        foreach (var (ours, theirs) in new[]
        {
            (name, $"docker://{name}"), ($"docker://{name}", $"docker://{name}"),
            ($"oci:{Folder["l"]}:x", $"oci:{Folder["l"]}:x"), ($"oci-archive:{Folder["x.tar"]}:x", $"oci-archive:{Folder["x.tar"]}:x"),
        })
        {
            Assert.Equal(await Tool.Run("skopeo", "inspect", "--raw", "--tls-verify=false", theirs),
                await RunAsync("inspect", "--raw", ours));
            Assert.Equal(
                await Tool.Run("skopeo", "inspect", "--override-arch", "arm64", "--config", "--raw", "--tls-verify=false", theirs),
                await RunAsync("inspect", "--config", "--platform", "linux/arm64", ours));
        }
    }

    [Fact]
    public async Task people_see_platforms_shared_layers_attestations_and_referrers()
    {
        var first = await SampleImages.WriteAsync(Store, "x") with { Platform = PlatformFields.From(Platform.Parse("linux/amd64")) };
        var manifest = Manifest.Parse(Store.ReadDocument(first.Digest));
        var config = await Store.WriteAsync(
            (ImageConfig.Parse(Store.ReadDocument(manifest.Config.Digest)) with { Architecture = "arm64" }).ToJson(), MediaType.Config);
        var second = await Store.WriteAsync((manifest with { Config = config }).ToJson(), MediaType.Manifest);
        var shared = await Store.WriteAsync(new ImageIndex { Manifests = [first, second] }.ToJson(), MediaType.Index);
        var attestation = await SampleImages.WriteAsync(Store, "attestation", "linux/386") with
        {
            Platform = new PlatformFields { Os = "unknown", Architecture = "unknown" },
            Annotations = System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add("vnd.docker.reference.digest",
                first.Digest.ToString()),
        };
        var nested = await Store.WriteAsync(new ImageIndex { Manifests = [shared, attestation] }.ToJson(), MediaType.Index);
        Store.Tags.Set(ImageReference.Parse("app:1"), nested);
        var sbom = await Store.WriteAsync(new Manifest
        {
            ArtifactType = "application/spdx+json",
            Config = await Store.WriteAsync("{}"u8.ToArray(), MediaType.Empty),
            Layers = [],
            Subject = first with { Platform = null },
        }.ToJson(), MediaType.Manifest) with
        {
            ArtifactType = "application/spdx+json",
        };
        Store.Tags.Keep([sbom]);

        var text = await RunAsync("inspect", "store:app:1");

        Assert.Contains("Read:    from the store", text, StringComparison.Ordinal);
        Assert.Contains($"Nested:  {shared.Digest}", text, StringComparison.Ordinal);
        Assert.Matches($"linux/amd64 +{first.Digest} +.*1 \\(1 shared\\)", text);
        Assert.Matches($"\\(attests {first.Digest.Short}\\) +{attestation.Digest}", text);
        Assert.Contains("also in linux/arm64", text, StringComparison.Ordinal);
        Assert.Matches($"application/spdx\\+json +linux/amd64 +{sbom.Digest}", text);

        var json = JsonDocument.Parse(await RunAsync("inspect", "store:app:1", "--format", "json")).RootElement;
        Assert.Equal(2, json.GetProperty("platforms").GetArrayLength());
        Assert.Equal(first.Digest.ToString(), json.GetProperty("attestations")[0].GetProperty("about").GetString());
        Assert.Equal(sbom.Digest.ToString(),
            json.GetProperty("platforms")[0].GetProperty("referrers")[0].GetProperty("digest").GetString());
    }

    [Fact]
    public async Task a_bare_reference_is_the_registrys_and_the_stores_where_that_has_none()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var name = $"{registry.Name}/app:1";
        var local = await StoredAsync(name, "linux/amd64");
        Assert.Contains("Read:    from the store", await RunAsync("inspect", name), StringComparison.Ordinal);

        await StoredAsync("other:1", "linux/arm64");
        await RunAsync("copy", "store:other:1", name);
        var text = await RunAsync("inspect", name);
        Assert.Contains($"Read:    from the registry {registry.Name}", text, StringComparison.Ordinal);
        Assert.DoesNotContain(local.Digest.ToString(), text, StringComparison.Ordinal);
        Assert.Contains(local.Digest.ToString(), await RunAsync("inspect", $"store:{name}"), StringComparison.Ordinal);
        Assert.Equal(3, (await Commanding.Manifold(Folder, "inspect", $"{registry.Name}/none:1")).Code);
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        var (code, output, error) = await Commanding.Manifold(Folder, arguments);
        Assert.True(code == 0, $"{string.Join(' ', arguments)}: exit code {code}\n{error}");
        return output;
    }
}
