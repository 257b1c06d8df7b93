using System.Text.Json;
using Manifold.Oci;

namespace Manifold.EndToEnd.Building;

/// <summary>An archive holds an image under all the names that it was given, as BuildKit writes it.</summary>
public sealed class NamingArchives : IDisposable
{
    private readonly Workshop shop = new();

    [Fact]
    public async Task a_docker_archive_names_all_of_them_for_one_image()
    {
        await BuildAsync($"type=docker,dest={shop["x.tar"]}");
        var image =
            Assert.Single(JsonDocument.Parse(await Tool.Run("tar", "-xOf", shop["x.tar"], "manifest.json")).RootElement.EnumerateArray());
        Assert.Equal(["docker.io/library/a:1", "docker.io/library/b:1", "docker.io/library/a:2"],
            image.GetProperty("RepoTags").EnumerateArray().Select(name => name.GetString()!));
    }

    [Fact]
    public async Task an_oci_archive_has_an_entry_for_each_tag_with_the_same_digest()
    {
        await BuildAsync($"type=oci,dest={shop["x.tar"]}");
        var entries =
            ImageIndex.Parse(System.Text.Encoding.UTF8.GetBytes(await Tool.Run("tar", "-xOf", shop["x.tar"], "index.json"))).Manifests;
        Assert.Equal(["1", "2"], entries.Select(entry => entry.Annotations!["org.opencontainers.image.ref.name"]).Distinct());
        Assert.Single(entries.Select(entry => entry.Digest).Distinct());
    }

    private async Task BuildAsync(string output) => (await shop.Build(
        shop.Context("FROM scratch\nCOPY Dockerfile /\n"), "-t", "a:1", "-t", "b:1", "-t", "a:2", "-o", output)).Succeeded();

    public void Dispose() => shop.Dispose();
}
