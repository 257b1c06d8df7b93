using System.Text.Json;
using Manifold.Oci;

namespace Manifold.EndToEnd.Building;

[Trait("kind", "end-to-end")]
public sealed class WritingOutputs(WrittenOutputs written) : IClassFixture<WrittenOutputs>
{
    // Kind, mode, size of files, link target, path; not the owner, which in a folder is whoever builds.
    private const string Listing = @"-printf '%y %m %l %P\n' -type f -exec sha256sum {} +";

    private readonly Workshop shop = written.Shop;

    [Theory]
    [InlineData("amd64")]
    [InlineData("arm64")]
    public async Task the_files_are_those_that_umoci_unpacks(string architecture)
    {
        Need();
        var bundle = shop[$"bundle-{architecture}"];
        await Tool.Run("skopeo", "--override-arch", architecture, "copy", $"oci:{written.Layout}", $"oci:{shop[$"one-{architecture}"]}:x");
        await Tool.Run("umoci", "unpack", "--image", $"{shop[$"one-{architecture}"]}:x", bundle);
        var theirs = await List(Path.Combine(bundle, "rootfs"));
        Assert.Contains("./kept/a b", theirs, StringComparison.Ordinal);
        Assert.DoesNotContain("below", theirs, StringComparison.Ordinal);
        Assert.Equal(theirs, await List(Path.Combine(written.Files, $"linux_{architecture}")));
        Directory.CreateDirectory(shop[$"untarred-{architecture}"]);
        await Tool.Run("tar", "-xf", written.Tar, "--strip-components=1", "-C", shop[$"untarred-{architecture}"], $"linux_{architecture}");
        Assert.Equal(theirs, await List(shop[$"untarred-{architecture}"]));
    }

    [Fact]
    public async Task a_tar_of_files_keeps_owners_and_devices_and_a_folder_is_the_builders_own()
    {
        Need();
        var listed =
            await Tool.Run("tar", "-tvf", written.Tar, "--numeric-owner", "linux_amd64/kept", "linux_amd64/null", "linux_amd64/setuid");
        Assert.Contains("drwxr-xr-x 12/34", listed, StringComparison.Ordinal);
        Assert.Contains("crw-r--r-- 0/0", listed, StringComparison.Ordinal);
        Assert.Contains("-rwsr-xr-x", listed, StringComparison.Ordinal);
        Assert.Equal("0:0\n", await Tool.Run("stat", "-c", "%u:%g", Path.Combine(written.Files, "linux_amd64", "kept")));
    }

    [Fact]
    public async Task skopeo_reads_the_docker_archive_as_the_same_image()
    {
        Need();
        await Tool.Run("skopeo", "copy", $"docker-archive:{written.Docker}:{written.Name}:1", $"oci:{shop["from-docker"]}:x");
        await Tool.Run("skopeo", "--override-arch", Platform.Host.Architecture, "copy", $"oci:{written.Layout}", $"oci:{shop["native"]}:x");
        Assert.Empty(await Oracle.DifferencesAsync(shop["native"], shop["from-docker"]));
    }

    [Fact]
    public async Task docker_loads_the_archive_and_runs_it()
    {
        Need();
        await Peer.Docker("load", "--quiet", "-i", written.Docker);
        try
        {
            Assert.Equal(await Tool.Run("uname", "-m"), await Peer.Docker("run", "--rm", "--network", "none", $"{written.Name}:1"));
        }
        finally
        {
            await Peer.Docker("rmi", "--force", $"{written.Name}:1");
        }
    }

    [Theory]
    [InlineData("zstd.tar", "gzip zstd zstd zstd")]
    [InlineData("all-zstd.tar", "zstd zstd zstd zstd")]
    [InlineData("plain", "gzip tar tar tar")]
    public async Task every_compression_is_the_same_image_and_bases_stay_unless_they_are_forced(string file, string expected)
    {
        Need();
        // skopeo would compress what is not, so a folder is looked at as it is.
        var layout = file.EndsWith(".tar", StringComparison.Ordinal) ? shop[$"{file}.layout"] : shop[file];
        if (layout != shop[file])
            await Tool.Run("skopeo", "copy", "--all", $"oci-archive:{shop[file]}", $"oci:{layout}:x");
        var manifests = Caching.Manifests(layout).ToList();
        Assert.Equal(2, manifests.Count);
        Assert.All(manifests, manifest => Assert.Equal(expected, string.Join(' ', manifest.GetProperty("layers").EnumerateArray()
            .Select(layer => layer.GetProperty("mediaType").GetString()!.Split('.', '+')[^1]))));
        Assert.Empty(await Oracle.DifferencesAsync(written.Layout, layout));
    }

    [Fact]
    public async Task the_same_input_gives_the_same_bytes_in_every_form_on_another_machine()
    {
        Need();
        using var other = new Workshop();
        await WrittenOutputs.Build(other,
            other["layout"], "-t", $"{written.Name}:1", "-o", $"type=oci,dest={other["zstd.tar"]},compression=zstd,compression-level=7",
            "-o", $"type=docker,dest={other["docker.tar"]}", "-o", $"type=tar,dest={other["files.tar"]}");
        foreach (var file in new[] { "zstd.tar", "docker.tar", "files.tar" })
            await Tool.Run("cmp", shop[file], other[file]);
    }

    [Fact]
    public void docker_media_types_are_used_where_they_are_asked_for()
    {
        Need();
        var top =
            JsonDocument.Parse(File.ReadAllText(Path.Combine(written.DockerFormat, "index.json"))).RootElement.GetProperty("manifests")[0];
        Assert.Equal("application/vnd.docker.distribution.manifest.list.v2+json", top.GetProperty("mediaType").GetString());
    }

    [Fact]
    public void an_outputs_own_annotations_are_in_it_alone()
    {
        Need();
        Assert.All(Caching.Manifests(written.Layout),
            manifest => Assert.Equal("1", manifest.GetProperty("annotations").GetProperty("org.example.kept").GetString()));
        Assert.All(Caching.Manifests(written.Plain), manifest => Assert.False(manifest.TryGetProperty("annotations", out _)));
    }

    private static async Task<string> List(string folder) =>
        await Tool.Run("sh", "-c", $"cd '{folder}' && find . -mindepth 1 {Listing} | LC_ALL=C sort");

    private static void Need() => Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
}
