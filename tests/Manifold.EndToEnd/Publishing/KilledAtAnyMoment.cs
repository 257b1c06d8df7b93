using System.Collections.Concurrent;

namespace Manifold.EndToEnd.Publishing;

/// <summary>
/// The program is killed (SIGKILL) at a request of its publication, against a real registry. <c>MANIFOLD_TEST_KILLS=all</c> takes every
/// request in every way; otherwise every second request in one way, and those about the tags, at the end, in every way.
/// </summary>
/// <remarks>The number of requests differs by a few from run to run. If a publication ends before the chosen request, the one before it is
/// tried.</remarks>
[Trait("kind", "end-to-end")]
public sealed class KilledAtAnyMoment(ITestOutputHelper output)
{
    private enum Moment { BeforeTheRegistryHears, InTheMiddleOfTheBody, BeforeTheAnswer }

    private static bool Everything => Environment.GetEnvironmentVariable("MANIFOLD_TEST_KILLS") is "all";

    [Fact]
    public async Task each_tag_is_old_or_new_and_the_same_command_ends_the_work_without_sending_a_blob_twice()
    {
        await using var front = await Front.StartAsync();
        var requests = await CountRequestsAsync(front);
        var points = (from request in Enumerable.Range(1, requests)
                      from moment in Enum.GetValues<Moment>()
                      where Everything || request > requests - 10 || (request % 2 == 0 && request % 3 == (int)moment)
                      select (request, moment)).ToList();
        var states = new ConcurrentBag<int>();
        await Parallel.ForEachAsync(points, new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (point, _) =>
        {
            var (release, arrived) = await KillAsync(front, point);
            await using var used = release;
            states.Add(await release.EveryTagIsOldOrNewAsync());

            front.Step(release.Name, passing => CountAsync(passing, arrived));
            var (code, said, error) = await release.RunAsync();

            Assert.True(code == 0, $"{release.Name}: {error}");
            Assert.Equal(Release.Tags.Length, await release.EveryTagIsOldOrNewAsync());
            Assert.All(Release.Tags,
                tag => Assert.Contains($"{release.Name}/{tag}@{release.New.Digest}\n", said, StringComparison.Ordinal));
            Assert.All(arrived.GroupBy(blob => blob),
                uploads => Assert.True(uploads.Count() == 1, $"{release.Name}: {uploads.Key} arrived {uploads.Count()} times"));
            Assert.Empty(Directory.GetFiles(Path.Combine(release.StoreFolder, "publications"), "*.json"));
        });
        output.WriteLine($"{requests} requests, killed at {states.Count} points; tags that were new after the kill: "
            + string.Join(", ",
                states.GroupBy(count => count).OrderBy(group => group.Key).Select(group => $"{group.Key} of 3 at {group.Count()}")));
        Assert.True(states.Count >= 50, $"only {states.Count} points were reached");
        Assert.Contains(0, states);
        Assert.Contains(Release.Tags.Length, states);
    }

    private static async Task<int> CountRequestsAsync(Front front)
    {
        await using var release = await Release.PrepareAsync(front, "counted");
        var requests = 0;
        front.Step(release.Name, passing =>
        {
            Interlocked.Increment(ref requests);
            return passing.AnswerAsync();
        });
        Assert.Equal(0, (await release.RunAsync()).Code);
        return requests;
    }

    /// <summary>Prepares a release and kills its publication at that request, or at the last one before it.</summary>
    private static async Task<(Release Release, ConcurrentBag<string> Arrived)> KillAsync(Front front, (int Request, Moment Moment) point)
    {
        for (var request = point.Request; request > 0; request--)
        {
            var release = await Release.PrepareAsync(front, $"killed-{point.Request}-{(int)point.Moment}-at-{request}");
            var arrived = new ConcurrentBag<string>();
            if (await IsKilledAsync(front, release, (request, point.Moment), arrived))
                return (release, arrived);
            await release.DisposeAsync();
        }
        throw new InvalidOperationException("The publication made no request.");
    }

    /// <summary>False where the publication ended before that request came.</summary>
    private static async Task<bool> IsKilledAsync(
        Front front, Release release, (int Request, Moment Moment) point, ConcurrentBag<string> arrived)
    {
        var (seen, killed) = (0, false);
        var started = new TaskCompletionSource<System.Diagnostics.Process>();
        front.Step(release.Name, async passing =>
        {
            if (Interlocked.Increment(ref seen) != point.Request)
            {
                await CountAsync(passing, arrived);
                return;
            }
            if (point.Moment == Moment.InTheMiddleOfTheBody && passing.Request.ContentLength is > 1 and var length)
                await passing.ForwardAsync(length / 2);
            else if (point.Moment == Moment.BeforeTheAnswer)
                await ForwardAsync(passing, arrived);
            var process = await started.Task;
            killed = true;
            process.Kill(); // SIGKILL, to it alone
            await process.WaitForExitAsync();
            passing.Cut();
        });
        using var program = release.Start();
        started.SetResult(program);
        await Task.WhenAll(program.StandardError.ReadToEndAsync(), program.StandardOutput.ReadToEndAsync());
        await program.WaitForExitAsync();
        await front.IsQuietAsync(release.Name);
        Assert.True(killed || program.ExitCode == 0, $"{release.Name}: exit code {program.ExitCode}");
        return killed;
    }

    private static async Task CountAsync(Passing passing, ConcurrentBag<string> arrived)
    {
        await ForwardAsync(passing, arrived);
        await passing.AnswerAsync();
    }

    private static async Task ForwardAsync(Passing passing, ConcurrentBag<string> arrived)
    {
        await passing.ForwardAsync();
        if (passing is { EndsUpload: { } blob, Status: System.Net.HttpStatusCode.Created })
            arrived.Add(blob);
    }
}
