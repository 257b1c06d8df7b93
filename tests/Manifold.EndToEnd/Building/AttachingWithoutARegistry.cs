using System.Text.Json;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.EndToEnd.Building;

/// <summary>
/// <c>--sbom</c> and <c>--provenance</c> of an image that goes to a layout, an archive or a folder: they lie beside it
/// there.
/// </summary>
public sealed class AttachingWithoutARegistry : IDisposable
{
    private const string Sbom = "application/spdx+json", Statement = "application/vnd.in-toto+json";

    private readonly Workshop shop = new();

    [Fact]
    public async Task a_layout_lists_them_for_those_who_look_at_all_of_it_and_for_those_who_look_a_subject_up()
    {
        await BuildAsync("-o", $"type=oci,tar=false,dest={shop["l"]}", "--sbom", "--provenance");
        var entries = Entries("l");
        var platforms = ImageIndex.Parse(Blob("l", Assert.Single(entries, entry => Name(entry) == "1").Digest)).Manifests;
        Assert.Equal(2, platforms.Length);
        foreach (var platform in platforms)
        {
            var own = entries.Where(entry => Name(entry) is null && Manifest.Parse(Blob("l", entry.Digest))
                .Subject?.Digest == platform.Digest).ToList();
            Assert.Equal([Sbom, Statement], own.Select(entry => entry.ArtifactType!).Order(StringComparer.Ordinal));
            var list = ImageIndex.Parse(Blob("l", Assert.Single(entries, entry =>
                Name(entry) == RegistryClient.ReferrersTag(platform.Digest)).Digest)).Manifests;
            Assert.Equal(own.Select(entry => (entry.Digest, entry.ArtifactType)).Order(),
                list.Select(entry => (entry.Digest, entry.ArtifactType)).Order());
            Assert.Contains(list, entry => entry.Annotations?["in-toto.io/predicate-type"] == "https://slsa.dev/provenance/v1");
            var statement = Manifest.Parse(Blob("l", own.Single(entry => entry.ArtifactType == Statement).Digest)).Layers[0];
            Assert.Equal(platform.Digest.Hex, JsonDocument.Parse(Blob("l", statement.Digest))
                .RootElement.GetProperty("subject")[0].GetProperty("digest").GetProperty("sha256").GetString());
        }
    }

    [Fact]
    public async Task building_again_into_the_layout_says_nothing_twice()
    {
        await BuildAsync("-o", $"type=oci,tar=false,dest={shop["l"]}", "--sbom", "--provenance");
        var once = File.ReadAllBytes(shop["l/index.json"]);
        await BuildAsync("-o", $"type=oci,tar=false,dest={shop["l"]}", "--sbom", "--provenance");
        Assert.Equal(Entries("l").Select(entry => entry.Digest).Order(), ImageIndex.Parse(once).Manifests.Select(entry => entry.Digest)
            .Order());
    }

    [Theory]
    [InlineData("oci:{0}/l", "tar=false,dest={0}/l")]
    [InlineData("oci-archive:{0}/l.tar", "dest={0}/l.tar")]
    public async Task inspect_shows_them_and_copy_and_push_carry_them(string location, string output)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        await BuildAsync("-o", $"type=oci,{string.Format(null, output, shop.Path)}", "--sbom", "--provenance");
        location = string.Format(null, location, shop.Path);
        var shown = (await shop.Run([location], "inspect")).Succeeded().Output;
        Assert.Equal((2, 2), (shown.Split(Sbom).Length - 1, shown.Split(Statement).Length - 1));

