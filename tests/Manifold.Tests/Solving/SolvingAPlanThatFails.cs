using Manifold.Concurrency;
using Manifold.Layers;
using Manifold.Planning;
using Manifold.Solving;
using static Manifold.Tests.Solving.NamedSteps;

namespace Manifold.Tests.Solving;

/// <summary>An image fails or is stopped: its own work ends, and what another image waits for goes on.</summary>
public sealed class SolvingAPlanThatFails
{
    private readonly FakeExecutor executor = new();
    private readonly Solver solver;

    public SolvingAPlanThatFails() => solver = new Solver(executor, new FakeBlobs(executor), LayerPolicy.Default);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task nothing_that_needs_the_failed_step_runs_and_its_failure_is_what_the_caller_sees()
    {
        var bad = Step("bad", Base());
        executor.Work["bad"] = _ => throw new StepFailedException(bad, "exit code 2.", 2);
        var failure = await Assert.ThrowsAsync<StepFailedException>(
            () => solver.SolveAsync(Image(Step("after", bad)), Cancellation));
        Assert.Same(bad, failure.Step);
        Assert.Equal(2, failure.ProgramExitCode);
        Assert.Equal(0, executor.Count("begin after"));
    }

    [Fact]
    public async Task the_images_other_steps_are_cancelled_and_have_ended()
    {
        var bad = Step("bad", Base("other"));
        executor.Work["slow"] = stop => Task.Delay(Timeout.Infinite, stop);
        executor.Work["bad"] = async _ =>
        {
            await executor.BegunAsync("slow");
            throw new StepFailedException(bad, "exit code 1.");
        };
        await Assert.ThrowsAsync<StepFailedException>(
            () => solver.SolveAsync(Image(Copy("joined", Step("slow", Base()), bad)), Cancellation));
        Assert.Equal(1, executor.Count("cancelled slow"));
        Assert.Equal(0, executor.Count("begin joined"));
    }

    [Fact]
    public async Task a_cancelled_image_ends_its_steps_before_it_returns()
    {
        using var own = new CancellationTokenSource();
        executor.Work["slow"] = stop => Task.Delay(Timeout.Infinite, stop);
        var solving = solver.SolveAsync(Image(Step("after", Step("slow", Base()))), own.Token);
        await executor.BegunAsync("slow");
        await own.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => solving);
        Assert.Equal(1, executor.Count("cancelled slow"));
        Assert.Equal(0, executor.Count("begin after"));
    }

    [Fact]
    public async Task a_step_that_another_image_waits_for_goes_on_when_the_image_that_started_it_is_cancelled()
    {
        using var own = new CancellationTokenSource();
        var go = new TaskCompletionSource();
        executor.Work["shared"] = stop => go.Task.WaitAsync(stop);
        var shared = Step("shared", Base());
        var first = solver.SolveAsync(Image(Step("a", shared)), own.Token);
        await executor.BegunAsync("shared");
        var second = solver.SolveAsync(Image(Step("b", shared)), Cancellation);
        await own.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        go.SetResult();

        Assert.Equal(2, (await second).Layers.Length);
        Assert.Equal(1, executor.Count("begin shared"));
        Assert.Equal(0, executor.Count("cancelled shared"));
        Assert.Equal(0, executor.Count("begin a"));
    }

    [Fact]
    public async Task keeping_on_an_image_that_fails_takes_nothing_from_one_that_shares_its_steps()
    {
        var shared = Step("shared", Base());
        var bad = Step("bad", Base("other"));
        var (fail, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        executor.Work["shared"] = stop => go.Task.WaitAsync(stop);
        executor.Work["bad"] = async _ =>
        {
            await fail.Task;
            throw new StepFailedException(bad, "exit code 1.");
        };
        // The failing image asks for the shared step first.
        var failing = solver.SolveAsync(Image(Copy("joined", shared, bad)), Cancellation);
        await executor.BegunAsync("shared");
        var other = solver.SolveAsync(Image(Step("own", shared)), Cancellation);
        fail.SetResult();
        await Assert.ThrowsAsync<StepFailedException>(() => failing);
        go.SetResult();

        Assert.Equal(2, (await other).Layers.Length);
        Assert.Equal(1, executor.Count("begin shared"));
    }

    [Fact]
    public async Task the_last_image_to_leave_ends_the_shared_step()
    {
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        executor.Work["shared"] = stop => Task.Delay(Timeout.Infinite, stop);
        var shared = Step("shared", Base());
        var a = solver.SolveAsync(Image(Step("a", shared)), first.Token);
        await executor.BegunAsync("shared");
        var b = solver.SolveAsync(Image(Step("b", shared)), second.Token);
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => a);
        Assert.Equal(0, executor.Count("cancelled shared"));
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => b);
        Assert.Equal(1, executor.Count("cancelled shared"));
    }

    [Fact]
    public async Task an_image_that_asks_after_a_cancellation_gets_the_step_done_anew()
    {
        using var own = new CancellationTokenSource();
        var shared = Step("shared", Base());
        executor.Work["shared"] = stop => Task.Delay(Timeout.Infinite, stop);
        var first = solver.SolveAsync(Image(Step("a", shared)), own.Token);
        await executor.BegunAsync("shared");
        await own.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        executor.Work.Clear();
        Assert.Equal(2, (await solver.SolveAsync(Image(Step("b", shared)), Cancellation)).Layers.Length);
        Assert.Equal(2, executor.Count("begin shared"));
    }

    [Fact]
    public async Task a_failed_step_is_tried_again_for_an_image_that_asks_later()
    {
        var shared = Step("shared", Base());
        executor.Work["shared"] = _ => throw new StepFailedException(shared, "exit code 1.");
        await Assert.ThrowsAsync<StepFailedException>(() => solver.SolveAsync(Image(Step("a", shared)), Cancellation));

        executor.Work.Clear();
        Assert.Equal(2, (await solver.SolveAsync(Image(Step("b", shared)), Cancellation)).Layers.Length);
    }

    [Fact]
    public async Task the_first_of_several_images_that_fail_together_is_told_and_the_others_are_stopped()
    {
        var bad = Step("bad", Base("other"));
        executor.Work["slow"] = stop => Task.Delay(Timeout.Infinite, stop);
        executor.Work["bad"] = async _ =>
        {
            await executor.BegunAsync("slow");
            throw new StepFailedException(bad, "exit code 1.");
        };
        ImagePlan[] images = [Image(Step("slow", Base())), Image(bad)];
        var failure = await Assert.ThrowsAsync<StepFailedException>(
            () => FirstFailure.WhenAllAsync(images, solver.SolveAsync, Cancellation));
        Assert.Same(bad, failure.Step);
        Assert.Equal(1, executor.Count("cancelled slow"));
    }

    [Fact]
    public async Task a_linked_copy_that_fails_ends_the_work_below_it()
    {
        var linked = Copy("linked", Step("slow", Base()), from: null, link: true);
        executor.Work["slow"] = stop => Task.Delay(Timeout.Infinite, stop);
        executor.Work["linked"] = async _ =>
        {
            await executor.BegunAsync("slow");
            throw new StepFailedException(linked, "missing.");
        };
        var failure = await Assert.ThrowsAsync<StepFailedException>(() => solver.SolveAsync(Image(linked), Cancellation));
        Assert.Same(linked, failure.Step);
        Assert.Equal(1, executor.Count("cancelled slow"));
    }
}
