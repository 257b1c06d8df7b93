using System.Collections.Immutable;
using System.Text.Json;
using Manifold.Oci;

namespace Manifold.Tests.Images;

/// <summary>Where a bare name is looked for, and what is shown where a registry does not answer everything.</summary>
public sealed class LookingForNames : WithPlaces
{
    [Theory]
    [InlineData("compare", "a:1", "b:1")]
    [InlineData("inspect", "a:1")]
    [InlineData("verify", "a:1")]
    [InlineData("copy", "a:1", "oci-archive:/dev/null/none")]
    public async Task an_image_that_was_built_here_is_found_without_asking_docker_hub(params string[] arguments)
    {
        await StoredAsync("a:1", "linux/amd64");
        await StoredAsync("b:1", "linux/amd64");
        var (_, _, error) = await Commanding.Manifold(Folder, arguments);
        Assert.DoesNotContain("docker.io", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task compare_takes_the_stores_images_before_the_registrys()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        await StoredAsync($"{registry.Name}/a:1", "linux/amd64");
        await StoredAsync($"{registry.Name}/b:1", "linux/amd64");
        var (code, _, error) = await Commanding.Manifold(Folder, "compare", $"{registry.Name}/a:1", $"{registry.Name}/b:1");
        Assert.Equal((0, ""), (code, error));
        Assert.Empty(registry.Requests);
        Assert.NotEqual(0, (await Commanding.Manifold(Folder, "compare", $"docker://{registry.Name}/a:1", $"{registry.Name}/b:1")).Code);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(0)]
    public async Task an_image_from_a_mirror_is_shown_where_its_registry_lists_no_referrers(int status)
    {
        await using var mirror = await ScriptedRegistry.StartAsync();
        var registry = await ScriptedRegistry.StartAsync();
        registry.Fault = async context =>
        {
            await ScriptedRegistry.RefuseAsync(context, status, "UNKNOWN");
            return true;
        };
        if (status == 0)
            await registry.DisposeAsync();
        var image = mirror.AddImage("hub/app", "1", [1, 2, 3]);
        var entry = image with { Platform = PlatformFields.From(Platform.Parse("linux/amd64")) };
        var index = mirror.AddManifest("hub/app", "2", new ImageIndex { Manifests = [entry] }.ToJson(), MediaType.Index);

        var (code, output, error) = await InspectAsync(registry.Name, mirror.Name);
        Assert.True(code == 0, error);
        Assert.Contains(image.Digest.ToString(), output, StringComparison.Ordinal);
        Assert.Contains("The referrers (signatures, SBOMs) could not be listed", output, StringComparison.Ordinal);

        var json = JsonDocument.Parse((await InspectAsync(registry.Name, mirror.Name, "--format", "json")).Output).RootElement;
        Assert.Equal((index.Digest.ToString(), JsonValueKind.Null),
            (json.GetProperty("digest").GetString(), json.GetProperty("referrers").ValueKind));
        Assert.Contains(registry.Name, json.GetProperty("referrersUnknown").GetString(), StringComparison.Ordinal);
        await registry.DisposeAsync();
    }

    [Fact]
    public async Task a_copy_through_a_mirror_says_how_to_do_without_the_referrers()
    {
        await using var mirror = await ScriptedRegistry.StartAsync();
        await using var registry = await ScriptedRegistry.StartAsync();
        registry.Fault = async context =>
        {
            await ScriptedRegistry.RefuseAsync(context, 403, "UNKNOWN");
            return true;
        };
        mirror.AddImage("hub/app", "2", [1, 2, 3]);
        var refused = await RunAsync(registry.Name, mirror.Name, "copy", $"{registry.Name}/app:2", $"oci:{Folder["l"]}");
        Assert.Equal(3, refused.Code);
        Assert.Contains("add --no-referrers", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(registry.Name, mirror.Name, "copy", "--no-referrers", $"{registry.Name}/app:2",
            $"oci:{Folder["l"]}")).Code);
    }

    private Task<(int Code, string Output, string Error)> InspectAsync(string registry, string mirror, params string[] more) =>
        RunAsync(registry, mirror, ["inspect", $"{registry}/app:2", .. more]);

    private Task<(int Code, string Output, string Error)> RunAsync(string registry, string mirror, params string[] arguments)
    {
        Folder.Write("registries.conf", $"[[registry]]\nprefix = '{registry}'\nlocation = '{registry}'\n[[registry.mirror]]\nlocation = "
            + $"'{mirror}/hub'\n");
        return Commanding.ManifoldWith(Folder, ImmutableSortedDictionary<string,
            string>.Empty.Add("CONTAINERS_REGISTRIES_CONF", Folder["registries.conf"]),
            arguments);
    }
}
