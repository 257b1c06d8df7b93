using System.Text.Json;
using Manifold.Oci;
using Manifold.Tests.Registry;

namespace Manifold.Tests.Cli;

/// <summary>The commands ls, du and inspect --files.</summary>
public sealed class LookingAtImages : WithARegistry
{
    [Fact]
    public async Task ls_lists_the_highest_tags_and_counts_the_rest()
    {
        foreach (var tag in new[] { "1.9", "1.10", "latest", $"sha256-{new string('0', 64)}.sig" })
            Registry.AddImage("app", tag, [1, 2, 3]);
        ListsTags();

        var (code, output, error) = await Commanding.Manifold(Folder, "ls", $"{Registry.Name}/app", "--limit", "2");

        Assert.Equal(0, code);
        var lines = output.TrimEnd('\n').Split('\n');
        Assert.Equal(["TAG", "latest", "1.10"], lines.Select(line => line.Split(' ')[0]));
        Assert.Contains("linux/amd64", lines[1], StringComparison.Ordinal);
        Assert.Contains("1 more tag", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ls_in_json_has_full_digests_and_problems()
    {
        var image = Registry.AddImage("app", "1", [1, 2, 3]);
        Registry.AddManifest("app", "2", "{}"u8.ToArray());
        ListsTags();

        var (code, output, error) = await Commanding.Manifold(Folder, "ls", $"docker://{Registry.Name}/app", "--json");

        Assert.Equal(0, code);
        var tags = JsonDocument.Parse(output).RootElement.EnumerateArray().ToDictionary(tag => tag.GetProperty("tag").GetString()!);
        Assert.Equal(image.Digest.ToString(), tags["1"].GetProperty("digest").GetString());
        Assert.Equal($"{Registry.Name}/app:1", tags["1"].GetProperty("name").GetString());
        Assert.NotNull(tags["2"].GetProperty("problem").GetString());
        Assert.Contains("'2'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ls_shows_attachments_where_it_is_asked_to()
    {
        var tag = $"sha256-{new string('0', 64)}.sig";
        Registry.AddImage("app", tag, [1]);
        ListsTags();
        Assert.DoesNotContain(tag, (await Commanding.Manifold(Folder, "ls", $"{Registry.Name}/app")).Output, StringComparison.Ordinal);
        Assert.Contains(tag, (await Commanding.Manifold(Folder, "ls", $"{Registry.Name}/app", "--all")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, "nowhere")]
    [InlineData(2, "app:1")]
    [InlineData(2, "app", "--limit", "-1")]
    public async Task ls_of_what_is_no_repository_fails(int code, string name, params string[] more)
    {
        Registry.AddImage("app", "1", [1]);
        var (found, _, error) = await Commanding.Manifold(Folder, ["ls", $"{Registry.Name}/{name}", .. more]);
        Assert.True(found == code, error);
    }

    [Theory]
    [InlineData("'2.*'", "--filter", "2.*")]
    [InlineData("--all")]
    [InlineData("--all", "--filter", "sha256-*")]
    public async Task ls_says_why_it_lists_nothing(string said, params string[] more)
    {
        Registry.AddImage("app", $"sha256-{new string('0', 64)}.sig", [1]);
        ListsTags();
        var (code, output, error) = await Commanding.Manifold(Folder, ["ls", $"{Registry.Name}/app", .. more]);
        Assert.Equal((0, ""), (code, output));
        Assert.Contains(said, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ls_is_for_registries() => Assert.Contains(
        "manifold images", (await Commanding.Manifold(Folder, "ls", "store:app")).Error, StringComparison.Ordinal);

    [Theory]
    [InlineData(0, "0 minutes")]
    [InlineData(90, "90 minutes")]
    [InlineData(150, "2 hours")]
    [InlineData(60 * 24 * 13, "13 days")]
    [InlineData(60 * 24 * 20, "2 weeks")]
    [InlineData(60 * 24 * 60, "8 weeks")]
    [InlineData(60 * 24 * 61, "2 months")]
    [InlineData(60 * 24 * 400, "13 months")]
    [InlineData(60 * 24 * 730, "23 months")]
    [InlineData(60 * 24 * 731, "2 years")]
    [InlineData(60 * 24 * 800, "2 years")]
    [InlineData(-5, "0 minutes")]
    public void ages_have_one_unit(int minutes, string text) =>
        Assert.Equal(text, global::Manifold.Text.Amounts.Age(TimeSpan.FromMinutes(minutes)));

    [Fact]
    public async Task du_says_what_prune_then_frees()
    {
        Store.Tags.Set(ImageReference.Parse("app"), await SampleImages.WriteAsync(Store, "x"));
        await Store.WriteAsync(new byte[1500], MediaType.Layer);

        var (code, output, _) = await Commanding.Manifold(Folder, "du", "--json");
        var (_, table, _) = await Commanding.Manifold(Folder, "du", "--verbose");
        var (_, pruned, _) = await Commanding.Manifold(Folder, "prune", "--format", "json");

        Assert.Equal(0, code);
        var usage = JsonDocument.Parse(output).RootElement;
        Assert.Equal(1500, usage.GetProperty("pruneFrees").GetInt64());
        Assert.Equal(1500, JsonDocument.Parse(pruned).RootElement.GetProperty("freedBytes").GetInt64());
        Assert.Equal("docker.io/library/app:latest", usage.GetProperty("images")[0].GetProperty("name").GetString());
        Assert.Contains("docker.io/library/app:latest", table, StringComparison.Ordinal);
        Assert.Contains("1.5 kB", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task du_names_what_it_cannot_read_and_fails()
    {
        var image = await SampleImages.WriteAsync(Store, "x");
        Store.Tags.Set(ImageReference.Parse("app"), image);
        File.Delete(Store.BlobPath(image.Digest));
        File.CreateSymbolicLink(Store.BlobPath(image.Digest), "nowhere"); // as a disk that cannot read it

        var (code, output, error) = await Commanding.Manifold(Folder, "du");

        Assert.Equal(1, code);
        Assert.Contains("Total", output, StringComparison.Ordinal);
        Assert.Contains(image.Digest.Hex, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task inspect_files_names_a_layer_that_is_broken()
    {
        var image = await SampleImages.WriteAsync(Store, "x");
        Store.Tags.Set(ImageReference.Parse("app"), image);
        var layer = Manifest.Parse(Store.ReadDocument(image.Digest)).Layers[0];
        await File.WriteAllTextAsync(Store.BlobPath(layer.Digest), "no tar", TestContext.Current.CancellationToken);

        var (code, output, error) = await Commanding.Manifold(Folder, "inspect", "--files", "store:app");

        Assert.Equal((1, ""), (code, output));
        Assert.Contains(layer.Digest.Short, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task inspect_files_lists_files_and_layers()
    {
        Store.Tags.Set(ImageReference.Parse("app"), await SampleImages.WriteIndexAsync(Store, "x", "linux/amd64", "linux/arm64"));

        var (code, output, _) = await Commanding.Manifold(Folder, "inspect", "--files", "store:app", "--platform", "linux/arm64");
        var (_, json, _) = await Commanding.Manifold(Folder, "inspect", "--files", "store:app", "--platform", "linux/arm64", "--json");

        Assert.Equal(0, code);
        Assert.Contains("/content", output, StringComparison.Ordinal);
        var root = JsonDocument.Parse(json).RootElement;
        Assert.Equal("linux/arm64", root.GetProperty("platform").GetString());
        Assert.Equal(("/content", 1, 1), (root.GetProperty("files")[0].GetProperty("path").GetString(),
            root.GetProperty("files")[0].GetProperty("bytes").GetInt32(), root.GetProperty("files")[0].GetProperty("layer").GetInt32()));
    }

    [Theory]
    [InlineData("--files", "--raw")]
    [InlineData("--files", "--config")]
    [InlineData("--limit", "3")]
    [InlineData("--files", "--platform", "linux/s390x")]
    public async Task inspect_refuses_flags_that_do_not_go_together(params string[] flags)
    {
        Store.Tags.Set(ImageReference.Parse("app"), await SampleImages.WriteAsync(Store, "x"));
        Assert.Equal(2, (await Commanding.Manifold(Folder, ["inspect", "store:app", .. flags])).Code);
    }

    private void ListsTags() => Registry.Fault = async context =>
    {
        if (!context.Request.Path.Value!.EndsWith("/app/tags/list", StringComparison.Ordinal))
            return false;
        var tags = Registry.Manifests.Keys.Where(key => key.StartsWith("app:", StringComparison.Ordinal))
            .Select(key => key["app:".Length..]);
        await Microsoft.AspNetCore.Http.HttpResponseJsonExtensions.WriteAsJsonAsync(context.Response, new { name = "app", tags });
        return true;
    };
}
