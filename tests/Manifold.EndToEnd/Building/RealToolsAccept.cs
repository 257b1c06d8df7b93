using System.Text.Json;
using Manifold.EndToEnd.Images;
using Manifold.EndToEnd.Registry;
using Manifold.Oci;

namespace Manifold.EndToEnd.Building;

/// <summary>
/// An image for three platforms, pushed to a real registry: <see cref="RealToolsAccept"/> shows it to the tools that people use.
/// </summary>
public sealed class PublishedImage : IAsyncLifetime
{
    private DebianRegistry? registry;

    public Workshop Shop { get; } = new(Peer.VisibleFolder);
    public string Name { get; private set; } = "";
    public string Layout => Shop["layout"];
    public string Tar => Shop["image.tar"];
    public string Metadata => Shop["metadata.json"];
    public string ImageId => Shop["iid"];
    public Digest Digest => Digest.Parse(File.ReadAllText(ImageId));

    public async ValueTask InitializeAsync()
    {
        if (!Environment.IsPrivilegedProcess)
            return;
        await Workshop.NeedBusyBox();
        registry = await DebianRegistry.StartAsync();
        Name = $"{registry.Name}/team/{Guid.NewGuid():N}:1";
        var context = Shop.Context("""
            FROM BASE
            LABEL org.opencontainers.image.title=hello
            COPY --chmod=755 greet /bin/greet
            RUN uname -m >/machine && busybox ln /machine /hard && ln -s machine /link && echo s >/setuid && chmod 4755 /setuid
            RUN busybox rm /etc/group
            HEALTHCHECK --interval=5s CMD ["/bin/greet"]
            ENTRYPOINT ["/bin/greet"]
            """, ("greet", "#!/bin/sh\necho hello from $(uname -m)\n"));
        (await Shop.Build(context, "--platform", "linux/amd64,linux/arm64,linux/arm/v7", "-t", Name, "--push",
            "-o", $"type=oci,tar=false,dest={Layout}", "-o", $"type=oci,dest={Tar}", "--metadata-file", Metadata, "--iidfile", ImageId))
            .Succeeded();
    }

    public async ValueTask DisposeAsync()
    {
        if (registry is not null)
            await registry.DisposeAsync();
        Shop.Dispose();
    }
}

[Trait("kind", "end-to-end")]
public sealed class RealToolsAccept(PublishedImage published) : IClassFixture<PublishedImage>
{
    private readonly Workshop shop = published.Shop;

    [Fact]
    public async Task skopeo_copies_all_platforms_and_the_index_stays_as_it_is()
    {
        Need();
        await Tool.Run("skopeo", "copy", "--all", "--src-tls-verify=false", $"docker://{published.Name}", $"oci:{shop["copied"]}:x");
        Assert.Equal(published.Digest, Digest.Of(await Tool.Run("skopeo", "inspect", "--raw", $"oci:{shop["copied"]}:x")));
    }

    [Fact]
    public void the_index_has_exactly_the_platforms_that_were_asked_for()
    {
        Need();
        var index =
            JsonDocument.Parse(File.ReadAllText(Path.Combine(published.Layout, "blobs", "sha256", published.Digest.Hex))).RootElement;
        Assert.Equal(
            ["""{"architecture":"amd64","os":"linux"}""",
                """{"architecture":"arm64","os":"linux"}""", """{"architecture":"arm","os":"linux","variant":"v7"}"""],
            index.GetProperty("manifests").EnumerateArray().Select(entry => entry.GetProperty("platform").GetRawText()));
        Assert.Equal("application/vnd.oci.image.index.v1+json", index.GetProperty("mediaType").GetString());
    }

    [Theory]
    [InlineData("x86_64", "amd64", "")]
    [InlineData("aarch64", "arm64", "")]
    [InlineData("armv7l", "arm", "v7")]
    public async Task umoci_unpacks_each_platform(string machine, string architecture, string variant)
    {
        Need();
        var layout = shop[$"{architecture}.oci"];
        await Tool.Run("skopeo", "--override-arch",
            architecture, "--override-variant", variant, "copy", "--src-tls-verify=false", $"docker://{published.Name}", $"oci:{layout}:x");
        await Tool.Run("umoci", "unpack", "--image", $"{layout}:x", shop[$"{architecture}.bundle"]);

        var root = Path.Combine(shop[$"{architecture}.bundle"], "rootfs");
        Assert.Equal(machine + "\n", await File.ReadAllTextAsync(Path.Combine(root, "machine")));
        Assert.Equal("machine", new FileInfo(Path.Combine(root, "link")).LinkTarget);
        Assert.Equal("2\n", await Tool.Run("stat", "-c", "%h", Path.Combine(root, "hard")));
        Assert.Equal("4755\n", await Tool.Run("stat", "-c", "%a", Path.Combine(root, "setuid")));
        Assert.False(File.Exists(Path.Combine(root, "etc", "group")));
    }

