using Manifold.Cli;
using Manifold.Content;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Server;
using System.Net;

namespace Manifold.Tests.Server;

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
            FetchMissing = async (digest, cancellation) => digest == Digest.Of(layer) && (await store!.WriteAsync(layer, MediaType.Layer, cancellation)).Size > 0,
        });
        store = server.Store;
        var config = await store.WriteAsync("{}"u8.ToArray(), MediaType.Config);
        var lazily = new Descriptor { MediaType = MediaType.Layer, Digest = Digest.Of(layer), Size = layer.Length };
        store.Tags.Set(ImageReference.Parse("quay.io/acme/app:1"), await store.WriteAsync(new Manifest { Config = config, Layers = [lazily] }.ToJson(), MediaType.Manifest));

        Assert.Equal(layer, await server.Http.GetByteArrayAsync($"/v2/acme/app/blobs/{lazily.Digest}"));
        await server.Send("GET", $"/v2/acme/app/blobs/{Digest.Of("unknown")}").Is(404);
    }

    [Fact]
    public async Task a_full_disk_is_told_and_what_was_there_is_still_served()
    {
        using var folder = new TemporaryFolder();
        using var disk = await SmallDisk.MountAsync(folder["disk"], "size=2m");
        using var store = Store.Open(folder["disk"]);
        await using var server = await RegistryServer.StartAsync(store, new ServeOptions { Listen = new IPEndPoint(IPAddress.Loopback, 0) });
        using var http = new HttpClient { BaseAddress = new Uri($"http://{server.Address}") };
        var begun = await http.PostAsync("/v2/a/blobs/uploads/", null);

        var answer = await http.PatchAsync(begun.Headers.Location, new ByteArrayContent(new byte[4_000_000]));

        Assert.Equal(507, (int)answer.StatusCode);
        Assert.Contains("its disk is full", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
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
    public async Task nothing_is_deleted_unless_that_was_allowed()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushImage("a", "x", "1");
        await server.Send("DELETE", "/v2/a/manifests/1").Is(405, "UNSUPPORTED");
        await server.Send("GET", "/v2/a/manifests/1").Is(200);
    }

    [Theory]
    [InlineData("/v2/..%2F..%2Fetc/blobs/uploads/")]
    [InlineData("/v2/a/../../../etc/blobs/uploads/")]
    [InlineData("/v2/_uploads/blobs/uploads/")]
    public async Task no_name_leads_out_of_the_store(string path)
    {
        await using var server = await RunningServer.StartAsync();
        var answer = await server.Send("POST", path);
        Assert.InRange((int)answer.StatusCode, 400, 404);
        Assert.False(Directory.Exists(server.Store.Repositories.Folder));
    }

    [Theory]
    [InlineData("..%2F..%2F..%2Findex.json")]
    [InlineData("0123")]
    [InlineData("00000000000000000000000000000000")]
    public async Task no_upload_leads_to_another_file(string id)
    {
        await using var server = await RunningServer.StartAsync();
        await server.Send("GET", $"/v2/a/blobs/uploads/{id}").Is(404);
    }

    [Theory]
    [InlineData("0.0.0.0:5000")]
    [InlineData(":5000")]
    [InlineData("192.0.2.1:80")]
    [InlineData("[::]:5000")]
    [InlineData("nonsense")]
    [InlineData("127.0.0.1")]
    public async Task it_does_not_listen_where_others_could_come_in(string listen)
    {
        await using var server = await RunningServer.StartAsync();
        await Assert.ThrowsAsync<UsageException>(async () => await RegistryServer.StartAsync(server.Store, new ServeOptions { Listen = ServeOptions.ParseListen(listen) }));
    }

    [Theory]
    [InlineData("127.0.0.1:5000")]
    [InlineData("localhost:0")]
    [InlineData("[::1]:5000")]
    public void loopback_in_any_spelling_is_good(string listen) => Assert.True(IPAddress.IsLoopback(ServeOptions.ParseListen(listen).Address));

    [Fact]
    public async Task a_port_that_is_taken_is_named()
    {
        await using var server = await RunningServer.StartAsync();
        var error = await Assert.ThrowsAsync<HostNotReadyException>(() =>
            RegistryServer.StartAsync(server.Store, new ServeOptions { Listen = IPEndPoint.Parse(server.Authority) }));
        Assert.Contains(server.Authority, error.Message, StringComparison.Ordinal);
    }
}

