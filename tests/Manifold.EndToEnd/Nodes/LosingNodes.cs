using System.Globalization;

namespace Manifold.EndToEnd.Nodes;

/// <summary>Connections, programs and callers that die while a node works. Nothing is lost, and nothing is left.</summary>
[Trait("kind", "end-to-end")]
public sealed class LosingNodes : WithNodes
{
    // Each RUN takes long enough to be met by a kill, and prints, so that messages are under way.
    private const string Dockerfile = """
        FROM BASE
        ARG NUMBER
        COPY large /large
        RUN for i in 1 2 3 4 5 6; do echo $NUMBER $i; busybox sleep 0.1; done; echo $NUMBER >/one
        RUN for i in 1 2 3 4 5 6; do echo $i; busybox sleep 0.1; done; busybox wc -c /large >/two
        """;

    [Fact]
    public async Task Ctrl_C_ends_the_work_on_the_node()
    {
        var seconds = $"{Random.Shared.Next(100_000_000, 999_999_999)}";
        var context = Shop.Context($"FROM BASE\nRUN echo sleeping; busybox sleep {seconds}\n");
        var build = Shop.Run(["--on", RootNode, "--progress", "plain", context], "build");
        await Eventually.Is(() => Processes.Sleeping(seconds).Length == 1);

        await Tool.Run("kill", "-INT", CallerOf(context));
        var stopped = await Eventually.Ends(build);

        Assert.Equal(130, stopped.Code);
        await Eventually.Is(() => Processes.Sleeping(seconds).Length == 0, "The RUN goes on.");
        await NothingIsLeftThere();
    }

    [Fact]
    public async Task a_caller_that_is_killed_leaves_nothing_on_the_node()
    {
        var seconds = $"{Random.Shared.Next(100_000_000, 999_999_999)}";
        var context = Shop.Context($"FROM BASE\nRUN echo sleeping; busybox sleep {seconds}\n");
        var build = Shop.Run(["--on", OrdinaryNode, "--progress", "plain", context], "build");
        await Eventually.Is(() => Processes.Sleeping(seconds).Length == 1);

        await Tool.Run("kill", "-KILL", CallerOf(context));
        await Eventually.Ends(build);

        await Eventually.Is(() => Processes.Sleeping(seconds).Length == 0, "The RUN goes on.");
        await NothingIsLeftThere();
    }

    /// <summary>
    /// Kills one of the processes of a build on a node at a random moment, again and again. MANIFOLD_TEST_KILLS sets how often.
    /// </summary>
    [Fact]
    public async Task whatever_is_killed_at_any_moment_nothing_is_lost()
    {
        var kills = int.TryParse(Environment.GetEnvironmentVariable("MANIFOLD_TEST_KILLS"), out var given) ? given : 6;
        var large = new string('x', 3_000_000);
        for (var i = 0; i < kills; i++)
        {
            var context = Shop.Context(Dockerfile, ("large", large + i));
            string[] arguments = ["--on", RootNode, "--build-arg", $"NUMBER={i}", "-t", $"killed:{i}", context];
            var build = Shop.Run(arguments, "build");
            await Task.Delay(Random.Shared.Next(3000));
            var victim = (Victim)(i % 4);
            await KillAsync(victim, context);
            var outcome = await Eventually.Ends(build);

            // Only the caller's own death ends its build.
            if (victim != Victim.Caller)
                Assert.True(outcome.Code == 0, $"{i}: after the end of the {victim}: exit code {outcome.Code}\n{outcome.Error}");
            await NothingIsLeftThere();
            (await Shop.Run(arguments, "build")).Succeeded();
            using var here = new Workshop();
            (await here.Run(["--build-arg", $"NUMBER={i}", "-t", $"killed:{i}", context], "build")).Succeeded();
            Assert.Equal(IndexOf(here, $"docker.io/library/killed:{i}"), IndexOf(Shop, $"docker.io/library/killed:{i}"));
        }
    }

    private enum Victim
    {
        Connection,
        Relay,
        Server,
        Caller,
    }

    private async Task KillAsync(Victim victim, string context)
    {
        switch (victim)
        {
            case Victim.Connection:
                Server.KillConnections();
                break;
            case Victim.Relay:
                await Tool.Try("pkill", "-KILL", "-f", $"{Server["cache-"]}.* node-relay ");
                break;
            case Victim.Server:
                await Tool.Try("pkill", "-KILL", "-f", $"{Server["cache-"]}.* node-serve ");
                break;
            case Victim.Caller:
                foreach (var caller in Processes.Using(context).ToList())
                    await Tool.Try("kill", "-KILL", caller.ToString(CultureInfo.InvariantCulture));
                break;
        }
    }

    /// <summary>The process of the build of a context, by its number.</summary>
    private static string CallerOf(string context) => Processes.Using(context).First().ToString(CultureInfo.InvariantCulture);
}
