using Manifold.Server;

namespace Manifold.Tests.Server;

/// <summary>Clients that may start an upload while many are not complete.</summary>
public sealed class LeavingUploadsBehind : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Manifold.Content.Store store;
    private readonly ManualTime time = new();
    private readonly Uploads uploads;

    public LeavingUploadsBehind()
    {
        store = Manifold.Content.Store.Open(folder["store"]);
        uploads = new Uploads(store, new ServeOptions { Time = time, OpenUploadsOfOne = 3, OpenUploads = 6 });
    }

    public void Dispose()
    {
        uploads.Dispose();
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void the_limit_is_for_each_client()
    {
        for (var i = 0; i < 3; i++)
            Assert.NotNull(Begin("a"));
        Assert.Null(Begin("a"));
        Assert.NotNull(Begin("b"));
    }

    [Fact]
    public async Task who_left_some_for_a_minute_may_begin_others_and_is_told_when()
    {
        var left = Begin("a");
        time.Advance(TimeSpan.FromSeconds(20));
        for (var i = 0; i < 2; i++)
            Begin("a");
        Assert.Null(Begin("a"));
        Assert.Equal(40, uploads.RetryAfter("a").TotalSeconds, tolerance: 20);
        time.Advance(TimeSpan.FromSeconds(41));
        Assert.NotNull(Begin("a"));
        Assert.Equal((null, false), await uploads.TryOpenAsync("r", left!, "a", default)); // had nothing to keep
        Assert.Null(Begin("a"));
    }

    [Fact]
    public async Task bytes_that_arrived_are_kept_and_can_be_gone_on_with()
    {
        var left = Begin("a", "0123"u8.ToArray());
        time.Advance(TimeSpan.FromMinutes(2));
        for (var i = 0; i < 3; i++)
            Assert.NotNull(Begin("a"));
        time.Advance(TimeSpan.FromMinutes(2));
        using var again = (await uploads.TryOpenAsync("r", left!, "a", default)).Upload;
        Assert.Equal(4, again!.Blob.Length);
    }

    [Fact]
    public async Task one_that_is_closed_is_gone_on_with_only_where_another_could_begin()
    {
        var closed = new List<string>();
        for (var i = 0; i < 3; i++)
            closed.Add(Begin("a", "0123"u8.ToArray())!);
        time.Advance(TimeSpan.FromMinutes(11));
        for (var i = 0; i < 3; i++)
            Assert.NotNull(Begin("a"));

        foreach (var id in closed)
            Assert.Equal((null, true), await uploads.TryOpenAsync("r", id, "a", default));

        Assert.Equal((null, false), await uploads.TryOpenAsync("r", Guid.NewGuid().ToString("N"), "a", default));
        using (var another = (await uploads.TryOpenAsync("r", closed[0], "b", default)).Upload)
            Assert.Equal(4, another!.Blob.Length);
        time.Advance(TimeSpan.FromMinutes(2));
        using var again = (await uploads.TryOpenAsync("r", closed[1], "a", default)).Upload;
        Assert.Equal(4, again!.Blob.Length);
    }

    [Fact]
    public async Task many_that_begin_at_once_do_not_get_more_than_there_is_room_for()
    {
        using var together = new Barrier(8);
        var begun = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(() =>
        {
            together.SignalAndWait();
            using var upload = uploads.TryBegin("r", "a");
            return upload is not null;
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.Equal(3, begun.Count(each => each));
    }

    [Fact]
    public async Task where_all_places_are_taken_the_client_with_the_most_loses_what_it_left_longest()
    {
        var first = Begin("a");
        time.Advance(TimeSpan.FromSeconds(1));
        foreach (var client in new[] { "a", "a", "b", "b", "c" })
            Assert.NotNull(Begin(client));
        Assert.NotNull(Begin("d"));
        Assert.Equal((null, false), await uploads.TryOpenAsync("r", first!, "a", default));
    }

    [Fact]
    public void one_that_is_worked_on_is_not_taken_away()
    {
        using var working = uploads.TryBegin("r", "a");
        time.Advance(TimeSpan.FromMinutes(2));
        for (var i = 0; i < 2; i++)
            Begin("a");
        Assert.Null(Begin("a"));
        working!.Blob.Append("x"u8);
    }

    private string? Begin(string client, byte[]? bytes = null)
    {
        using var upload = uploads.TryBegin("r", client);
        upload?.Blob.Append(bytes ?? []);
        return upload?.Id;
    }

}

public sealed class CountingForClients
{
    [Fact]
    public void each_has_its_share_and_gets_it_back()
    {
        var counts = new ClientCounts(most: 2);
        var (first, _) = (counts.TryTake("a"), counts.TryTake("a"));
        Assert.Null(counts.TryTake("a"));
        Assert.NotNull(counts.TryTake("b"));
        first!.Dispose();
        Assert.NotNull(counts.TryTake("a"));
        Assert.Null(counts.TryTake("a"));
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("2001:db8:0:1::1", "20010DB800000001")] // a machine has as many addresses below its prefix as it likes
    [InlineData("2001:db8:0:1:ffff:ffff:ffff:ffff", "20010DB800000001")]
    public void an_address_is_a_client(string address, string client) =>
        Assert.Equal(client, Client.Of(System.Net.IPAddress.Parse(address)));
}

/// <summary>Many things that one client asks for at once are done one after the other, and keep nobody else waiting.</summary>
public sealed class TakingTurns
{
    private readonly ClientTurns turns = new(mostWaiting: 2);

    [Fact]
    public async Task another_client_need_not_wait()
    {
        using var first = await turns.TryTakeAsync("a", default);
        var second = turns.TryTakeAsync("a", default);
        using var other = await turns.TryTakeAsync("b", default);
        Assert.NotNull(other);
        Assert.False(second.IsCompleted);
        first!.Dispose();
        (await second)!.Dispose();
    }

    [Fact]
    public async Task too_many_are_refused_and_one_that_gives_up_makes_room()
    {
        using var gone = new CancellationTokenSource();
        var first = await turns.TryTakeAsync("a", default);
        var waiting = new[] { turns.TryTakeAsync("a", gone.Token), turns.TryTakeAsync("a", default) };
        Assert.Null(await turns.TryTakeAsync("a", default));
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting[0]);
        var next = turns.TryTakeAsync("a", default);
        first!.Dispose();
        (await waiting[1])!.Dispose();
        (await next)!.Dispose();
    }
}
