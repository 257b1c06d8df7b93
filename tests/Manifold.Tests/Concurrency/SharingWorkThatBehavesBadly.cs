using Manifold.Concurrency;

namespace Manifold.Tests.Concurrency;

/// <summary>Shared work throws at once, is cancelled by itself, returns nothing, or is forgotten while it runs.</summary>
public sealed class SharingWorkThatBehavesBadly
{
    private static readonly AsyncLocal<string?> Ambient = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task an_exception_before_the_first_await_reaches_the_callers_task_and_is_not_remembered()
    {
        var shared = new SharedWork<string, int>();
        var failing = shared.GetAsync("x", _ => throw new InvalidDataException("at once"), Cancellation);
        Assert.Equal("at once", (await Assert.ThrowsAsync<InvalidDataException>(() => failing)).Message);
        Assert.Equal(1, await shared.GetAsync("x", _ => Task.FromResult(1), Cancellation));
    }

    [Fact]
    public async Task a_result_of_null_is_remembered_like_any_other()
    {
        var shared = new SharedWork<string, string?>();
        var runs = 0;
        Assert.Null(await shared.GetAsync("x", MakeAsync, Cancellation));
        Assert.Null(await shared.GetAsync("x", MakeAsync, Cancellation));
        Assert.Equal(1, runs);
        Assert.True(shared.TryGet("x", out var found));
        Assert.Null(found);

        Task<string?> MakeAsync(CancellationToken stop)
        {
            runs++;
            return Task.FromResult<string?>(null);
        }
    }

    [Fact]
    public async Task a_timeout_of_the_works_own_is_a_failure_with_its_cause()
    {
        var shared = new SharedWork<string, int>();
        var failing = shared.GetAsync("x", _ => throw new TaskCanceledException("slow", new TimeoutException()), Cancellation);
        var failure = await Assert.ThrowsAsync<TaskCanceledException>(() => failing);
        Assert.Equal("slow", failure.Message);
        Assert.IsType<TimeoutException>(failure.InnerException);
        Assert.Equal(1, await shared.GetAsync("x", _ => Task.FromResult(1), Cancellation));
    }

    [Fact]
    public async Task a_caller_that_was_cancelled_before_starts_nothing()
    {
        var shared = new SharedWork<string, int>();
        var runs = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => shared.GetAsync("x", _ => Task.FromResult(++runs), new CancellationToken(canceled: true)));
        Assert.Equal(0, runs);
        Assert.False(shared.IsKnown("x"));
    }

    [Fact]
    public async Task what_belongs_to_the_first_caller_alone_is_not_seen_by_the_work()
    {
        var shared = new SharedWork<string, string?>();
        Ambient.Value = "the first caller's";
        Assert.Null(await shared.GetAsync("x", _ => Task.FromResult<string?>(Ambient.Value), Cancellation));
        Assert.Equal("the first caller's", Ambient.Value);
    }

    [Fact]
    public async Task a_callback_that_throws_on_cancellation_does_not_hide_it_and_the_end_is_waited_for()
    {
        var shared = new SharedWork<string, int>();
        var begun = new TaskCompletionSource();
        var ended = false;
        using var own = new CancellationTokenSource();
        var waiting = shared.GetAsync("x", async stop =>
        {
            using var bad = stop.Register(() => throw new InvalidDataException("callback"));
            var cancelled = new TaskCompletionSource();
            using var good = stop.Register(cancelled.SetResult);
            begun.SetResult();
            await cancelled.Task;
            await Task.Yield();
            ended = true;
            return 1;
        }, own.Token);
        await begun.Task;
        await own.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.True(ended);
    }

    [Fact]
    public async Task forgotten_while_it_runs_it_goes_to_those_who_wait_and_the_next_caller_gets_newer_work()
    {
        var shared = new SharedWork<string, int>();
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var runs = 0;
        var old = shared.GetAsync("x", async _ =>
        {
            begun.SetResult();
            await go.Task;
            return Interlocked.Increment(ref runs);
        }, Cancellation);
        await begun.Task;
        shared.Forget(_ => true);
        Assert.False(shared.IsKnown("x"));
        var newer = shared.GetAsync("x", _ => Task.FromResult(Interlocked.Increment(ref runs) * 10), Cancellation);
        go.SetResult();
        Assert.Equal(1, await old);
        Assert.Equal(20, await newer);
        Assert.Equal(20, await shared.GetAsync("x", _ => Task.FromResult(-1), Cancellation));
    }

    [Fact]
    public async Task a_value_is_made_once_and_known_only_when_it_is_made()
    {
        var (runs, fails) = (0, true);
        var value = new SharedValue<int>(_ => fails ? throw new InvalidDataException("broken") : Task.FromResult(++runs));
        Assert.False(value.TryGet(out _));
        await Assert.ThrowsAsync<InvalidDataException>(() => value.GetAsync(Cancellation));
        fails = false;
        Assert.Equal(1, await value.GetAsync(Cancellation));
        Assert.Equal(1, await value.GetAsync(Cancellation));
        Assert.True(value.TryGet(out var known));
        Assert.Equal(1, known);
    }

    [Fact]
    public async Task work_for_processors_counts_until_it_ends_and_never_exceeds_them()
    {
        var processors = new Processors();
        var (busy, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount * 8).Select(i => processors.RunAsync(async () =>
        {
            var now = Interlocked.Increment(ref busy);
            for (var seen = Volatile.Read(ref most); now > seen; seen = Volatile.Read(ref most))
                Interlocked.CompareExchange(ref most, now, seen);
            await Task.Yield();
            Interlocked.Decrement(ref busy);
            return i;
        }, Cancellation)));
        Assert.InRange(most, 1, Environment.ProcessorCount);
        Assert.Equal(5, await processors.RunAsync(() => 5, Cancellation));
    }
}
