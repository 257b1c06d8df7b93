using System.Text;
using Manifold.Oci;

namespace Manifold.Tests.Images;

/// <summary><c>manifold index</c>: what is made is judged by skopeo, buildah and the specification's schema.</summary>
public sealed class EditingIndexes : WithPlaces
{
    [Fact]
    public async Task one_index_alone_keeps_its_bytes()
    {
        var image = await StoredAsync("app:1", "linux/amd64", "linux/arm64");
        await RunAsync("index", "create", "store:again:1", "store:app:1");
        Assert.Equal(image.Digest, Store.Tags.Find(ImageReference.Parse("again:1"))!.Digest);
    }

    [Fact]
    public async Task nested_indexes_are_opened_and_variants_are_spelled_the_usual_way()
    {
        var arm = await SampleImages.WriteAsync(Store, "x", "linux/arm64") with
        {
            Platform =
                new PlatformFields { Os = "linux", Architecture = "arm64", Variant = "v8" },
        };
        var inner = await Store.WriteAsync(new ImageIndex { Manifests = [arm] }.ToJson(), MediaType.Index);
        var amd =
            await SampleImages.WriteAsync(Store, "x") with { Platform = new PlatformFields { Os = "linux", Architecture = "x86_64" } };
        Store.Tags.Set(ImageReference.Parse("nested:1"),
            await Store.WriteAsync(new ImageIndex { Manifests = [inner, amd] }.ToJson(), MediaType.Index));

        var index = await DryAsync("create", "store:x:1", "store:nested:1");

        Assert.Equal([("arm64", null), ("amd64", null)],
            index.Manifests.Select(entry => (entry.Platform!.Architecture, entry.Platform.Variant)));
    }

    [Fact]
    public async Task a_platform_twice_is_refused_or_replaced_in_its_place()
    {
        await StoredAsync("app:1", "linux/amd64", "linux/arm64");
        var newer = await StoredManifestAsync("newer:1", "linux/amd64");
        var (code, _, error) = await Commanding.Manifold(Folder, "index", "create", "store:x:1", "store:app:1", "store:newer:1");
        Assert.Equal(2, code);
        Assert.Contains("app:1 and store:docker.io/library/newer:1 both provide linux/amd64", error, StringComparison.Ordinal);
        Assert.Equal(newer.Digest,
            (await DryAsync("create", "store:x:1", "store:app:1", "store:newer:1", "--replace")).Manifests[0].Digest);
    }

    [Fact]
    public async Task annotations_and_platforms_of_index_and_entries_are_changed()
    {
        await StoredAsync("app:1", "linux/amd64", "linux/arm/v7");
        await RunAsync("index", "annotate", "store:app:1", "--annotation", "org.opencontainers.image.url=https://example.com");
        await RunAsync("index", "annotate",
            "store:app:1", "linux/arm/v7", "--variant", "v6", "--os-version", "6.1", "--os-features", "x", "--annotation", "k=v");
        var index = ImageIndex.Parse(Store.ReadDocument(Store.Tags.Find(ImageReference.Parse("app:1"))!.Digest));
        Assert.Equal("https://example.com", index.Annotations!["org.opencontainers.image.url"]);
        Assert.Equal(("v6", "6.1", "x", "v"), (index.Manifests[1].Platform!.Variant, index.Manifests[1].Platform!.OsVersion,
            index.Manifests[1].Platform!.OsFeatures!.Value[0], index.Manifests[1].Annotations!["k"]));

        var (code, _, error) = await Commanding.Manifold(Folder, "index", "annotate", "store:app:1", "--variant", "v8");
        Assert.Equal(2, code);
        Assert.Contains("manifold index annotate TARGET linux/arm64 --variant v8", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task attestations_follow_their_image_or_stay_out()
    {
        var amd = await SampleImages.WriteAsync(Store, "x") with { Platform = PlatformFields.From(Platform.Parse("linux/amd64")) };
        var arm =
            await SampleImages.WriteAsync(Store, "x", "linux/arm64") with { Platform = PlatformFields.From(Platform.Parse("linux/arm64")) };
        var attestation = await SampleImages.WriteAsync(Store, "att", "linux/386") with
        {
            Platform = new PlatformFields { Os = "unknown", Architecture = "unknown" },
            Annotations = System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add("vnd.docker.reference.digest",
                amd.Digest.ToString()),
        };
        Store.Tags.Set(ImageReference.Parse("app:1"),
            await Store.WriteAsync(new ImageIndex { Manifests = [amd, arm, attestation] }.ToJson(), MediaType.Index));

        Assert.Equal(3, (await DryAsync("create", "store:x:1", "store:app:1")).Manifests.Length);
        Assert.Equal(2, (await DryAsync("create", "store:x:1", "store:app:1", "--no-attestations")).Manifests.Length);
        Assert.Equal([arm.Digest], (await DryAsync("remove", "store:app:1", "linux/amd64")).Manifests.Select(entry => entry.Digest));
    }

    [Fact]
    public async Task an_index_that_was_moved_meanwhile_is_not_overwritten()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        registry.AddManifest("app", "1", Index(registry, "linux/amd64", "linux/arm64"), MediaType.Index);
        var moved = registry.AddManifest("app", "2", Index(registry, "linux/s390x"), MediaType.Index);
        var reads = 0;
        registry.Fault = context =>
        {
            // Somebody publishes between our reading of the tag and our writing to it.
            if (context.Request.Path.Value!.EndsWith("/manifests/1", StringComparison.Ordinal) && ++reads == 2)
                registry.Manifests["app:1"] = registry.Manifests["app:2"];
            return Task.FromResult(false);
        };
        var (code, _, error) = await Commanding.Manifold(Folder, "index", "remove", $"{registry.Name}/app:1", "linux/arm64");
        Assert.Equal(1, code);
        Assert.Contains("the tag changed in the meantime", error, StringComparison.Ordinal);
        Assert.Equal(moved.Digest, Digest.Of(registry.Manifests["app:1"].Bytes));
    }

    private static byte[] Index(ScriptedRegistry registry, params string[] platforms) => new ImageIndex
    {
        Manifests = [.. platforms.Select(platform =>
            registry.AddImage("app", "x", [1, 2, 3], platform) with { Platform = PlatformFields.From(Platform.Parse(platform)) })],
    }.ToJson();

    private async Task<Descriptor> StoredManifestAsync(string name, string platform)
    {
        var manifest = await SampleImages.WriteAsync(Store, name, platform);
        Store.Tags.Set(ImageReference.Parse(name), manifest);
        return manifest;
    }

    private async Task<ImageIndex> DryAsync(string verb, params string[] arguments)
    {
        var before = Store.Tags.List();
        var (code, output, error) = await Commanding.Manifold(Folder, ["index", verb, .. arguments, "--dry-run"]);
        Assert.True(code == 0, error);
        Assert.Equal(before, Store.Tags.List());
        return ImageIndex.Parse(Encoding.UTF8.GetBytes(output));
    }

    private async Task RunAsync(params string[] arguments)
    {
        var (code, _, error) = await Commanding.Manifold(Folder, arguments);
        Assert.True(code == 0, $"{string.Join(' ', arguments)}: exit code {code}\n{error}");
    }
}