        (await shop.Run([location, $"{registry.Name}/copied:1"], "copy")).Succeeded();
        (await shop.Run([location, $"{registry.Name}/pushed:1"], "push")).Succeeded();
        (await shop.Run([location, "store:kept:1"], "copy")).Succeeded();
        (await shop.Run(["kept:1", $"{registry.Name}/kept:1"], "push")).Succeeded();
        (await shop.Run([location, $"oci:{shop["again"]}:x"], "copy")).Succeeded();
        (await shop.Run([$"oci:{shop["again"]}:x", $"{registry.Name}/again:1"], "copy")).Succeeded();
        foreach (var repository in (string[])["copied", "pushed", "kept", "again"])
        {
            var index = ImageIndex.Parse(registry.Manifests[$"{repository}:1"].Bytes);
            foreach (var platform in index.Manifests)
            {
                var list = registry.Manifests[$"{repository}:{RegistryClient.ReferrersTag(platform.Digest)}"].Bytes;
                Assert.Equal([Sbom, Statement],
                    ImageIndex.Parse(list).Manifests.Select(entry => entry.ArtifactType!).Order(StringComparer.Ordinal));
            }
        }
    }

    [Fact]
    public async Task among_files_they_are_called_as_buildx_calls_them()
    {
        await BuildAsync("-o", $"type=local,dest={shop["files"]}", "-o", $"type=tar,dest={shop["files.tar"]},attestation-prefix=x-",
            "--sbom", "--provenance");
        foreach (var platform in (string[])["linux_amd64", "linux_arm64"])
        {
            Assert.Equal("https://slsa.dev/provenance/v1", JsonDocument.Parse(File.ReadAllText(shop[$"files/{platform}/provenance.json"]))
                .RootElement.GetProperty("predicateType").GetString());
            Assert.StartsWith("SPDX-", JsonDocument.Parse(File.ReadAllText(shop[$"files/{platform}/sbom.spdx.json"]))
                .RootElement.GetProperty("spdxVersion").GetString(), StringComparison.Ordinal);
        }
        var listed = (await Tool.Run("tar", "-tf", shop["files.tar"])).Split('\n');
        Assert.Contains("linux_amd64/x-provenance.json", listed);
        Assert.Contains("linux_arm64/x-sbom.spdx.json", listed);
    }

    [Theory]
    [InlineData("type=local,dest={0}/o")]
    [InlineData("type=tar,dest={0}/o.tar")]
    public async Task they_take_no_file_of_the_image_away(string output)
    {
        output = string.Format(null, output, shop.Path);
        var context = shop.Context("FROM scratch\nCOPY Dockerfile /sbom.spdx.json\n");
        var refused = await shop.Build(context, "--sbom", "-o", output);
        Assert.Equal(2, refused.Code);
        Assert.Contains("'/sbom.spdx.json'", refused.Error, StringComparison.Ordinal);
        Assert.Contains("attestation-prefix=", refused.Error, StringComparison.Ordinal);
        (await shop.Build(context, "--sbom", "-o", output + ",attestation-prefix=x-")).Succeeded();
    }

    [Theory]
    [InlineData("--sbom and --provenance need an output", "--sbom")]
    [InlineData("--sbom and --provenance need an output", "--provenance", "-o", "type=docker,dest=x.tar", "--platform",
        "linux/amd64")]
    [InlineData("--sign needs --push", "--sign", "--key", "k", "-o", "type=oci,dest=x.tar")]
    public async Task where_nothing_has_room_for_them_it_is_said(string expected, params string[] arguments)
    {
        var built = await shop.Build(shop.Context("FROM scratch\nCOPY Dockerfile /\n"), arguments);
        Assert.Equal(2, built.Code);
        Assert.Contains(expected, built.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "--sbom", "--provenance")]
    [InlineData(true)]
    public async Task a_project_has_them_where_its_outputs_go(bool byFile, params string[] flags)
    {
        shop.Write("p/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        var attest = byFile ? "\"attest\": [\"type=sbom\", \"type=provenance\"], " : "";
        var target = $"\"context\": \"{shop["p"]}\", \"tags\": [\"a:1\"], {attest}\"output\": [\"type=oci,tar=false,dest={shop["l"]}\"]";
        var file = shop.Write("p/docker-bake.json", "{\"target\": {\"default\": {" + target + "}}}");
        (await shop.Run([], ["bake", "-f", file, .. flags])).Succeeded();
        Assert.Equal([Sbom, Statement], Entries("l").Select(entry => entry.ArtifactType).OfType<string>().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("docker-bake.json",
        """{"target": {"default": {"context": "{0}", "args": {"S": "geheim"}, "attest": ["type=provenance,mode=min"]}}}""")]
    [InlineData("compose.yaml", "services: {a: {build: {context: ., args: {S: geheim}, provenance: mode=min}}}")]
    [InlineData("manifold.yaml", "images: {a: {context: ., args: {S: geheim}, attest: ['type=provenance,mode=min']}}")]
    [InlineData("manifold.yaml", "images: {a: {context: ., args: {S: geheim}}}", "--set", "*.attest=type=provenance,mode=min")]
    [InlineData("manifold.yaml", "images: {a: {context: ., args: {S: geheim}, attest: [provenance]}}", "--provenance=mode=min")]
    [InlineData("manifold.yaml", "images: {a: {context: ., args: {S: geheim}, attest: ['type=provenance,mode=min']}}", "--provenance")]
    public async Task a_project_may_leave_the_values_of_arguments_out(string file, string text, params string[] flags)
    {
        shop.Write("p/Dockerfile", "FROM scratch\nARG S\nCOPY Dockerfile /\n");
        file = shop.Write($"p/{file}", text.Replace("{0}", shop["p"], StringComparison.Ordinal));
        (await shop.Run([], ["bake", "-f", file, "--set", $"*.output=type=local,dest={shop["out"]}", .. flags])).Succeeded();
        var provenance = File.ReadAllText(shop["out/provenance.json"]);
        Assert.Contains("""{"S":"(withheld)"}""", provenance, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", provenance, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_command_line_may_ask_for_the_values_that_a_project_leaves_out()
    {
        shop.Write("p/Dockerfile", "FROM scratch\nARG S\nCOPY Dockerfile /\n");
        var file = shop.Write("p/manifold.yaml",
            "images: {a: {context: ., args: {S: open}, attest: ['type=provenance,mode=min']}}");
        (await shop.Run([], "bake", "-f", file, "--set", $"*.output=type=local,dest={shop["out"]}", "--provenance=mode=max")).Succeeded();
        Assert.Contains("""{"S":"open"}""", File.ReadAllText(shop["out/provenance.json"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--sbom=false", Statement)]
    [InlineData("--provenance=false", Sbom)]
    [InlineData("--provenance=false --sbom=false")]
    public async Task the_command_line_takes_back_what_a_project_has_of_them(string flags, params string[] expected)
    {
        shop.Write("p/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        var target = $"\"context\": \"{shop["p"]}\", \"tags\": [\"a:1\"], \"attest\": [\"type=sbom\", \"type=provenance\"], "
            + $"\"output\": [\"type=oci,tar=false,dest={shop["l"]}\"]";
        var file = shop.Write("p/docker-bake.json", "{\"target\": {\"default\": {" + target + "}}}");
        (await shop.Run([], ["bake", "-f", file, .. flags.Split(' ')])).Succeeded();
        Assert.Equal(expected, Entries("l").Select(entry => entry.ArtifactType).OfType<string>());
    }

    private async Task BuildAsync(params string[] arguments) =>
        (await shop.Build(shop.Context("FROM scratch\nCOPY Dockerfile /\n"),
            ["-t", "app:1", "--platform", "linux/amd64,linux/arm64", .. arguments])).Succeeded();

    private System.Collections.Immutable.ImmutableArray<Descriptor> Entries(string layout) =>
        ImageIndex.Parse(File.ReadAllBytes(shop[$"{layout}/index.json"])).Manifests;

    private byte[] Blob(string layout, Digest digest) => File.ReadAllBytes(shop[$"{layout}/blobs/sha256/{digest.Hex}"]);

    private static string? Name(Descriptor entry) => entry.Annotations?.GetValueOrDefault("org.opencontainers.image.ref.name");

    public void Dispose() => shop.Dispose();
}
