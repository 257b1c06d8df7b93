using Manifold.Oci;

namespace Manifold.Tests.Server;

public sealed class LeavingUploads : IAsyncLifetime
{
    private readonly SteppedTime time = new();
    private RunningServer server = null!;

    public async ValueTask InitializeAsync() => server = await RunningServer.StartAsync(options => options with { Time = time });

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task one_that_is_idle_for_long_is_closed_and_taken_up_again()
    {
        var (begun, empty) = (await Begin(), await Begin());
        await server.Send("PATCH", begun, "0123"u8.ToArray()).Is(202);
        time.Step(TimeSpan.FromMinutes(11));
        await Begin(); // looks for idle ones

        using var status = await server.Send("GET", begun).Is(204);
        Assert.Equal("0-3", status.Header("Range"));
        await server.Send("PUT", $"{begun}?digest={Digest.Of("01234567")}", "4567"u8.ToArray()).Is(201);
        await server.Send("GET", empty).Is(404, "BLOB_UPLOAD_UNKNOWN"); // had nothing to keep
    }

    [Fact]
    public async Task one_that_nobody_goes_on_with_for_a_day_is_gone_and_a_younger_one_is_not()
    {
        var (old, young) = (await Begin(), await Begin());
        foreach (var location in new[] { old, young })
            await server.Send("PATCH", location, "0123"u8.ToArray()).Is(202);
        File.SetLastWriteTimeUtc(UploadFile(old), TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-25));

        Assert.Equal(1, server.Store.Repositories.ExpireUploads(TimeProvider.System.GetUtcNow() - TimeSpan.FromDays(1)));

        Assert.False(File.Exists(UploadFile(old)));
        Assert.True(File.Exists(UploadFile(young)));
    }

    [Fact]
    public async Task a_server_that_starts_removes_what_others_left()
    {
        var old = await Begin();
        await server.Send("PATCH", old, "0123"u8.ToArray()).Is(202);
        File.SetLastWriteTimeUtc(UploadFile(old), TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-25));
        await using var next =
            await Manifold.Server.RegistryServer.StartAsync(server.Store, new() { Listen = new(System.Net.IPAddress.Loopback, 0) });
        await Eventually.Is(() => !File.Exists(UploadFile(old)));
    }

    [Fact]
    public void one_whose_client_had_gone_before_the_answer_takes_no_place_for_ever()
    {
        using var uploads = new Manifold.Server.Uploads(server.Store, new() { Time = time });
        uploads.TryBegin("gone", "a client")!.Dispose();
        time.Step(TimeSpan.FromMinutes(11));

        using var next = uploads.TryBegin("gone", "a client"); // looks for idle ones

        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(server.Store.Repositories.UploadPath("gone", "x"))!));
    }

    private string UploadFile(string location) => server.Store.Repositories.UploadPath("a", location.Split('/')[^1]);

    private async Task<string> Begin() => (await server.Send("POST", "/v2/a/blobs/uploads/").Is(202)).Header("Location")!;
}
