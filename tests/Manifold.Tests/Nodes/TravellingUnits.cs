using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Building;
using Manifold.Building.Recording;
using Manifold.Content;
using Manifold.Events;
using Manifold.Layers;
using Manifold.Nodes;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Registry;
using Manifold.Verification;

namespace Manifold.Tests.Nodes;

/// <summary>Units run on nodes. The image is the same to the byte, whatever happens on the way.</summary>
public sealed class TravellingUnits : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private readonly RegistryClient registry = new(new RegistryOptions());
    private readonly ConcurrentQueue<BuildEvent> events = new();
    private ImmutableArray<Platform> platforms = [Platform.Parse("linux/amd64"), Platform.Parse("linux/arm64")];
    private Store store = null!;
    private InsideNode node = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        store = Store.Open(folder["store"]);
        node = await InsideNode.StartAsync();
        Directory.CreateDirectory(folder["app/more"]);
        Directory.CreateDirectory(folder["other"]);
        await File.WriteAllTextAsync(folder["app/Dockerfile"], """
            FROM scratch AS files
            COPY one link /files/
            FROM scratch
            ARG TARGETARCH
            COPY --from=files /files /files
            COPY --from=other . /other/
            COPY more /$TARGETARCH/
            ENV ARCH=$TARGETARCH
            """, Stop);
        await File.WriteAllTextAsync(folder["app/.dockerignore"], "more/secret\n", Stop);
        await File.WriteAllTextAsync(folder["app/one"], "1", Stop);
        File.CreateSymbolicLink(folder["app/link"], "one");
        await File.WriteAllTextAsync(folder["app/more/two"], "2", Stop);
        await File.WriteAllTextAsync(folder["app/more/secret"], "no", Stop);
        await File.WriteAllTextAsync(folder["app/unused"], "nobody reads this", Stop);
        await File.WriteAllTextAsync(folder["other/three"], "3", Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await node.DisposeAsync();
        registry.Dispose();
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task the_image_is_that_of_a_build_here()
    {
        var there = await BuildThereAsync();

        Assert.Equal(await BuildHereAsync(), there);
        Assert.Equal(2, events.OfType<UnitPlaced>().Count(placed => placed.Node == "pi"));
    }

    [Fact]
    public async Task a_second_build_sends_and_fetches_no_blob_again()
    {
        await BuildThereAsync();
        Assert.Contains(events.OfType<UnitReturned>(), unit => unit.Traffic is { SentBytes: > 0, ReceivedBytes: > 0 });
        events.Clear();

        await BuildThereAsync();

        Assert.Equal([(0L, 0L), (0L, 0L)],
            events.OfType<UnitReturned>().Select(unit => (unit.Traffic.SentBytes, unit.Traffic.ReceivedBytes)));
    }

    [Fact]
    public async Task a_build_here_after_one_there_does_nothing_again()
    {
        var there = await BuildThereAsync();
        events.Clear();

        var (again, _) = await BuildAsync(store, Host: null);

        Assert.Equal(there, again);
        Assert.All(events.OfType<StepFinished>(), step => Assert.True(step.Cached, step.Step.Name));
    }

    [Fact]
    public async Task files_that_no_step_reads_stay_here()
    {
        await BuildThereAsync();

        var files = await FilesOf(node.Store);
        Assert.Contains("more/two", files, StringComparison.Ordinal);
        Assert.DoesNotContain("unused", files, StringComparison.Ordinal);
        Assert.DoesNotContain("nobody reads this", files, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task connections_that_are_cut_are_made_again(int seed)
    {
        var random = new Random(seed);
        var cuts = 12;
        node.CutAfter = () => cuts-- > 0 ? random.Next(200, 6000) : null;

        var there = await BuildThereAsync();

        Assert.Equal(await BuildHereAsync(), there);
        Assert.True(node.Connections > 1, "no connection was cut");
    }

    [Fact]
    public async Task a_node_whose_program_was_killed_does_the_unit_again()
    {
        var restarted = false;
        var there = await BuildThereAsync(async e =>
        {
            if (e is StepFinished && !Interlocked.Exchange(ref restarted, true))
                await node.RestartAsync();
        });

        Assert.True(restarted);
        Assert.Equal(await BuildHereAsync(), there);
    }

    [Fact]
    public async Task a_node_that_is_gone_costs_its_units_a_restart_and_not_the_build()
    {
        await using var second = await InsideNode.StartAsync();
        node.Patience = TimeSpan.FromMilliseconds(500);
        var gone = false;
        var there = await BuildThereAsync(e =>
        {
            if (e is not StepStarted || Interlocked.Exchange(ref gone, true))
                return Task.CompletedTask;
            node.IsUnreachable = true;
            node.Cut();
            return Task.CompletedTask;
        }, second);

        Assert.Equal(await BuildHereAsync(), there);
        Assert.Contains(events.OfType<UnitReturned>(), unit => unit is { Node: "pi", Lost: not null });
        Assert.Contains(events.OfType<UnitReturned>(), unit => unit is { Node: "second", Lost: null });
    }

    [Fact]
    public async Task a_step_that_fails_there_fails_as_it_does_here()
    {
        platforms = [Platform.Parse("linux/amd64")]; // of two, either may fail first
        await File.WriteAllTextAsync(folder["app/Dockerfile"], "FROM scratch\nADD --checksum=sha256:"
            + new string('0', 64) + " http://127.0.0.1:1/none /\n", Stop);

        var failure = (await BuildAsync(store, await HostOf([("pi", node)]))).Failure;
        var here = (await BuildAsync(Store.Open(folder["here"]), Host: null)).Failure;

        Assert.IsType<StepFailedException>(failure);
        Assert.Equal(here!.Message, failure.Message);
    }

    private async Task<Digest> BuildThereAsync(Func<BuildEvent, Task>? on = null, InsideNode? second = null)
    {
        List<(string Name, InsideNode Node)> nodes = second is null ? [("pi", node)] : [("pi", node), ("second", second)];
        var (index, failure) = await BuildAsync(store, await HostOf(nodes), on);
        return index ?? throw failure!;
    }

    private async Task<Digest> BuildHereAsync()
    {
        using var other = Store.Open(folder["elsewhere"]);
        var (index, failure) = await BuildAsync(other, Host: null);
        return index ?? throw failure!;
    }

    private async Task<(NodeHost Host, List<Node> Nodes)?> HostOf(List<(string Name, InsideNode Node)> nodes)
    {
        var tools = new BuilderTools(store, registry, TimeProvider.System, SearchPath: null);
        var answers = new NodeAnswers(tools);
        var opened = new List<Node>();
        var machines = ImmutableArray.CreateBuilder<PooledMachine>();
        foreach (var (name, inside) in nodes)
        {
            var each = await Node.OpenAsync(inside.Route(name), store, answers, TimeProvider.System, Stop);
            opened.Add(each);
            // Units without a RUN go to the machine that counts as this one.
            machines.Add(new PooledMachine(new PlacementCandidate(name, IsLocal: true, each.Facts, 4), each));
        }
        return (new NodeHost(tools,
            new NodePool(machines.ToImmutable(), new PlacementRules(AllowsEmulation: true, SharesWork: false)), answers), opened);
    }

    private async Task<(Digest? Index, Exception? Failure)> BuildAsync(
        Store into, (NodeHost Host, List<Node> Nodes)? Host, Func<BuildEvent, Task>? on = null)
    {
        var request = new BuildRequest
        {
            ContextFolder = folder["app"],
            Platforms = platforms,
            Contexts = ImmutableSortedDictionary<string, NamedContext>.Empty.Add("other", new FolderContext(folder["other"])),
        };
        var builder = new Builder(new BuilderTools(into, registry, TimeProvider.System, SearchPath: null));
        if (Host is { } host)
            builder = new Builder(new BuilderTools(into, registry, TimeProvider.System, SearchPath: null)) { Host = host.Host };
        var work = new ConcurrentBag<Task>();
        var finished = await builder.RunAsync(
            BuildOrder.Of(ImageProject.Of(request, VerificationPolicy.Default), new BuildHeading("test", "build")),
            e =>
            {
                events.Enqueue(e);
                if (on is not null)
                    work.Add(on(e)); // at once: the unit must not end before it
            }, Stop);
        await Task.WhenAll(work);
        foreach (var each in Host?.Nodes ?? [])
            await each.DisposeAsync();
        return (finished.Result?.Components[0].Result?.Index.Digest, finished.Failure);
    }

    /// <summary>The content of all blobs of a store, decompressed.</summary>
    private static async Task<string> FilesOf(Store store)
    {
        var all = "";
        foreach (var file in Directory.EnumerateFiles(Path.Combine(store.Root, "blobs"), "*", SearchOption.AllDirectories))
        {
            using var reader = new StreamReader(Compression.Open(File.OpenRead(file)));
            all += await reader.ReadToEndAsync(Stop);
        }
        return all;
    }
}
