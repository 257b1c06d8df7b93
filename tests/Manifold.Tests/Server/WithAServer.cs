using Manifold.Oci;
using Manifold.Server;

namespace Manifold.Tests.Server;

/// <summary>
/// A registry of its own for each test. Tests of the specification are written from its text; the numbers are its endpoints.
/// </summary>
public abstract class WithAServer : IAsyncLifetime
{
    private readonly Func<ServeOptions, ServeOptions>? with;
    private RunningServer server = null!;

    private protected WithAServer(Func<ServeOptions, ServeOptions>? with = null) => this.with = with;

    protected RunningServer Server => server;

    public async ValueTask InitializeAsync() => server = await RunningServer.StartAsync(with);

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected Task<HttpResponseMessage> Send(
        string method, string path, byte[]? body = null, string? type = null, params (string Name, string Value)[] headers) =>
        server.Send(method, path, body, type, headers);

    protected async Task<string> BeginUpload(string query = "")
    {
        using var answer = await Send("POST", $"/v2/a/b/blobs/uploads/{query}").Is(202);
        return answer.Header("Location")!;
    }

    protected static Digest Sha512(byte[] content) => Digest.FromHash(System.Security.Cryptography.SHA512.HashData(content));
}
