using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Manifold.Content;
using Manifold.Linux;
using Manifold.Nodes.Units;
using Manifold.Oci;
using Microsoft.AspNetCore.Http;

namespace Manifold.Server;

/// <summary>Answers the requests of a node's caller (<see cref="NodeServer"/>).</summary>
/// <param name="hear">Called when the caller shows that it is there.</param>
/// <param name="end">Ends the session.</param>
internal sealed class NodeRequests(Store store, NodeWorker worker, Func<Task<NodeFacts>> survey, Action hear, Action end)
{
    private const int BufferBytes = 256 * 1024;

    public async Task HandleAsync(HttpContext http)
    {
        hear();
        try
        {
            await DispatchAsync(http);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested)
        {
            // The connection is gone. The caller comes back, or the session ends by itself.
        }
        catch (Exception e) when ((e is ManifoldException or IOException or UnauthorizedAccessException or JsonException)
            && !http.Response.HasStarted)
        {
            var shown = DiskTrouble.Explain(e, store.Root) ?? e;
            http.Response.StatusCode = shown is HostNotReadyException ? StatusCodes.Status507InsufficientStorage
                : StatusCodes.Status500InternalServerError;
            await http.Response.WriteAsync(shown.Message, CancellationToken.None);
        }
    }

    private Task DispatchAsync(HttpContext http)
    {
        var path = (http.Request.Path.Value ?? "").Trim('/').Split('/');
        return (http.Request.Method, path) switch
        {
            ("GET", ["facts"]) => AnswerFactsAsync(http),
            ("POST", ["missing"]) => AnswerMissingAsync(http),
            ("PUT", ["blobs", var name]) when Digest.TryParse(name, out var digest) => TakeAsync(http, digest),
            ("GET", ["blobs", var name]) when Digest.TryParse(name, out var digest) => GiveAsync(http, digest),
            ("PUT", ["units", var id]) => StartAsync(http, id),
            ("GET", ["units", var id]) when worker.Find(id) is { } unit => FollowAsync(http, unit),
            ("DELETE", ["units", var id]) => worker.Find(id)?.StopAsync() ?? Task.CompletedTask,
            ("GET", ["questions"]) => AskAsync(http),
            ("POST", ["questions", var id]) when long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) =>
                TakeAnswerAsync(http, number),
            ("POST", ["alive"]) => Task.CompletedTask,
            ("POST", ["end"]) => EndAsync(http),
            _ => NotFoundAsync(http),
        };
    }

    private async Task AnswerFactsAsync(HttpContext http) =>
        await JsonSerializer.SerializeAsync(http.Response.Body, await survey(), NodeJson.Default.NodeFacts, http.RequestAborted);

    private async Task AnswerMissingAsync(HttpContext http)
    {
        var asked = await JsonSerializer.DeserializeAsync(
            http.Request.Body, NodeJson.Default.ImmutableArrayDigest, http.RequestAborted);
        ImmutableArray<Digest> missing = [.. asked.Where(digest => !store.Contains(digest))];
        await JsonSerializer.SerializeAsync(http.Response.Body, missing, NodeJson.Default.ImmutableArrayDigest, http.RequestAborted);
    }

    private async Task TakeAsync(HttpContext http, Digest digest)
    {
        await using var writer = store.CreateBlob(digest);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int count;
            while ((count = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0)
            {
                hear(); // on a slow link, the caller's other signs of life wait behind this blob
                writer.Write(buffer.AsSpan(0, count));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        await writer.CommitAsync("application/octet-stream",
            new Descriptor { MediaType = "application/octet-stream", Digest = digest, Size = writer.Length }, http.RequestAborted);
        http.Response.StatusCode = StatusCodes.Status201Created;
    }

    private async Task GiveAsync(HttpContext http, Digest digest)
    {
        if (store.SizeOf(digest) is not { } size)
        {
            await NotFoundAsync(http);
            return;
        }
        var offset = NumberOf(http, "offset");
        http.Response.ContentLength = Math.Max(0, size - offset);
        if (offset < size)
            await http.Response.SendFileAsync(store.BlobPath(digest), offset, size - offset, http.RequestAborted);
    }

    private async Task StartAsync(HttpContext http, string id)
    {
        var offer = await JsonSerializer.DeserializeAsync(http.Request.Body, NodeJson.Default.UnitOffer, http.RequestAborted)
            ?? throw new JsonException("The unit is missing.");
        worker.Start(id, offer);
        http.Response.StatusCode = StatusCodes.Status201Created;
    }

    private static async Task FollowAsync(HttpContext http, NodeUnit unit)
    {
        await foreach (var (number, message) in unit.Messages.FollowAsync(NumberOf(http, "after"), http.RequestAborted))
            await WriteLineAsync(http, message with { Number = number }, NodeJson.Default.NodeMessage);
    }

    private async Task AskAsync(HttpContext http)
    {
        await http.Response.StartAsync(http.RequestAborted);
        await foreach (var question in worker.Questions.FollowAsync(http.RequestAborted))
            await WriteLineAsync(http, question, NodeJson.Default.NodeQuestion);
    }

    private static async Task WriteLineAsync<T>(HttpContext http, T value, JsonTypeInfo<T> type)
    {
        JsonSerializer.Serialize(new Utf8JsonWriter((IBufferWriter<byte>)http.Response.BodyWriter), value, type);
        http.Response.BodyWriter.Write("\n"u8);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    private async Task TakeAnswerAsync(HttpContext http, long id)
    {
        var failure = http.Request.Query["failure"].FirstOrDefault();
        using var answer = new MemoryStream();
        await http.Request.Body.CopyToAsync(answer, http.RequestAborted);
        worker.Questions.Answer(id, answer.ToArray(), failure);
    }

    private async Task EndAsync(HttpContext http)
    {
        await http.Response.CompleteAsync();
        end();
    }

    private static Task NotFoundAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private static long NumberOf(HttpContext http, string name) =>
        long.TryParse(http.Request.Query[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
