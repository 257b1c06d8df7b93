using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Tests.Content;

public sealed class NamingImages : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;

    public NamingImages() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task a_short_name_is_found_as_the_full_one()
    {
        store.Tags.Set(ImageReference.Parse("debian"), await SampleImages.WriteAsync(store, "a"));
        Assert.NotNull(store.Tags.Find(ImageReference.Parse("docker.io/library/debian:latest")));
        Assert.Equal(["docker.io/library/debian:latest"], store.Tags.List().Select(image => image.Name));
    }

    [Fact]
    public async Task a_name_moves_to_the_image_that_is_set_last()
    {
        var name = ImageReference.Parse("quay.io/acme/app:1");
        var (first, second) = (await SampleImages.WriteAsync(store, "1"), await SampleImages.WriteAsync(store, "2"));
        store.Tags.Set(name, first);
        store.Tags.Set(name, second);
        Assert.Equal(second, store.Tags.Find(name));
        Assert.Single(store.Tags.List());
    }

    [Fact]
    public async Task a_digest_finds_the_image_under_any_tag_of_its_repository()
    {
        var image = await SampleImages.WriteAsync(store, "1");
        store.Tags.Set(ImageReference.Parse("quay.io/acme/app:1"), image);
        Assert.Equal(image, store.Tags.Find(ImageReference.Parse($"quay.io/acme/app@{image.Digest}")));
        Assert.Null(store.Tags.Find(ImageReference.Parse($"quay.io/acme/other@{image.Digest}")));
    }

    [Fact]
    public async Task removing_a_name_tells_whether_it_was_there()
    {
        var name = ImageReference.Parse("quay.io/acme/app:1");
        store.Tags.Set(name, await SampleImages.WriteAsync(store, "1"));
        Assert.True(store.Tags.Remove(name));
        Assert.False(store.Tags.Remove(name));
        Assert.Null(store.Tags.Find(name));
    }

    [Fact]
    public void an_index_that_is_not_json_is_named_with_its_path()
    {
        File.WriteAllText(Path.Combine(store.Root, "index.json"), "{");
        var error = Assert.Throws<ContentMismatchException>(() => store.Tags.List());
        Assert.Contains(Path.Combine(store.Root, "index.json"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task many_writers_at_once_lose_no_name()
    {
        var image = await SampleImages.WriteAsync(store, "x");
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(() =>
        {
            using var own = Store.Open(store.Root);
            for (var i = 0; i < 25; i++)
                own.Tags.Set(ImageReference.Parse($"quay.io/w{writer}:{i}"), image);
        }));
        await Task.WhenAll(writers);
        Assert.Equal(100, store.Tags.List().Length);
    }

    [Fact]
    public async Task names_that_are_set_together_appear_together()
    {
        var images = new[] { await SampleImages.WriteAsync(store, "0"), await SampleImages.WriteAsync(store, "1") };
        var (a, b) = (ImageReference.Parse("quay.io/a:1"), ImageReference.Parse("quay.io/b:1"));
        store.Tags.SetAll([(a, images[0]), (b, images[0])]);
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(() =>
        {
            for (var i = 1; !stop.IsCancellationRequested; i++)
                store.Tags.SetAll([(a, images[i % 2]), (b, images[i % 2])]);
        });

        for (var i = 0; i < 500; i++)
            Assert.Single(store.Tags.List().Select(image => image.Target.Digest).Distinct());

        await stop.CancelAsync();
        await writing;
    }
}
