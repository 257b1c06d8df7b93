using Manifold.Concurrency;

namespace Manifold.Tests.Concurrency;

/// <summary>Several callers want the same work.</summary>
public sealed class SharingWork
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task callers_at_once_share_one_run_and_its_result()
    {
        var shared = new SharedWork<int, object>();
        var (runs, atOnce) = (0, 0);
        using var start = new Barrier(16);
        var results = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Factory.StartNew(() =>
        {
            start.SignalAndWait(Cancellation);
            return shared.GetAsync(1, async _ =>
            {
                Assert.Equal(1, Interlocked.Increment(ref atOnce));
                Interlocked.Increment(ref runs);
                await Task.Yield();
                Interlocked.Decrement(ref atOnce);
                return new object();
            }, Cancellation);
        }, Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
        Assert.Equal(1, runs);
        Assert.Single(results.Distinct());
    }

    [Fact]
    public async Task the_first_caller_leaves_and_the_others_get_the_result()
    {
        var shared = new SharedWork<string, int>();
        var (begun, go) = (new TaskCompletionSource<CancellationToken>(), new TaskCompletionSource());
        using var first = new CancellationTokenSource();
        var leaving = shared.GetAsync("x", Work, first.Token);
        var token = await begun.Task;
        var staying = shared.GetAsync("x", _ => Task.FromResult(-1), Cancellation);
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.False(token.IsCancellationRequested);
        go.SetResult();
        Assert.Equal(7, await staying);

        async Task<int> Work(CancellationToken stop)
        {
            begun.SetResult(stop);
            await go.Task.WaitAsync(stop);
            return 7;
        }
    }

    [Fact]
    public async Task when_the_last_caller_leaves_the_work_is_cancelled_and_has_ended()
    {
        var shared = new SharedWork<string, int>();
        var begun = new TaskCompletionSource();
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var ended = false;
        var one = shared.GetAsync("x", Work, first.Token);
        await begun.Task;
        var two = shared.GetAsync("x", Work, second.Token);
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        Assert.False(ended);
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => two);
        Assert.True(ended);
        Assert.False(shared.IsKnown("x"));
        Assert.Equal(3, await shared.GetAsync("x", _ => Task.FromResult(3), Cancellation));

        async Task<int> Work(CancellationToken stop)
        {
            begun.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, stop);
                return 0;
            }
            finally
            {
                await Task.Yield();
                ended = true;
            }
        }
    }

    [Fact]
    public async Task who_comes_while_abandoned_work_ends_waits_for_its_end_and_starts_anew()
    {
        var shared = new SharedWork<string, int>();
        var (begun, stopping, mayEnd) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        using var first = new CancellationTokenSource();
        var leaving = shared.GetAsync("x", async stop =>
        {
            await using var heard = stop.Register(stopping.SetResult);
            begun.SetResult();
            await mayEnd.Task;
            return 1;
        }, first.Token);
        await begun.Task;
        var cancelling = first.CancelAsync();
        await stopping.Task;
        var oldEnded = false;
        var next = shared.GetAsync("x", _ => Task.FromResult(oldEnded ? 2 : 0), Cancellation);
        Assert.False(next.IsCompleted);
        oldEnded = true;
        mayEnd.SetResult();
        await cancelling;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.Equal(2, await next);
    }

    [Fact]
    public async Task a_failure_reaches_everybody_who_waits_and_the_next_caller_tries_again()
    {
        var shared = new SharedWork<string, int>();
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var one = shared.GetAsync("x", Work, Cancellation);
        await begun.Task;
        var two = shared.GetAsync("x", Work, Cancellation);
        go.SetResult();
        await Assert.ThrowsAsync<InvalidDataException>(() => one);
        await Assert.ThrowsAsync<InvalidDataException>(() => two);
        Assert.Equal(5, await shared.GetAsync("x", _ => Task.FromResult(5), Cancellation));

        async Task<int> Work(CancellationToken stop)
        {
            begun.SetResult();
            await go.Task;
            throw new InvalidDataException("broken");
        }
    }

    [Fact]
    public async Task a_result_is_kept_until_it_is_forgotten()
    {
        var shared = new SharedWork<string, int>();
        var runs = 0;
        Assert.Equal(1, await shared.GetAsync("x", Count, Cancellation));
        Assert.Equal(1, await shared.GetAsync("x", Count, Cancellation));
        shared.Forget(key => key == "y");
        Assert.Equal(1, await shared.GetAsync("x", Count, Cancellation));
        shared.Forget(key => key == "x");
        Assert.Equal(2, await shared.GetAsync("x", Count, Cancellation));
        shared.Remember("x", 9);
        Assert.Equal(9, await shared.GetAsync("x", Count, Cancellation));

        Task<int> Count(CancellationToken stop) => Task.FromResult(++runs);
    }

    [Fact]
    public async Task a_result_that_is_not_to_be_kept_is_made_each_time()
    {
        var shared = new SharedWork<string, int>(remembers: false);
        var runs = 0;
        Assert.Equal(1, await shared.GetAsync("x", _ => Task.FromResult(++runs), Cancellation));
        Assert.Equal(2, await shared.GetAsync("x", _ => Task.FromResult(++runs), Cancellation));
    }

    [Fact]
    public async Task callers_that_come_and_go_at_random_never_meet_two_runs_and_never_miss_their_result()
    {
        var shared = new SharedWork<int, int>(remembers: false);
        var (running, worst) = (new int[4], 0);
        await Parallel.ForEachAsync(Enumerable.Range(0, 2_000),
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancellation }, async (i, cancellation) =>
        {
            using var own = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var key = i % 4;
            var waiting = shared.GetAsync(key, stop => WorkAsync(key, stop), own.Token);
            if (i % 3 == 0)
                await own.CancelAsync();
            try
            {
                Assert.Equal(key, await waiting);
            }
            catch (OperationCanceledException) when (own.IsCancellationRequested)
            {
                // It left.
            }
        });
        Assert.Equal(1, worst);

        async Task<int> WorkAsync(int key, CancellationToken stop)
        {
            var now = Interlocked.Increment(ref running[key]);
            if (now > 1)
                Volatile.Write(ref worst, now);
            Interlocked.CompareExchange(ref worst, 1, 0);
            try
            {
                for (var i = 0; i < 5; i++)
                {
                    await Task.Yield();
                    stop.ThrowIfCancellationRequested();
                }
                return key;
            }
            finally
            {
                Interlocked.Decrement(ref running[key]);
            }
        }
    }
}
