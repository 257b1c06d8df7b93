using Manifold.Concurrency;

namespace Manifold.Tests.Support;

/// <summary>Callers meet at the worst moments: at the beginning, at the end, and in the middle of a cancellation.</summary>
/// <param name="share">A run with a share of 10 does a tenth of the rounds.</param>
public abstract class SharingWorkAtTheWorstMoments(int share)
{
    private const int Threads = 12;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task the_one_who_stays_gets_the_result_when_all_others_leave_at_once()
    {
        for (var round = 0; round < 100 / share; round++)
        {
            var shared = new SharedWork<int, int>();
            var (begun, go) = (new TaskCompletionSource<CancellationToken>(), new TaskCompletionSource());
            var leaving = Enumerable.Range(0, Threads).Select(_ => new CancellationTokenSource()).ToList();
            var waiting = leaving.Select(own => shared.GetAsync(1, WorkAsync, own.Token)).ToList();
            var staying = shared.GetAsync(1, _ => Task.FromResult(-1), Cancellation);
            var token = await begun.Task;

            await AtOnceAsync(Threads, i => leaving[i].Cancel());
            foreach (var one in waiting)
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
            Assert.False(token.IsCancellationRequested);
            go.SetResult();

            Assert.Equal(round, await staying);
            leaving.ForEach(own => own.Dispose());

            async Task<int> WorkAsync(CancellationToken stop)
            {
                begun.SetResult(stop);
                await go.Task.WaitAsync(stop);
                return round;
            }
        }
    }

    [Fact]
    public async Task callers_that_leave_one_after_another_while_others_arrive_never_cancel_what_somebody_waits_for()
    {
        var shared = new SharedWork<int, int>(remembers: false);
        var running = 0;
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
        {
            for (var i = 0; i < 300 / share; i++)
            {
                using var own = new CancellationTokenSource();
                var waiting = shared.GetAsync(0, WorkAsync, own.Token);
                if ((thread + i) % 2 == 0)
                    await own.CancelAsync();
                try
                {
                    Assert.Equal(42, await waiting);
                }
                catch (OperationCanceledException)
                {
                    // Only who leaves may see a cancellation: the work's own must reach nobody who stays.
                    Assert.True(own.IsCancellationRequested);
                }
            }
        }, Cancellation)));
        Assert.Equal(0, running);

        async Task<int> WorkAsync(CancellationToken stop)
        {
            Assert.Equal(1, Interlocked.Increment(ref running));
            try
            {
                for (var i = 0; i < 3; i++)
                {
                    await Task.Yield();
                    stop.ThrowIfCancellationRequested();
                }
                return 42;
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        }
    }

    [Fact]
    public async Task a_remembered_result_was_made_under_a_token_that_is_not_cancelled()
    {
        for (var round = 0; round < 500 / share; round++)
        {
            var shared = new SharedWork<int, CancellationToken>();
            var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var own = new CancellationTokenSource();
            var waiting = shared.GetAsync(1, async stop =>
            {
                await go.Task;
                return stop;
            }, own.Token);
            // The end of the work and the departure of its only caller, at the same moment.
            await AtOnceAsync(2, i => (i == 0 ? go.SetResult : (Action)own.Cancel)());
            await Task.WhenAny(waiting);
            if (shared.TryGet(1, out var token))
                Assert.False(token.IsCancellationRequested);
        }
    }

    [Fact]
    public async Task a_failure_at_the_moment_when_a_caller_arrives_is_that_callers_or_makes_it_try_again()
    {
        var (failures, successes) = (0, 0);
        for (var round = 0; round < 300 / share; round++)
        {
            var shared = new SharedWork<int, int>();
            var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var first = shared.GetAsync(1, async _ =>
            {
                await go.Task;
                throw new InvalidDataException("broken");
            }, Cancellation);
            var second = Task.FromResult(0);
            await AtOnceAsync(2, i =>
            {
                if (i == 0)
                    go.SetResult();
                else
                    second = shared.GetAsync(1, _ => Task.FromResult(7), Cancellation);
            });
            await Assert.ThrowsAsync<InvalidDataException>(() => first);
            try
            {
                Assert.Equal(7, await second);
                successes++;
            }
            catch (InvalidDataException)
            {
                failures++;
            }
            Assert.Equal(second.IsCompletedSuccessfully ? 7 : 8, await shared.GetAsync(1, _ => Task.FromResult(8), Cancellation));
        }
        Assert.Equal(300 / share, failures + successes);
    }

    [Fact]
    public async Task keys_do_not_wait_for_each_other()
    {
        var shared = new SharedWork<int, int>();
        using var all = new Barrier(Threads);
        var results = await Task.WhenAll(Enumerable.Range(0, Threads).Select(key => shared.GetAsync(key, _ => Task.Factory.StartNew(() =>
        {
            all.SignalAndWait(Cancellation); // ends only if the work of every key runs at the same time
            return key;
        }, Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default), Cancellation)));
        Assert.Equal(Enumerable.Range(0, Threads), results);
    }

    /// <summary>Runs something on several threads that all start together.</summary>
    private static async Task AtOnceAsync(int threads, Action<int> act)
    {
        using var start = new Barrier(threads);
        await Task.WhenAll(Enumerable.Range(0, threads).Select(i => Task.Factory.StartNew(() =>
        {
            start.SignalAndWait(Cancellation);
            act(i);
        }, Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
    }
}
