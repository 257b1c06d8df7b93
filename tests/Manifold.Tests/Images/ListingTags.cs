using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Tests.Registry;

namespace Manifold.Tests.Images;

public sealed class ListingTags : WithARegistry
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task a_tag_has_platforms_sizes_and_the_time_of_its_config()
    {
        var index = Index("app", "1", created: Noon);

        var tag = Assert.Single(await ListAsync("app", "1"));

        Assert.Equal((index.Digest, Noon, null), (tag.Top!.Digest, tag.Created, tag.Problem));
        Assert.Equal(["linux/amd64", "linux/arm64"], tag.Platforms.Select(platform => platform.Platform?.ToString()));
        var documents = Registry.Manifests.Where(each => each.Key.StartsWith("app@", StringComparison.Ordinal)).Sum(each =>
            each.Value.Bytes.Length);
        Assert.Equal(documents + Registry.Blobs.Values.Sum(blob => blob.Length), tag.Size);
    }

    [Fact]
    public async Task an_annotation_of_the_index_saves_the_config()
    {
        Index("app", "1", created: null, annotation: "2026-05-04T12:00:00Z");
        Assert.Equal(Noon, Assert.Single(await ListAsync("app", "1")).Created);
        Assert.Equal(0, Registry.Count("GET", "/blobs/"));
    }

    [Fact]
    public async Task the_epoch_of_reproducible_images_is_no_time()
    {
        Index("app", "1", created: DateTimeOffset.UnixEpoch);
        Assert.Null(Assert.Single(await ListAsync("app", "1")).Created);
    }

    [Fact]
    public async Task a_manifest_without_an_index_is_shown_with_the_platform_of_its_config()
    {
        Registry.AddImage("app", "1", [1, 2, 3], "linux/riscv64");
        var tag = Assert.Single(await ListAsync("app", "1"));
        Assert.Equal("linux/riscv64", Assert.Single(tag.Platforms).Platform!.ToString());
    }

    [Fact]
    public async Task an_artifact_is_shown_with_its_type()
    {
        Registry.AddManifest("app", "1", new Manifest
        {
            ArtifactType = "application/x-chart",
            Layers = [],
            Config = Registry.AddBlob("app", "{}"u8.ToArray(), MediaType.Empty),
        }.ToJson());
        var tag = Assert.Single(await ListAsync("app", "1"));
        Assert.Equal(("application/x-chart", 0, null), (tag.ArtifactType, tag.Platforms.Length, tag.Problem));
    }

    [Fact]
    public async Task attestations_in_an_index_are_no_platforms()
    {
        var image = Registry.AddImage("app", "amd64", [1]);
        var other = Registry.AddImage("app", "other", [2]);
        Registry.AddManifest("app", "1", new ImageIndex
        {
            Manifests =
            [
                image with { Platform = Fields("linux/amd64") },
                other with { Platform = new PlatformFields { Os = "unknown", Architecture = "unknown" } },
            ],
        }.ToJson(), MediaType.Index);
        Assert.Single(Assert.Single(await ListAsync("app", "1")).Platforms);
    }

    [Fact]
    public async Task the_same_image_under_many_tags_is_read_once()
    {
        Index("app", "1", created: Noon);
        var index = Registry.Manifests["app:1"];
        foreach (var tag in Enumerable.Range(2, 30))
            Registry.Manifests[$"app:{tag}"] = index;

        await ListAsync("app", [.. Enumerable.Range(1, 31).Select(tag => $"{tag}")]);

        Assert.Equal(31 + 2, Registry.Count("GET", "/manifests/"));
        Assert.Equal(1, Registry.Count("GET", "/blobs/"));
        Assert.InRange(Registry.MostAtOnce, 1, Options.Concurrency);
    }

    [Fact]
    public async Task a_broken_tag_hides_no_other()
    {
        var index = Index("app", "1", created: Noon);
        Index("app", "2", created: Noon, layer: 7);
        Registry.AddManifest("app", "3", "{}"u8.ToArray());
        Registry.AddManifest("app", "4", "<html>"u8.ToArray(), MediaType.Index);
        Registry.Lose("app", ImageIndex.Parse(Registry.Manifests["app:1"].Bytes).Manifests[1].Digest);

        var tags = await ListAsync("app", "1", "2", "3", "4", "5");

        Assert.Equal([true, false, true, true, true], tags.Select(tag => tag.Problem is not null));
        Assert.Equal((index.Digest, 2, null), (tags[0].Top!.Digest, tags[0].Platforms.Length, tags[0].Size));
        Assert.All([2, 3, 4], i => Assert.Contains($"app:{i + 1}", tags[i].Problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task a_config_that_is_lost_or_damaged_takes_away_no_more_than_the_time(bool isDamaged)
    {
        Index("app", "1", created: Noon);
        foreach (var entry in ImageIndex.Parse(Registry.Manifests["app:1"].Bytes).Manifests)
        {
            var config = Manifest.Parse(Registry.Manifests[$"app@{entry.Digest}"].Bytes).Config;
            if (isDamaged)
                Registry.Blobs[config.Digest] = new byte[config.Size];
            else
                Registry.LoseBlob(config.Digest);
        }
        var tag = Assert.Single(await ListAsync("app", "1"));
        Assert.Null(tag.Created);
        Assert.NotNull(tag.Size);
        Assert.Null(tag.Problem);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task a_registry_that_refuses_ends_the_listing(int status)
    {
        Index("app", "1", created: Noon);
        Registry.Fault = async context =>
        {
            if (!context.Request.Path.Value!.EndsWith("/manifests/2", StringComparison.Ordinal))
                return false;
            context.Response.StatusCode = status;
            await context.Response.CompleteAsync();
            return true;
        };
        Assert.Equal(status, (int?)(await Assert.ThrowsAsync<RegistryException>(() => ListAsync("app", "1", "2"))).Status);
    }

    [Fact]
    public async Task where_no_tag_can_be_read_the_first_reason_is_the_error() =>
        Assert.Contains("app:1", (await Assert.ThrowsAsync<RegistryException>(() => ListAsync("app", "1", "2"))).Message,
            StringComparison.Ordinal);

    [Fact]
    public async Task an_index_that_lists_itself_ends()
    {
        // No document can have its own digest; a registry can say so nevertheless.
        var digest = Digest.Of("x");
        var index = new ImageIndex { Manifests = [new Descriptor { MediaType = MediaType.Index, Digest = digest, Size = 1 }] }.ToJson();
        Registry.Manifests["app:1"] = Registry.Manifests[$"app@{digest}"] = (MediaType.Index, index);
        Assert.NotNull(Assert.Single(await ListAsync("app", "1").WaitAsync(Eventually.Bound)).Problem);
    }

    [Fact]
    public async Task indexes_that_are_nested_too_deep_break_their_tag_alone()
    {
        var below = Index("app", "0", created: Noon);
        for (var level = 1; level <= Limits.IndexDepth; level++)
            below = Registry.AddManifest("app", $"{level}", new ImageIndex { Manifests = [below] }.ToJson(), MediaType.Index);

        var tags = await ListAsync("app", $"{Limits.IndexDepth - 1}", $"{Limits.IndexDepth}");

        Assert.Equal((2, null), (tags[0].Platforms.Length, tags[0].Problem));
        Assert.Contains($"app:{Limits.IndexDepth}: its indexes are nested more than {Limits.IndexDepth} levels", tags[1].Problem,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_index_that_is_listed_twice_counts_once()
    {
        var nested = Index("app", "nested", created: Noon);
        Registry.AddManifest("app", "1", new ImageIndex { Manifests = [nested, nested] }.ToJson(), MediaType.Index);
        var tag = Assert.Single(await ListAsync("app", "1"));
        Assert.Equal((2, null), (tag.Platforms.Length, tag.Problem));
        Assert.Equal(1 + 1 + 2, Registry.Count("GET", "/manifests/"));
    }

    [Fact]
    public void attachments_are_hidden_and_patterns_choose()
    {
        string[] tags = ["1.0", "1.1", "2.0", $"sha256-{new string('0', 64)}.sig", $"sha256-{new string('0', 64)}"];
        Assert.Equal(["2.0", "1.1", "1.0"], TagListing.Choose(tags, null, attached: false));
        Assert.Equal(["1.1", "1.0"], TagListing.Choose(tags, "1.*", attached: false));
        Assert.Equal(5, TagListing.Choose(tags, null, attached: true).Length);
    }

    private async Task<ImmutableArray<ListedTag>> ListAsync(string repository, params string[] tags) =>
        await new TagListing(Client(), Registry.Reference(repository)).ReadAsync([.. tags]);

    private static PlatformFields Fields(string platform) => PlatformFields.From(Platform.Parse(platform));

    /// <summary>Two platforms that share a layer.</summary>
    private Descriptor Index(string repository, string tag, DateTimeOffset? created, string? annotation = null, byte layer = 1)
    {
        var shared = Registry.AddBlob(repository, [layer, layer, layer]);
        Descriptor[] entries = [.. new[] { "linux/amd64", "linux/arm64" }.Select(platform =>
        {
            var fields = Fields(platform);
            var config = new ImageConfig { Os = fields.Os, Architecture = fields.Architecture, Created = created };
            var bytes = new Manifest
            {
                Config = Registry.AddBlob(repository, config.ToJson(), MediaType.Config),
                Layers = [shared],
            }.ToJson();
            Registry.Manifests[$"{repository}@{Digest.Of(bytes)}"] = (MediaType.Manifest, bytes);
            return new Descriptor
            {
                MediaType = MediaType.Manifest,
                Digest = Digest.Of(bytes),
                Size = bytes.Length,
                Platform = fields,
            };
        })];
        return Registry.AddManifest(repository, tag, new ImageIndex
        {
            Manifests = [.. entries],
            Annotations = annotation is null ? null
                : ImmutableSortedDictionary<string, string>.Empty.Add("org.opencontainers.image.created", annotation),
        }.ToJson(), MediaType.Index);
    }
}
