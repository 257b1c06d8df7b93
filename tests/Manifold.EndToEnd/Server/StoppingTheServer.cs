using System.Net;
using Manifold.Oci;

namespace Manifold.EndToEnd.Server;

public sealed class StoppingTheServer : IDisposable
{
    private static readonly byte[] Index = new ImageIndex { Manifests = [] }.ToJson();

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task lets_a_push_and_a_pull_in_flight_end_and_leaves_nothing_behind(string signal)
    {
        await using var server = await ServerProcess.StartAsync(folder);
        var content = new byte[20_000_000];
        new Random(1).NextBytes(content);
        await server.Http.PostAsync($"/v2/a/blobs/uploads/?digest={Digest.Of(content)}", new ByteArrayContent(content));
        Assert.Equal(HttpStatusCode.Created, (await server.Http.PutAsync("/v2/a/manifests/1", new ByteArrayContent(Index))).StatusCode);
        using var pull = await server.Http.GetAsync($"/v2/a/blobs/{Digest.Of(content)}", HttpCompletionOption.ResponseHeadersRead);
        var begun = (await server.Http.PostAsync("/v2/a/blobs/uploads/", null)).Headers.Location;
        var (sent, rest) = (new TaskCompletionSource(), new TaskCompletionSource());
        var push = server.Http.PutAsync($"{begun}?digest={Digest.Of("beginend")}",
            new PausingContent("begin"u8.ToArray(), "end"u8.ToArray(), sent, rest.Task));
        await sent.Task;

        await server.Signal(signal);
        await RefusesConnections(server);
        rest.SetResult();

        Assert.Equal(HttpStatusCode.Created, (await push).StatusCode);
        Assert.Equal(Digest.Of(content), Digest.Of(await pull.Content.ReadAsByteArrayAsync()));
        Assert.Equal(0, await server.Exit());
        Assert.Empty(Directory.GetFileSystemEntries(folder["store/work"]));
        Assert.Empty(Directory.GetFileSystemEntries(folder["store/registry/a/_uploads"]));
        Assert.Equal(new[] { Digest.Of(content).Hex, Digest.Of("beginend").Hex, Digest.Of(Index).Hex }.Order(),
            Directory.GetFiles(folder["store/blobs/sha256"]).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task does_not_wait_for_a_client_that_says_nothing()
    {
        await using var server = await ServerProcess.StartAsync(folder);
        using var silent = new System.Net.Sockets.TcpClient();
        await silent.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
        await server.Signal("TERM");
        Assert.Equal(0, await server.Exit());
    }

    private static async Task RefusesConnections(ServerProcess server)
    {
        await Eventually.Is(async () =>
        {
            try
            {
                using var probe = new System.Net.Sockets.TcpClient();
                await probe.ConnectAsync(server.Http.BaseAddress!.Host, server.Http.BaseAddress.Port);
                return false;
            }
            catch (System.Net.Sockets.SocketException)
            {
                return true;
            }
        }, "It still accepts connections.");
    }

    /// <summary>A body whose second half comes when the test says so.</summary>
    private sealed class PausingContent(byte[] begin, byte[] end, TaskCompletionSource sent, Task wait) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(begin);
            await stream.FlushAsync();
            sent.SetResult();
            await wait;
            await stream.WriteAsync(end);
        }

        protected override bool TryComputeLength(out long length) => (length = begin.Length + end.Length) > 0;
    }
}
