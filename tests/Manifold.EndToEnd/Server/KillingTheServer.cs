using System.Net;
using Manifold.Oci;

namespace Manifold.EndToEnd.Server;

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
            Assert.Equal(HttpStatusCode.Created,
                (await server.Http.PutAsync($"{location}?digest={digest}", new StreamContent(file))).StatusCode);
            await using var back = await server.Http.GetStreamAsync($"/v2/a/blobs/{digest}");
            await back.CopyToAsync(Stream.Null);
        }
        Assert.InRange(await server.PeakMegabytes(), 1, 200);
    }
}
