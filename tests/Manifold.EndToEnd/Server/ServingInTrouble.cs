using System.Net;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Server;

namespace Manifold.EndToEnd.Server;

public sealed class ServingInTrouble
{
    [Fact]
    public async Task a_damaged_blob_is_not_served_and_the_next_push_mends_it()
    {
        await using var server = await RunningServer.StartAsync();
        var content = "0123456789"u8.ToArray();
        var blob = await server.PushBlob("a", content);
        await File.WriteAllTextAsync(server.Store.BlobPath(blob.Digest), "0123X56789");

        await server.Send("GET", $"/v2/a/blobs/{blob.Digest}").Is(404, "BLOB_UNKNOWN");
        await server.Send("HEAD", $"/v2/a/blobs/{blob.Digest}").Is(404);
        Assert.Contains(blob.Digest.ToString(), server.Warnings[0], StringComparison.Ordinal);

        await server.PushBlob("a", content);
        Assert.Equal(content, await server.Http.GetByteArrayAsync($"/v2/a/blobs/{blob.Digest}"));
    }

    [Fact]
    public async Task a_damaged_manifest_is_not_served()
    {
        await using var server = await RunningServer.StartAsync();
        var image = await server.PushImage("a", "x", "1");
        await File.AppendAllTextAsync(server.Store.BlobPath(image.Digest), " ");
        await server.Send("GET", "/v2/a/manifests/1").Is(404, "MANIFEST_UNKNOWN");
    }

    [Fact]
    public async Task a_layer_that_was_never_downloaded_is_fetched_when_it_is_asked_for()
    {
        Store? store = null;
        var layer = "layer"u8.ToArray();
        await using var server = await RunningServer.StartAsync(options => options with
        {
            FetchMissing = async (digest, cancellation) =>
                digest == Digest.Of(layer) && (await store!.WriteAsync(layer, MediaType.Layer, cancellation)).Size > 0,
        });
        store = server.Store;
        var config = await store.WriteAsync("{}"u8.ToArray(), MediaType.Config);
        var lazily = new Descriptor { MediaType = MediaType.Layer, Digest = Digest.Of(layer), Size = layer.Length };
        store.Tags.Set(ImageReference.Parse("quay.io/acme/app:1"),
            await store.WriteAsync(new Manifest { Config = config, Layers = [lazily] }.ToJson(), MediaType.Manifest));

        Assert.Equal(layer, await server.Http.GetByteArrayAsync($"/v2/acme/app/blobs/{lazily.Digest}"));
        await server.Send("GET", $"/v2/acme/app/blobs/{Digest.Of("unknown")}").Is(404);
    }

    [Fact]
    public async Task a_full_disk_is_told_and_what_was_there_is_still_served()
    {
        using var folder = new TemporaryFolder();
        using var disk = await SmallDisk.MountAsync(folder["disk"], "size=2m");
        using var store = Store.Open(folder["disk"]);
        await using var server =
            await RegistryServer.StartAsync(store, new ServeOptions { Listen = new IPEndPoint(IPAddress.Loopback, 0) });
        using var http = new HttpClient { BaseAddress = new Uri($"http://{server.Address}") };
        var begun = await http.PostAsync("/v2/a/blobs/uploads/", null);

        var answer = await http.PatchAsync(begun.Headers.Location, new ByteArrayContent(new byte[4_000_000]));

        Assert.Equal(507, (int)answer.StatusCode);
        Assert.Contains("is full", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/v2/")).StatusCode);
    }

    [Fact]
    public async Task a_read_only_registry_refuses_every_change()
    {
        await using var server = await RunningServer.StartAsync(options => options with { ReadOnly = true, AllowDelete = true });
        await server.Send("POST", "/v2/a/blobs/uploads/").Is(405, "UNSUPPORTED");
        await server.Send("PUT", "/v2/a/manifests/1", "{}"u8.ToArray()).Is(405, "UNSUPPORTED");
        await server.Send("DELETE", "/v2/a/manifests/1").Is(405, "UNSUPPORTED");
        Assert.False(Directory.Exists(server.Store.Repositories.Folder));
    }

    [Fact]
    public async Task a_port_that_is_taken_is_named()
    {
        await using var server = await RunningServer.StartAsync();
        var error = await Assert.ThrowsAsync<HostNotReadyException>(() =>
            RegistryServer.StartAsync(server.Store, new ServeOptions { Listen = IPEndPoint.Parse(server.Authority) }));
        Assert.Contains(server.Authority, error.Message, StringComparison.Ordinal);
    }
}
