using System.Text.Json;
using Manifold.EndToEnd.Registry;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.EndToEnd.Images;

/// <summary><c>manifold copy</c> between all kinds of places; skopeo, umoci, buildah and docker judge what arrives.</summary>
public sealed class CopyingImages() : WithPlaces(Peer.VisibleFolder)
{
    [Fact]
    public async Task an_image_goes_round_through_every_kind_of_place_and_keeps_its_digest()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var image = await StoredAsync("quay.io/acme/app:1", "linux/amd64", "linux/arm64");
        string[] road =
        [
            "store:quay.io/acme/app:1", $"{registry.Name}/app:1", $"oci:{Folder["layout"]}:app", $"oci-archive:{Folder["x.tar"]}:app",
            $"{registry.Name}/other/app:2", $"{registry.Name}/third:3", "store:localhost/back:1", $"oci:{Folder["last"]}",
        ];
        foreach (var (from, to) in road.Zip(road.Skip(1)))
            await CopyAsync(from, to);

        foreach (var place in new[] { $"oci:{Folder["layout"]}:app",
            $"oci-archive:{Folder["x.tar"]}:app", $"docker://{registry.Name}/third:3", $"oci:{Folder["last"]}" })
            Assert.Equal(image.Digest, Digest.Of(await Tool.Run("skopeo", "inspect", "--raw", "--tls-verify=false", place)));
        foreach (var place in new[] { $"oci:{Folder["last"]}", $"oci-archive:{Folder["x.tar"]}:app" })
            await Tool.Run("skopeo", "copy", "-q", "--all", place, $"dir:{Folder[Guid.NewGuid().ToString("N")]}");
        await Tool.Run("umoci", "ls", "--layout", Folder["layout"]);
    }

    [Fact]
    public async Task a_docker_archive_is_loaded_by_docker_and_read_by_skopeo()
    {
        var name = $"manifold.test/copied:{Guid.NewGuid():N}";
        await StoredAsync(name, "linux/amd64", "linux/arm64");
        var refused = await Commanding.Manifold(Folder, "copy", $"store:{name}", $"docker-archive:{Folder["x.tar"]}");
        Assert.Equal(2, refused.Code);
        Assert.Contains("has linux/amd64, linux/arm64. Choose one with --platform", refused.Error, StringComparison.Ordinal);

        await CopyAsync($"store:{name}",
            $"docker-archive:{Folder["x.tar"]}", $"docker-archive:{Folder["x.tar"]}:localhost/second:2", "--platform", "linux/amd64");

        var inspected =
            JsonDocument.Parse(await Tool.Run("skopeo", "inspect", $"docker-archive:{Folder["x.tar"]}:localhost/second:2")).RootElement;
        Assert.Equal("amd64", inspected.GetProperty("Architecture").GetString());
        Assert.NotEmpty(await ReadWholeAsync(Open($"docker-archive:{Folder["x.tar"]}:localhost/second:2")));
        await Peer.Docker("load", "--quiet", "--input", Folder["x.tar"]);
        try
        {
            Assert.Contains("amd64",
                await Peer.Docker("image", "inspect", "--format", "{{.Architecture}}", "localhost/second:2"), StringComparison.Ordinal);
        }
        finally
        {
            await Peer.Docker("rmi", "--force", "localhost/second:2");
        }
    }

    [Fact]
    public async Task some_platforms_make_a_new_index_over_the_same_manifests()
    {
        var image = await StoredAsync("app:1", "linux/amd64", "linux/arm64", "linux/arm/v7");
        await CopyAsync("store:app:1", $"oci:{Folder["few"]}:app", "--platform", "linux/arm/v7,linux/amd64");

        var index =
            ImageIndex.Parse(System.Text.Encoding.UTF8.GetBytes(await Tool.Run("skopeo", "inspect", "--raw", $"oci:{Folder["few"]}:app")));
        var all = ImageIndex.Parse(Store.ReadDocument(image.Digest)).Manifests;
        Assert.Equal([all[0].Digest, all[2].Digest], index.Manifests.Select(entry => entry.Digest));
        var missing = await Commanding.Manifold(Folder, "copy", "store:app:1", $"oci:{Folder["none"]}", "--platform", "linux/s390x");
        Assert.Contains("has no image for linux/s390x. It has: linux/amd64, linux/arm64, linux/arm/v7.",
            missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task formats_are_converted_there_and_back_without_touching_a_blob()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var image = await StoredAsync("app:1", "linux/amd64", "linux/arm64");
        await CopyAsync("store:app:1", $"{registry.Name}/app:docker", "--format", "docker");
        await CopyAsync($"{registry.Name}/app:docker", $"oci:{Folder["back"]}:app", "--format", "oci");

        var list = JsonDocument.Parse(
            await Tool.Run("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{registry.Name}/app:docker")).RootElement;
        Assert.Equal(MediaType.DockerIndex, list.GetProperty("mediaType").GetString());
        await Tool.Run("skopeo",
            "copy", "-q", "--all", "--src-tls-verify=false", $"docker://{registry.Name}/app:docker", $"dir:{Folder["dir"]}");
        Assert.Equal(image.Digest, Digest.Of(await Tool.Run("skopeo", "inspect", "--raw", $"oci:{Folder["back"]}:app")));
    }

    [Fact]
    public async Task within_a_registry_nothing_but_manifests_moves()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var amd = registry.AddImage("team/app", "amd", new byte[100_000]);
        var arm = registry.AddImage("team/app", "arm", new byte[200_000], "linux/arm64");
        registry.AddManifest("team/app", "1", new ImageIndex { Manifests = [amd, arm] }.ToJson(), MediaType.Index);
        registry.Requests.Clear();

        await CopyAsync($"{registry.Name}/team/app:1", $"{registry.Name}/prod/app:1");

        var blobs = registry.Requests.Where(request => request.Path.Contains("/blobs/", StringComparison.Ordinal)).ToList();
        // Configs are read, since this index does not say which platforms it has; layers are not.
        var configs = new[] { amd, arm }
            .Select(image => Manifest.Parse(registry.Manifests[$"team/app@{image.Digest}"].Bytes).Config.Digest.ToString()).ToList();
        Assert.All(blobs.Where(request => request.Method == "GET"), request => Assert.Contains(request.Path.Split('/')[^1], configs));
        Assert.DoesNotContain(blobs, request => request.Method is "PUT" or "PATCH");
        Assert.Equal(4, blobs.Count(request => request.Method == "POST" && request.Query.Contains("from=team", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task what_refers_to_an_image_goes_along_to_any_place_and_back()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var (index, referrer, signature) = await WithReferrersAsync("app:1");
        var subject = ImageIndex.Parse(Store.ReadDocument(index.Digest)).Manifests[0].Digest;

        await CopyAsync("store:app:1", $"{registry.Name}/app:1");
        await CopyAsync($"{registry.Name}/app:1", $"oci:{Folder["layout"]}:app");
        await CopyAsync($"oci:{Folder["layout"]}:app", $"{registry.Name}/back:1");
        await CopyAsync($"{registry.Name}/app:1", $"{registry.Name}/without:1", "--no-referrers");

        async Task<Digest[]> Referrers(string repository, Digest about) =>
            [.. (await Client.ListReferrersAsync(ImageReference.Parse($"{registry.Name}/{repository}:1"), about)).Entries
                .Select(entry => entry.Digest)];
        Assert.Equal([referrer.Digest], await Referrers("back", subject));
        Assert.Equal([signature.Digest], await Referrers("back", referrer.Digest));
        Assert.Empty(await Referrers("without", subject));
        Assert.Equal([referrer.Digest],
            (await Open($"oci:{Folder["layout"]}:app").ListReferrersAsync(subject)).Select(entry => entry.Digest));
        Assert.Equal("application/spdx+json",
            (await Client.ListReferrersAsync(ImageReference.Parse($"{registry.Name}/back:1"), subject)).Entries[0].ArtifactType);
    }

    [Fact]
    public async Task signatures_under_cosigns_tags_go_along_and_none_is_lost()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var image = await StoredAsync("app:1", "linux/amd64");
        await CopyAsync("store:app:1", $"{registry.Name}/app:1");
        var tag = $"sha256-{image.Digest.Hex}.sig";
        var signature = await ArtifactAsync("signature", null);
        Store.Tags.Set(ImageReference.Parse("sig:1"), signature);
        await CopyAsync("store:sig:1", $"{registry.Name}/app:{tag}");

        await CopyAsync($"{registry.Name}/app:1", $"{registry.Name}/there:1");
        await CopyAsync($"{registry.Name}/app:1", $"oci:{Folder["layout"]}:app");
        await CopyAsync($"oci:{Folder["layout"]}:app", $"{registry.Name}/back:1");

        foreach (var repository in new[] { "there", "back" })
            Assert.Equal(signature.Digest,
                (await Client.HeadManifestAsync(ImageReference.Parse($"{registry.Name}/{repository}:{tag}")))?.Digest);
    }

    [Fact]
    public async Task what_others_attach_at_the_same_moment_stays_listed()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var (index, referrer, _) = await WithReferrersAsync("app:1");
        var tag = RegistryClient.ReferrersTag(ImageIndex.Parse(Store.ReadDocument(index.Digest)).Manifests[0].Digest);
        var theirs = new Descriptor { MediaType = MediaType.Manifest, Digest = Digest.Of("theirs"), Size = 6 };
        var overwritten = false;
        registry.Fault = context =>
        {
            if (overwritten
                || context.Request.Method != "PUT"
                || !context.Request.Path.Value!.EndsWith($"/manifests/{tag}", StringComparison.Ordinal))
                return Task.FromResult(false);
            overwritten = true; // by one who had read the list before we wrote it
            registry.AddManifest("app", tag, new ImageIndex { Manifests = [theirs] }.ToJson(), MediaType.Index);
            context.Response.StatusCode = 201;
            return Task.FromResult(true);
        };

        await CopyAsync("store:app:1", $"{registry.Name}/app:1");

        Assert.True(overwritten);
        Assert.Equal([theirs.Digest, referrer.Digest],
            ImageIndex.Parse(registry.Manifests[$"app:{tag}"].Bytes).Manifests.Select(entry => entry.Digest));
    }

    [Fact]
    public async Task what_is_no_signature_under_cosigns_tag_stays_and_is_told()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var image = await StoredAsync("app:1", "linux/amd64");
        await CopyAsync("store:app:1", $"{registry.Name}/app:1");
        var tag = $"sha256-{image.Digest.Hex}.sig";
        Store.Tags.Set(ImageReference.Parse("sig:1"), await ArtifactAsync("signature", null));
        await CopyAsync("store:sig:1", $"{registry.Name}/app:{tag}");
        var odd = registry.AddManifest("there", tag, new ImageIndex { Manifests = [] }.ToJson(), MediaType.Index);

        var (code, _, error) = await Commanding.Manifold(Folder, "copy", $"{registry.Name}/app:1", $"{registry.Name}/there:1");

        Assert.True(code == 0, error);
        Assert.Contains($"'{registry.Name}/there:{tag}' has signatures that", error, StringComparison.Ordinal);
        Assert.Equal(odd.Digest, Digest.Of(registry.Manifests[$"there:{tag}"].Bytes));
    }

    [Fact]
    public async Task all_tags_of_a_repository_are_copied()
    {
        await using var registry = await DebianRegistry.StartAsync();
        foreach (var tag in new[] { "1", "2", "latest" })
        {
            await StoredAsync($"app:{tag}", "linux/amd64");
            await CopyAsync($"store:app:{tag}", $"{registry.Name}/app:{tag}");
        }
        await CopyAsync("--all-tags", $"{registry.Name}/app", $"oci:{Folder["mirror"]}");
        await CopyAsync("--all-tags", $"oci:{Folder["mirror"]}", $"{registry.Name}/mirror");
        Assert.Equal(["1", "2", "latest"],
            (await Client.ListTagsAsync(ImageReference.Parse($"{registry.Name}/mirror"))).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task a_tag_that_would_lose_a_platform_is_not_overwritten()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var image = await StoredAsync("app:1", "linux/amd64", "linux/arm64");
        await CopyAsync("store:app:1", $"{registry.Name}/app:1");
        var refused = await Commanding.Manifold(Folder, "copy", "store:app:1", $"{registry.Name}/app:1", "--platform", "linux/amd64");
        Assert.Equal(1, refused.Code);
        Assert.Contains("--allow-platform-removal", refused.Error, StringComparison.Ordinal);
        Assert.Equal(image.Digest, (await Client.HeadManifestAsync(ImageReference.Parse($"{registry.Name}/app:1")))?.Digest);
    }

    [Fact]
    public async Task a_layout_keeps_its_other_names_and_a_folder_that_is_none_is_left_alone()
    {
        var first = await StoredAsync("app:1", "linux/amd64");
        var second = await StoredAsync("app:2", "linux/arm64");
        await CopyAsync("store:app:1", $"oci:{Folder["l"]}:one", $"oci:{Folder["l"]}:two");
        await CopyAsync("store:app:2", $"oci:{Folder["l"]}:two");
        Assert.Equal(first.Digest, Digest.Of(await Tool.Run("skopeo", "inspect", "--raw", $"oci:{Folder["l"]}:one")));
        Assert.Equal(second.Digest, Digest.Of(await Tool.Run("skopeo", "inspect", "--raw", $"oci:{Folder["l"]}:two")));

        Folder.Write("mine/letter", "dear");
        var refused = await Commanding.Manifold(Folder, "copy", "store:app:1", $"oci:{Folder["mine"]}:x");
        Assert.Equal(2, refused.Code);
        Assert.Equal(["letter"], Directory.GetFileSystemEntries(Folder["mine"]).Select(path => Path.GetFileName(path)));
    }

    [Fact]
    public async Task a_layout_is_whole_also_where_nobody_watches_its_progress()
    {
        await StoredAsync("app:1", "linux/amd64");
        var source = Open("store:app:1");
        await new LayoutTarget(Folder["l"], []).WriteAsync(source, await ImageParts.ReadAsync(source, withReferrers: false));
        Assert.Equal(StoredBlobs(), await ReadWholeAsync(Open($"oci:{Folder["l"]}")));
    }

    [Fact]
    public async Task a_damaged_source_changes_nothing_at_the_target()
    {
        await StoredAsync("app:1", "linux/amd64");
        await CopyAsync("store:app:1", $"oci:{Folder["l"]}:app", $"oci-archive:{Folder["a.tar"]}");
        var before = (File.ReadAllText(Folder["l/index.json"]), File.ReadAllBytes(Folder["a.tar"]));
        var image = await StoredAsync("app:2", "linux/arm64");
        var layer = Manifest.Parse(Store.ReadDocument(ImageIndex.Parse(Store.ReadDocument(image.Digest)).Manifests[0].Digest)).Layers[0];
        await using (var file = File.OpenWrite(Store.BlobPath(layer.Digest)))
            file.WriteByte(1);

        foreach (var target in new[] {
            $"oci:{Folder["l"]}:app", $"oci-archive:{Folder["a.tar"]}", $"docker-archive:{Folder["d.tar"]}:x", "store:other:1" })
        {
            var failed = await Commanding.Manifold(Folder, "copy", $"oci:{Store.Root}:docker.io/library/app:2", target);
            Assert.True(failed.Code == 1 || target.StartsWith("store", StringComparison.Ordinal), failed.Error);
        }
        Assert.Equal(before.Item1, File.ReadAllText(Folder["l/index.json"]));
        Assert.Equal(before.Item2, File.ReadAllBytes(Folder["a.tar"]));
        Assert.False(File.Exists(Folder["d.tar"]));
        Assert.Empty(Directory.EnumerateFiles(Folder.Path, "*.part", SearchOption.AllDirectories));
    }

    private async Task CopyAsync(params string[] arguments)
    {
        var (code, _, error) = await Commanding.Manifold(Folder, ["copy", .. arguments]);
        Assert.True(code == 0, $"copy {string.Join(' ', arguments)}: exit code {code}\n{error}");
    }

    /// <summary>An image whose first platform has an SBOM, which is signed.</summary>
    private async Task<(Descriptor Index, Descriptor Referrer, Descriptor Signature)> WithReferrersAsync(string name)
    {
        var index = await StoredAsync(name, "linux/amd64", "linux/arm64");
        var subject = ImageIndex.Parse(Store.ReadDocument(index.Digest)).Manifests[0] with { Platform = null };
        var referrer = await ArtifactAsync("application/spdx+json", subject);
        var signature = await ArtifactAsync("application/x-signature", referrer);
        Store.Tags.Keep([referrer, signature]);
        return (index, referrer, signature);
    }

    private async Task<Descriptor> ArtifactAsync(string type, Descriptor? subject)
    {
        var config = await Store.WriteAsync("{}"u8.ToArray(), MediaType.Empty);
        var content = await Store.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"{type} of {subject?.Digest}"),
            type.Contains('/', StringComparison.Ordinal) ? type : "text/plain");
        var manifest = new Manifest
        {
            ArtifactType = type,
            Config = config,
            Layers = [content],
            Subject = subject,
        };
        return await Store.WriteAsync(manifest.ToJson(), MediaType.Manifest) with { ArtifactType = type };
    }
}