    [Fact]
    public async Task docker_pulls_and_runs_each_platform()
    {
        Need();
        try
        {
            foreach (var (platform, machine) in new[] { ("linux/amd64", "x86_64"), ("linux/arm64", "aarch64") })
                Assert.Equal($"hello from {machine}\n", await Peer.Docker("run",
                    "--rm", "--pull", "always", "--quiet", "--platform", platform, "--network", "none", published.Name));
        }
        finally
        {
            await Peer.Docker("rmi", "--force", published.Name);
        }
    }

    [Fact]
    public async Task buildah_pulls_it()
    {
        Need();
        await Peer.Buildah("pull", "--quiet", "--tls-verify=false", published.Name);
        var config = JsonDocument.Parse(await Peer.Buildah("inspect", "--type", "image", published.Name)).RootElement;
        await Peer.Buildah("rmi", "--force", published.Name);
        Assert.Equal("/bin/greet", config.GetProperty("OCIv1").GetProperty("config").GetProperty("Entrypoint")[0].GetString());
    }

    [Fact]
    public async Task skopeo_reads_the_store_in_place_and_both_kinds_of_output()
    {
        Need();
        foreach (var place in new[] { $"oci:{shop.Root}:{published.Name}", $"oci:{published.Layout}:1", $"oci-archive:{published.Tar}:1" })
        {
            Assert.Equal(published.Digest, Digest.Of(await Tool.Run("skopeo", "inspect", "--raw", place)));
            var config = JsonDocument.Parse(await Tool.Run("skopeo", "inspect", "--config", place)).RootElement.GetProperty("config");
            Assert.Equal("hello", config.GetProperty("Labels").GetProperty("org.opencontainers.image.title").GetString());
        }
        Assert.Equal("""{"imageLayoutVersion":"1.0.0"}""", await File.ReadAllTextAsync(Path.Combine(published.Layout, "oci-layout")));
    }

    [Fact]
    public async Task every_document_is_as_its_schema_says()
    {
        Need();
        var script = shop["validate.py"];
        await File.WriteAllTextAsync(script, """
            import json, os, sys
            from jsonschema import Draft4Validator, RefResolver
            schemas, layout = sys.argv[1:]
            store = {name: json.load(open(os.path.join(schemas, name))) for name in os.listdir(schemas)}
            def forget(part):
                if isinstance(part, dict):
                    if str(part.get('id', '')).startswith('https:'): del part['id']
                    for value in part.values(): forget(value)
            for schema in store.values(): forget(schema)
            def check(schema, document, what):
                resolver = RefResolver('', store[schema], store=store, handlers={'': lambda name: store[name]})
                errors = [e.message for e in Draft4Validator(store[schema], resolver=resolver).iter_errors(document)]
                if errors: sys.exit(f'{what}: {errors}')
            def blob(descriptor): return json.load(open(os.path.join(layout, 'blobs', descriptor['digest'].replace(':', '/'))))
            top = json.load(open(os.path.join(layout, 'index.json')))
            index = blob(top['manifests'][0])
            check('image-layout-schema.json', json.load(open(os.path.join(layout, 'oci-layout'))), 'oci-layout')
            check('image-index-schema.json', top, 'index.json'); check('image-index-schema.json', index, 'the index')
            for entry in index['manifests']:
                manifest = blob(entry)
                check('image-manifest-schema.json', manifest, 'a manifest'); check('config-schema.json', blob(manifest['config']), 'a config')
            print(len(index['manifests']), 'images')
            """);
        var judged = await Tool.Try("python3", "-W", "ignore", script, Schema.Folder, published.Layout);
        Assert.SkipWhen(judged.Error.Contains("No module named 'jsonschema'", StringComparison.Ordinal),
            "python3-jsonschema is not installed here; test.sh installs it.");
        Assert.Equal("3 images\n", judged.Output + judged.Error);
    }

    [Fact]
    public void the_metadata_file_has_what_scripts_for_buildx_look_for()
    {
        Need();
        var metadata = JsonDocument.Parse(File.ReadAllText(published.Metadata)).RootElement;
        Assert.Equal(published.Digest.ToString(), metadata.GetProperty("containerimage.digest").GetString());
        Assert.Equal(published.Digest.ToString(), metadata.GetProperty("containerimage.descriptor").GetProperty("digest").GetString());
        Assert.Equal(published.Name, metadata.GetProperty("image.name").GetString());
    }

    [Fact]
    public async Task an_image_that_was_pushed_is_a_base_for_the_next()
    {
        Need();
        using var other = new Workshop();
        var context = other.Context($"FROM {published.Name}\nRUN busybox cat /machine >/again");
        (await other.Build(context, "--platform", "linux/arm64", "-o", $"type=oci,tar=false,dest={other["layout"]}")).Succeeded();
        var config = JsonDocument.Parse(
            await Tool.Run("skopeo", "--override-arch", "arm64", "inspect", "--config", $"oci:{other["layout"]}")).RootElement;
        Assert.Equal("/bin/greet", config.GetProperty("config").GetProperty("Entrypoint")[0].GetString());
    }

    private static void Need() => Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
}