public sealed class KillingTheServer : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task in_the_middle_of_a_push_leaves_no_half_blob_and_the_client_goes_on_with_the_next_server()
    {
        var content = new byte[3_000_000];
        new Random(1).NextBytes(content);
        Uri location;
        await using (var first = await ServerProcess.StartAsync(folder))
        {
            location = (await first.Http.PostAsync("/v2/a/blobs/uploads/", null)).Headers.Location!;
            await first.Http.PatchAsync(location, new ByteArrayContent(content[..1_000_000]));
        } // SIGKILL
        Assert.Empty(Directory.GetFiles(folder["store/blobs/sha256"]));

        await using var second = await ServerProcess.StartAsync(folder);
        var status = await second.Http.GetAsync(location);
        Assert.Equal("0-999999", status.Header("Range"));
        var done = await second.Http.PutAsync($"{location}?digest={Digest.Of(content)}", new ByteArrayContent(content[1_000_000..]));
        Assert.Equal(HttpStatusCode.Created, done.StatusCode);
        Assert.Equal(content, await second.Http.GetByteArrayAsync($"/v2/a/blobs/{Digest.Of(content)}"));
    }

    [Fact]
    public async Task it_never_needed_memory_for_a_whole_blob()
    {
        const int size = 250_000_000;
        await using var server = await ServerProcess.StartAsync(folder);
        var location = (await server.Http.PostAsync("/v2/a/blobs/uploads/", null)).Headers.Location!;
        var zeros = folder["zeros"];
        await using (var file = File.Create(zeros))
            file.SetLength(size);
        await using (var file = File.OpenRead(zeros))
        {
            using var hash = System.Security.Cryptography.SHA256.Create();
            var digest = Digest.FromHash(await hash.ComputeHashAsync(file));
            file.Position = 0;
            Assert.Equal(HttpStatusCode.Created, (await server.Http.PutAsync($"{location}?digest={digest}", new StreamContent(file))).StatusCode);
            await using var back = await server.Http.GetStreamAsync($"/v2/a/blobs/{digest}");
            await back.CopyToAsync(Stream.Null);
        }
        Assert.InRange(await server.PeakMegabytes(), 1, 200);
    }

    /// <summary>The program itself, killed with SIGKILL at the end.</summary>
    private sealed class ServerProcess(CancellationTokenSource stop, Task running, HttpClient http, string processId) : IAsyncDisposable
    {
        public HttpClient Http => http;

        public static async Task<ServerProcess> StartAsync(TemporaryFolder folder)
        {
            var log = folder[Guid.NewGuid().ToString("N")];
            var program = typeof(CommandTree).Assembly.Location;
            var stop = new CancellationTokenSource();
            var running = ChildProcess.RunAsync("sh",
                ["-c", $"echo $$ >{log}.pid; MANIFOLD_ROOT={folder["store"]} exec dotnet {program} serve --listen 127.0.0.1:0 2>{log}"], cancellation: stop.Token);
            for (var i = 0; i < 400 && !running.IsCompleted; i++)
            {
                if (File.Exists(log) && File.ReadAllText(log) is var text && text.IndexOf("http://", StringComparison.Ordinal) is var at and >= 0 && text.IndexOf(". Stop", at, StringComparison.Ordinal) is var end and > 0)
                    return new ServerProcess(stop, running, new HttpClient { BaseAddress = new Uri(text[at..end]) }, File.ReadAllText(log + ".pid").Trim());
                await Task.Delay(50);
            }
            await stop.CancelAsync();
            throw new InvalidOperationException($"The server did not start: {File.ReadAllText(log)}");
        }

        public async Task<long> PeakMegabytes()
        {
            var line = (await File.ReadAllLinesAsync($"/proc/{processId}/status")).Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]) / 1024;
        }

        public async ValueTask DisposeAsync()
        {
            http.Dispose();
            await stop.CancelAsync();
            await running.ContinueWith(_ => { }, TaskScheduler.Default);
            stop.Dispose();
        }
    }
}
