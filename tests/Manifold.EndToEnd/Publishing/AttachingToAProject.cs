using System.Security.Cryptography;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.EndToEnd.Publishing;

/// <summary>SBOM, provenance and signatures of all images that a bake publishes, in Debian's registry.</summary>
public sealed class AttachingToAProject(SharedRegistry shared) : IClassFixture<SharedRegistry>, IDisposable
{
    private const string Sbom = "application/spdx+json",
        Statement = "application/vnd.in-toto+json", Signature = "application/vnd.dev.cosign.artifact.sig.v1+json";

    private readonly Workshop shop = new();
    private readonly RegistryClient client = new(new RegistryOptions());
    private readonly string registry = $"{shared.Get().Name}/p{Guid.NewGuid():N}";

    public void Dispose()
    {
        client.Dispose();
        shop.Dispose();
    }

    private Task<Workshop.Outcome> Bake(string file, string text, params string[] more)
    {
        shop.Write("project/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        return shop.Run(more, "bake",
            "-f", shop.Write($"project/{file}", text.Replace("REGISTRY", registry, StringComparison.Ordinal)), "--progress", "plain");
    }

    /// <summary>What is attached to an image's platforms, and to its index.</summary>
    private async Task<(string[] Platforms, string[] Index)> AttachedAsync(string image)
    {
        var name = ImageReference.Parse($"{registry}/{image}");
        var index = (await client.GetManifestAsync(name))!;
        var platforms = new List<string>();
        foreach (var entry in ImageIndex.Parse(index.Bytes.Span).Manifests)
            platforms.AddRange((await client.ListReferrersAsync(name, entry.Digest)).Entries.Select(referrer => referrer.ArtifactType!));
        return ([.. platforms.Order(StringComparer.Ordinal)],
            [.. (await client.ListReferrersAsync(name, index.Descriptor.Digest)).Entries.Select(referrer => referrer.ArtifactType!)]);
    }

    [Fact]
    public async Task flags_attach_to_every_image_that_is_published()
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = shop.Write("cosign.key", pair.ExportPkcs8PrivateKeyPem());
        var outcome = (await Bake("manifold.yaml",
            "registry: REGISTRY\nplatforms: [linux/amd64, linux/arm64]\ntags: [\"1\"]\nimages:\n"
                + "  a: {context: .}\n  b: {dockerfile-inline: \"FROM scratch\\nCOPY Dockerfile /b\"}\n  c: {context: ., publish: false}\n",
            "--push", "--sbom", "--provenance", "--sign", "--key", key)).Succeeded();
        foreach (var image in new[] { "a:1", "b:1" })
        {
            var (platforms, index) = await AttachedAsync(image);
            Assert.Equal([Sbom, Sbom, Signature, Signature, Statement, Statement], platforms);
            Assert.Equal([Signature], index);
        }
        Assert.Contains("attached: 4 SBOMs, 4 provenances, 6 signatures", outcome.Error, StringComparison.Ordinal);
        Assert.Null(await client.GetManifestAsync(ImageReference.Parse($"{registry}/c:1")));
    }

    [Theory]
    [InlineData("manifold.yaml",
        "registry: REGISTRY\ntags: [\"1\"]\nimages:\n  a: {context: ., attest: [sbom, provenance]}\n  b: {context: .}\n")]
    [InlineData("docker-bake.hcl", "group \"default\" { targets = [\"a\", \"b\"] }\ntarget \"a\" {\n"
        + "  context = \"FOLDER\"\n  tags = [\"REGISTRY/a:1\"]\n  attest = [\"type=sbom\", { type = \"provenance\", mode = \"max\" }]\n"
        + "}\ntarget \"b\" {\n  context = \"FOLDER\"\n  tags = [\"REGISTRY/b:1\"]\n}\n")]
    [InlineData("compose.yaml", "services:\n  a: {image: \"REGISTRY/a:1\", build: {context: ., sbom: true, provenance: mode=max}}\n"
        + "  b: {image: \"REGISTRY/b:1\", build: {context: ., provenance: false}}\n")]
    public async Task a_file_says_it_of_one_image(string file, string text)
    {
        (await Bake(file, text.Replace("FOLDER", shop["project"], StringComparison.Ordinal), "--push")).Succeeded();
        Assert.Equal([Sbom, Statement], (await AttachedAsync("a:1")).Platforms);
        Assert.Empty((await AttachedAsync("b:1")).Platforms);
    }

    [Fact]
    public async Task the_command_line_changes_what_the_file_says()
    {
        (await Bake("manifold.yaml",
            "registry: REGISTRY\ntags: [\"1\"]\nimages: {a: {context: ., attest: sbom}}\n", "--push", "--set", "a.attest=type=provenance"))
            .Succeeded();
        Assert.Equal([Statement], (await AttachedAsync("a:1")).Platforms);
    }

    [Theory]
    [InlineData("manifold.yaml", "images:\n  a: {context: ., attest: [sbmo]}\n",
        "manifold.yaml:2:28: error: attest 'type=sbmo': unknown type 'sbmo'. Did you mean sbom?")]
    [InlineData("docker-bake.hcl", "target \"default\" {\n  attest = [\"type=sbmo\"]\n}\n",
        "docker-bake.hcl:2:13: error: attest 'type=sbmo': unknown type 'sbmo'. Did you mean sbom?")]
    public async Task what_cannot_be_attached_is_refused_with_its_line(string file, string text, string message)
    {
        var outcome = await Bake(file, text, "--push");
        Assert.Equal(2, outcome.Code);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_is_not_published_gets_nothing_and_a_flag_says_so()
    {
        var outcome = await Bake("manifold.yaml", "images: {a: {context: .}}\n", "--sbom");
        Assert.Equal(2, outcome.Code);
        Assert.Contains("Add --push", outcome.Error, StringComparison.Ordinal);
    }
}
