using System.Text.Json;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Tests.Server;

/// <summary>Names that come and go while the server runs, by it, by builds and by other processes.</summary>
public sealed class ServingManyTags() : WithAServer(options => options with { AllowDelete = true })
{
    [Fact]
    public async Task what_another_process_names_and_unnames_is_seen_by_the_next_request()
    {
        using var other = Store.Open(Server.Store.Root);
        var name = ImageReference.Parse("quay.io/acme/app:1");
        for (var i = 0; i < 20; i++)
        {
            var image = await SampleImages.WriteAsync(other, $"image {i}");
            other.Tags.Set(name, image);
            using var answer = await Send("GET", "/v2/acme/app/manifests/1").Is(200);
            Assert.Equal(image.Digest.ToString(), answer.Header("Docker-Content-Digest"));
            other.Tags.Remove(name);
            await Send("GET", "/v2/acme/app/manifests/1").Is(404);
        }
    }

    [Fact]
    public async Task a_build_and_pushes_of_the_same_repository_each_show_their_blobs()
    {
        async Task<Digest> Build(string tag)
        {
            var image = await SampleImages.WriteAsync(Server.Store, tag);
            Server.Store.Tags.Set(ImageReference.Parse($"quay.io/acme/app:{tag}"), image);
            return Manifest.Parse(Server.Store.ReadDocument(image.Digest)).Config.Digest;
        }
        await Send("HEAD", $"/v2/acme/app/blobs/{Digest.Of("absent")}").Is(404);
        var (one, two) = (await Build("one"), default(Digest));
        await Send("HEAD", $"/v2/acme/app/blobs/{one}").Is(200);
        for (var i = 0; i < 40; i++) // more states than are remembered
        {
            await Server.PushImage("acme/app", $"pushed {i}", $"p{i}");
            if (i == 20)
                two = await Build("two");
            if (i % 10 == 0)
                await Send("HEAD", $"/v2/acme/app/blobs/{one}").Is(200);
        }
        await Send("HEAD", $"/v2/acme/app/blobs/{two}").Is(200);
        Server.Store.Tags.Remove(ImageReference.Parse("quay.io/acme/app:one"));
        await Send("HEAD", $"/v2/acme/app/blobs/{two}").Is(200);
        Server.Store.Tags.Remove(ImageReference.Parse("quay.io/acme/app:two"));
        await Send("HEAD", $"/v2/acme/app/blobs/{two}").Is(404);
    }

    [Fact]
    public async Task many_pushes_at_once_lose_no_tag()
    {
        var image = await Server.PushImage("a", "x", "0");
        var bytes = Server.Store.ReadDocument(image.Digest);
        await Task.WhenAll(Enumerable.Range(1, 200)
            .Select(async i => await Send("PUT", $"/v2/a/manifests/{i}", bytes, MediaType.Manifest).Is(201)));
        Assert.Equal(201, Server.Store.Tags.List().Length);
        Assert.Equal(201, (await Names("/v2/a/tags/list", "tags")).Count);
    }

    [Fact]
    public async Task repositories_come_in_the_order_of_their_names_whoever_named_them_and_from_anywhere()
    {
        string[] pushed = ["a", "a-b", "a/b", "a/b/c", "a0", "a/b-c"];
        foreach (var name in pushed)
            await Server.PushImage(name, "x", null);
        Server.Store.Tags.Set(ImageReference.Parse("quay.io/acme/app:1"), await SampleImages.WriteAsync(Server.Store, "x"));
        string[] expected = [.. pushed.Append("quay.io/acme/app").Order(StringComparer.Ordinal)];
        Assert.Equal(expected, await Names("/v2/_catalog", "repositories"));
        for (var i = 0; i < expected.Length; i++)
        {
            var page = await Names($"/v2/_catalog?n=1&last={Uri.EscapeDataString(i == 0 ? "" : expected[i - 1])}", "repositories");
            Assert.Equal(expected[i], Assert.Single(page));
        }
        // need not be one of them
        Assert.Equal(["a/b-c", "a/b/c", "a0", "quay.io/acme/app"], await Names("/v2/_catalog?last=a/b-", "repositories"));
    }

    [Fact]
    public async Task a_page_of_tags_is_the_same_from_the_store_and_from_the_wire()
    {
        var image = await SampleImages.WriteAsync(Server.Store, "x");
        Server.Store.Tags.SetAll(
            [.. Enumerable.Range(0, 3000)
                .Select(i => (ImageReference.Parse($"{(i % 2 == 0 ? "quay.io" : "ghcr.io")}/acme/app:{i}"), image))]);
        var expected = Enumerable.Range(0, 3000).Select(i => $"{i}").Order(StringComparer.Ordinal).ToList();
        Assert.Equal(expected, await Names("/v2/acme/app/tags/list", "tags"));
        Assert.Equal(expected.GetRange(1001, 50), await Names($"/v2/acme/app/tags/list?n=50&last={expected[1000]}", "tags"));
    }

    private async Task<List<string>> Names(string path, string member)
    {
        using var answer = await Send("GET", path).Is(200);
        return [.. JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty(member)
            .EnumerateArray().Select(each => each.GetString()!)];
    }
}
