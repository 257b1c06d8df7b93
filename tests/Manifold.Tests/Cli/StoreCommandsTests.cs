using System.Collections.Immutable;
using System.Text.Json;
using Manifold.Cli;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Tests.Cli;

public sealed class LookingAfterTheStore : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;

    public LookingAfterTheStore() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task images_shows_a_line_for_each_name()
    {
        var image = await SampleImages.WriteIndexAsync(store, "x", "linux/amd64", "linux/arm/v7");
        store.Tags.Set(ImageReference.Parse("quay.io/acme/app:1"), image);

        var (code, output, _) = await Manifold("images");

        Assert.Equal(0, code);
        var lines = output.Split('\n');
        Assert.StartsWith("NAME                PLATFORMS", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"quay.io/acme/app:1  linux/amd64,linux/arm/v7  {image.Digest.Short}", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task json_has_sizes_in_bytes()
    {
        store.Tags.Set(ImageReference.Parse("app"), await SampleImages.WriteAsync(store, "x"));
        var expected = Directory.EnumerateFiles(Path.Combine(store.Root, "blobs", "sha256")).Sum(file => new FileInfo(file).Length);

        var (_, output, _) = await Manifold("images", "--format", "json");

        var entry = JsonDocument.Parse(output).RootElement[0];
        Assert.Equal(expected, entry.GetProperty("size").GetInt64());
        Assert.Equal("docker.io/library/app:latest", entry.GetProperty("name").GetString());
    }

    [Fact]
    public async Task inspect_raw_prints_the_stored_bytes()
    {
        var image = await SampleImages.WriteIndexAsync(store, "x", "linux/amd64");
        store.Tags.Set(ImageReference.Parse("app:1"), image);
        var (_, output, _) = await Manifold("inspect", "--raw", "store:app:1");
        Assert.Equal(image.Digest, Digest.Of(output));
    }

    [Fact]
    public async Task inspect_shows_platforms_layers_and_commands()
    {
        var image = await SampleImages.WriteIndexAsync(store, "x", "linux/amd64", "linux/riscv64");
        store.Tags.Set(ImageReference.Parse("app:1"), image);
        var (_, text, _) = await Manifold("inspect", "store:app:1");
        Assert.Contains("linux/riscv64  sha256:", text, StringComparison.Ordinal);
        Assert.Contains("""cmd:        ["/bin/hello"]""", text, StringComparison.Ordinal);
        var (_, json, _) = await Manifold("inspect", "store:app:1", "--format", "json");
        Assert.Equal(2, JsonDocument.Parse(json).RootElement.GetProperty("platforms").GetArrayLength());
    }

    [Fact]
    public async Task a_tag_is_a_second_name_and_rm_takes_one_away()
    {
        store.Tags.Set(ImageReference.Parse("app:1"), await SampleImages.WriteAsync(store, "x"));
        Assert.Equal(0, (await Manifold("tag", "app:1", "quay.io/acme/app:2")).Code);
        Assert.Equal(0, (await Manifold("rm", "app:1")).Code);
        Assert.Equal(["quay.io/acme/app:2"], store.Tags.List().Select(image => image.Name));
    }

    [Fact]
    public async Task a_name_that_is_not_there_is_an_error_with_the_ones_that_are()
    {
        store.Tags.Set(ImageReference.Parse("app:1"), await SampleImages.WriteAsync(store, "x"));
        var (code, _, error) = await Manifold("inspect", "store:app:2");
        Assert.Equal(2, code);
        Assert.Contains("It has: docker.io/library/app:1", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task rm_of_several_names_removes_none_where_one_is_wrong()
    {
        store.Tags.Set(ImageReference.Parse("app:1"), await SampleImages.WriteAsync(store, "x"));
        Assert.Equal(2, (await Manifold("rm", "app:1", "app:2")).Code);
        Assert.Single(store.Tags.List());
    }

    [Fact]
    public async Task prune_reports_what_it_freed_and_kept()
    {
        await store.WriteAsync(new byte[1500], "a/b");
        var (_, text, _) = await Manifold("prune", "--keep-storage", "10GB");
        Assert.Equal("Freed 1.5 kB (1 blob, 0 snapshots, 0 cache records); kept 0 B.\n", text);
        var (_, json, _) = await Manifold("prune", "--format", "json");
        Assert.Equal(0, JsonDocument.Parse(json).RootElement.GetProperty("freedBytes").GetInt64());
    }

    [Theory]
    [InlineData("10GB", 10_000_000_000)]
    [InlineData("1.5 MiB", 1_572_864)]
    [InlineData("2g", 2_000_000_000)]
    [InlineData("7", 7)]
    public void sizes_are_read_as_people_write_them(string text, long bytes) => Assert.Equal(bytes, ByteSize.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("GB")]
    [InlineData("1 GX")]
    [InlineData("-1")]
    public void what_is_no_size_is_wrong_usage(string text) => Assert.Throws<UsageException>(() => ByteSize.Parse(text));

    private async Task<(int Code, string Output, string Error)> Manifold(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var code = await CommandTree.RunAsync(new CliContext
        {
            Environment = ImmutableSortedDictionary<string, string>.Empty.Add("MANIFOLD_ROOT", store.Root),
            Out = output,
            Error = error,
            Time = TimeProvider.System,
            Interactive = false,
        }, arguments);
        return (code, output.ToString(), error.ToString());
    }
}
