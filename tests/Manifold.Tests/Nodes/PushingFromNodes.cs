using System.Collections.Concurrent;
using System.Text;
using Manifold.Building;
using Manifold.Building.Recording;
using Manifold.Content;
using Manifold.Events;
using Manifold.Images.Outputs;
using Manifold.Nodes;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Publishing;
using Manifold.Registry;
using Manifold.Verification;
using Microsoft.AspNetCore.Http;

namespace Manifold.Tests.Nodes;

/// <summary>A node reaches the registry that an image is for: what it makes goes there, and not through this machine.</summary>
public sealed class PushingFromNodes : IAsyncLifetime
{
    private const int FileBytes = 500_000;

    private readonly TemporaryFolder folder = new();
    private readonly ConcurrentQueue<BuildEvent> events = new();
    private readonly List<RegistryClient> clients = [];
    private RegistryOptions options = new() { UserAgent = "caller/1", RetryDelay = TimeSpan.FromMilliseconds(5) };
    private ScriptedRegistry registry = null!;
    private Store store = null!;
    private InsideNode node = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        registry = await ScriptedRegistry.StartAsync();
        store = Store.Open(folder["store"]);
        node = await InsideNode.StartAsync();
        Directory.CreateDirectory(folder["app"]);
        await File.WriteAllTextAsync(folder["app/Dockerfile"], """
            FROM scratch AS files
            COPY noise /files/
            FROM scratch
            ARG TARGETARCH
            COPY --from=files /files /files
            COPY small /$TARGETARCH/
            """, Stop);
        var noise = new byte[FileBytes];
        new Random(1).NextBytes(noise);
        await File.WriteAllBytesAsync(folder["app/noise"], noise, Stop);
        await File.WriteAllTextAsync(folder["app/small"], "small", Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await node.DisposeAsync();
        clients.ForEach(client => client.Dispose());
        store.Dispose();
        await registry.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task no_layer_comes_here_and_the_image_is_that_of_a_build_here()
    {
        var index = (await BuildThereAsync()).OrThrow();

        Assert.Equal(await BuildHereAsync(), index);
        Assert.Equal(index, Digest.Of(registry.Manifests["app:1"].Bytes));
        Assert.Equal(3, Layers(index).Count);
        Assert.All(Layers(index), layer =>
        {
            Assert.True(registry.Linked.ContainsKey(("app", layer.Digest)));
            Assert.False(store.Contains(layer.Digest));
            Assert.Contains(events.OfType<Transferred>(), moved => moved.Push == BlobPush.Uploaded && moved.Digest == layer.Digest);
        });
        Assert.All(Returned(), unit => Assert.InRange(unit.Traffic.ReceivedBytes, 1, FileBytes / 10));
    }

    [Fact]
    public async Task the_gate_checks_the_image_and_downloads_nothing()
    {
        (await BuildThereAsync()).OrThrow();

        Assert.Equal(2, Assert.Single(events.OfType<Verified>()).Platforms);
        Assert.Equal(0, registry.Count("GET", "/blobs/"));
    }

    [Fact]
    public async Task an_image_that_cannot_start_is_refused_as_it_is_here()
    {
        await File.WriteAllTextAsync(folder["app/Dockerfile"], "FROM scratch\nCOPY noise app /\nENTRYPOINT [\"/app\"]\n", Stop);
        await File.WriteAllBytesAsync(folder["app/app"], ElfBuilder.Static(Cpu.Amd64), Stop);
        File.SetUnixFileMode(folder["app/app"], UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var there = await BuildThereAsync();

        using var other = Store.Open(folder["elsewhere"]);
        var here = await BuildAsync(other, null, push: false);
        Assert.Equal(Assert.IsType<GateRefusedException>(here.Failure).Message, Assert.IsType<GateRefusedException>(there.Failure).Message);
        Assert.Empty(registry.Manifests);
        Assert.All(Returned(), unit => Assert.InRange(unit.Traffic.ReceivedBytes, 1, FileBytes / 10));
    }

    [Fact]
    public async Task a_second_build_moves_no_blob_again()
    {
        (await BuildThereAsync()).OrThrow();
        events.Clear();
        var uploads = registry.Count("PUT", "/blobs/");

        (await BuildThereAsync()).OrThrow();

        Assert.Equal([(0L, 0L), (0L, 0L)], Returned().Select(unit => (unit.Traffic.SentBytes, unit.Traffic.ReceivedBytes)));
        Assert.Equal(uploads, registry.Count("PUT", "/blobs/"));
    }

    [Fact]
    public async Task a_build_here_makes_the_layers_that_never_came_here()
    {
        var there = (await BuildThereAsync()).OrThrow();

        Assert.Equal(there, (await BuildAsync(store, null, push: false)).OrThrow());
        Assert.All(Layers(there), layer => Assert.True(store.Contains(layer.Digest)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task layers_that_a_cache_has_in_its_registry_alone_are_found_by_the_node(bool push)
    {
        var cache = $"type=registry,ref={registry.Name}/cache:1,mode=max";
        using var other = Store.Open(folder["elsewhere"]);
        var here = (await BuildAsync(other, null, push: false,
            request => request with { Cache = CacheRequest.Parse([], [cache]) })).OrThrow();
        events.Clear();

        var there = (await BuildAsync(store, await HostOf(_ => false), push,
            request => request with { Cache = CacheRequest.Parse([cache[..^",mode=max".Length]], []) })).OrThrow();

        Assert.Equal(here, there);
        Assert.All(events.OfType<StepFinished>(), step => Assert.True(step.Cached, step.Step.Name));
        Assert.All(Layers(there), layer => Assert.Equal(push, registry.Linked.ContainsKey(("app", layer.Digest))));
        Assert.All(Layers(there), layer => Assert.NotEqual(push, store.Contains(layer.Digest)));
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("HEAD")]
    public async Task a_node_that_is_refused_sends_the_layers_through_here(string method)
    {
        registry.Fault = async http =>
        {
            if (http.Request.Method != method || !IsFromNode(http))
                return false;
            await ScriptedRegistry.RefuseAsync(http, 403, "DENIED");
            return true;
        };

        var index = (await BuildThereAsync()).OrThrow();

        Assert.Equal(index, Digest.Of(registry.Manifests["app:1"].Bytes));
        Assert.All(Layers(index), layer => Assert.True(registry.Linked.ContainsKey(("app", layer.Digest))));
        Assert.All(Layers(index), layer => Assert.True(store.Contains(layer.Digest)));
        Assert.StartsWith($"pi cannot push to {registry.Name}/app (the registry answered 403)",
            Assert.Single(events.OfType<Warned>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task layers_that_are_not_where_a_node_says_come_through_here()
    {
        // No length in the answer: the node believes that the registry has the blob.
        registry.Fault = http => Task.FromResult(http.Request.Method == "HEAD" && IsFromNode(http));

        var index = (await BuildThereAsync()).OrThrow();

        Assert.Equal(index, Digest.Of(registry.Manifests["app:1"].Bytes));
        Assert.All(Layers(index), layer => Assert.True(registry.Linked.ContainsKey(("app", layer.Digest))));
        Assert.Contains(Returned(), unit => unit.Traffic.ReceivedBytes > FileBytes);
    }

    [Fact]
    public async Task no_tag_is_written_over_layers_that_the_registry_loses()
    {
        var looks = new ConcurrentDictionary<string, bool>();
        registry.Fault = http =>
        {
            // The first look of this machine still finds it.
            if (http.Request.Method != "HEAD" || IsFromNode(http) || !http.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal)
                || !looks.TryAdd(http.Request.Path, true))
                return Task.FromResult(false);
            registry.LoseBlob(Digest.Parse(http.Request.Path.Value!.Split('/')[^1]));
            return Task.FromResult(true);
        };

        var built = await BuildThereAsync();

        Assert.IsType<LostBlobException>(built.Failure);
        Assert.False(registry.Manifests.ContainsKey("app:1"));
    }

    [Fact]
    public async Task credentials_are_lent_and_not_kept()
    {
        options = options with
        {
            PushCredentials = (_, _, _) => ValueTask.FromResult(new Credential { UserName = "pusher", Password = "swordfish" }),
        };
        registry.Fault = async http =>
        {
            if (http.Request.Headers.Authorization.ToString() is { Length: > 0 } sent)
            {
                Assert.Equal("pusher:swordfish", Encoding.UTF8.GetString(Convert.FromBase64String(sent["Basic ".Length..])));
                return false;
            }
            http.Response.Headers.WWWAuthenticate = "Basic realm=\"test\"";
            await ScriptedRegistry.RefuseAsync(http, 401, "UNAUTHORIZED");
            return true;
        };

        var index = (await BuildThereAsync()).OrThrow();

        Assert.All(Layers(index), layer => Assert.False(store.Contains(layer.Digest)));
        var kept = Directory.EnumerateFiles(node.Store.Root, "*", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)).Select(File.ReadAllText).ToList();
        Assert.NotEmpty(kept);
        Assert.All(kept, text => Assert.DoesNotContain("swordfish", text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task connections_that_are_cut_are_made_again(int seed)
    {
        var random = new Random(seed);
        var cuts = 12;
        node.CutAfter = () => cuts-- > 0 ? random.Next(200, 6000) : null;

        var index = (await BuildThereAsync()).OrThrow();

        Assert.Equal(await BuildHereAsync(), index);
        Assert.All(Layers(index), layer => Assert.True(registry.Linked.ContainsKey(("app", layer.Digest))));
        Assert.All(Layers(index), layer => Assert.False(store.Contains(layer.Digest)));
        Assert.True(node.Connections > 1, "no connection was cut");
    }

    [Theory]
    [InlineData("an output")]
    [InlineData("an SBOM")]
    [InlineData("a cache")]
    [InlineData("Docker's format")]
    public async Task layers_that_something_here_reads_come_here(string what)
    {
        var index = (await BuildAsync(store, await HostOf(_ => false), push: true,
            request => what != "a cache" ? request
                : request with { Cache = CacheRequest.Parse([], [$"type=local,dest={folder["cache"]}"]) },
            order => what switch
            {
                "an output" => order with
                {
                    Outputs = new OutputOrder { Given = [ImageOutput.Parse($"type=oci,dest={folder["image.tar"]}")] },
                },
                "an SBOM" => order with { Documents = new DocumentOrder { Sbom = true } },
                "Docker's format" => order with
                {
                    Project = order.Project with { Components = [order.Project.Components[0] with { DockerFormat = true }] },
                },
                _ => order,
            })).OrThrow();

        Assert.All(Layers(index), layer => Assert.True(store.Contains(layer.Digest)));
        Assert.All(Layers(index), layer => Assert.True(registry.Linked.ContainsKey(("app", layer.Digest))));
    }

    [Fact]
    public async Task a_registry_that_only_this_machine_reaches_never_hears_of_the_node()
    {
        var asked = false;
        registry.Fault = http =>
        {
            asked |= IsFromNode(http);
            return Task.FromResult(false);
        };

        var index = (await BuildAsync(store, await HostOf(null), push: true)).OrThrow();

        Assert.False(asked);
        Assert.Equal(index, Digest.Of(registry.Manifests["app:1"].Bytes));
        Assert.Empty(events.OfType<Warned>());
    }

    private static bool IsFromNode(HttpContext http) => http.Request.Headers.UserAgent.ToString() == InsideNode.Agent;

    private List<UnitReturned> Returned() => [.. events.OfType<UnitReturned>()];

    private List<Descriptor> Layers(Digest index) => [.. ImageIndex.Parse(store.ReadDocument(index)).Manifests
        .SelectMany(entry => Manifest.Parse(store.ReadDocument(entry.Digest)).Layers).DistinctBy(layer => layer.Digest)];

    private sealed record Built(Digest? Index, Exception? Failure)
    {
        public Digest OrThrow() => Index is { } index && Failure is null ? index : throw Failure!;
    }

    /// <summary>Builds on the node, which takes the registry for one that it reaches by the same name.</summary>
    private async Task<Built> BuildThereAsync() =>
        await BuildAsync(store, await HostOf(_ => false), push: true);

    private async Task<Digest> BuildHereAsync()
    {
        using var other = Store.Open(folder["elsewhere"]);
        return (await BuildAsync(other, null, push: false)).OrThrow();
    }

    private BuilderTools Tools(Store into)
    {
        clients.Add(new RegistryClient(options));
        return new BuilderTools(into, clients[^1], TimeProvider.System, SearchPath: null);
    }

    private async Task<(NodeHost Host, Node Node)> HostOf(Func<string, bool>? isOnlyHere)
    {
        var tools = Tools(store);
        var answers = new NodeAnswers(tools);
        var opened = await Node.OpenAsync(node.Route("pi"), store, answers, TimeProvider.System, Stop);
        // Units without a RUN go to the machine that counts as this one.
        var machine = new PooledMachine(new PlacementCandidate("pi", IsLocal: true, opened.Facts, 4), opened);
        var pool = new NodePool([machine], new PlacementRules(AllowsEmulation: true, SharesWork: false));
        return (isOnlyHere is { } only ? new NodeHost(tools, pool, answers) { IsOnlyHere = only }
            : new NodeHost(tools, pool, answers), opened);
    }

    private async Task<Built> BuildAsync(
        Store into, (NodeHost Host, Node Node)? there, bool push, Func<BuildRequest, BuildRequest>? with = null,
        Func<BuildOrder, BuildOrder>? ordered = null)
    {
        var tag = registry.Reference("app:1");
        var request = new BuildRequest
        {
            ContextFolder = folder["app"],
            Platforms = [Platform.Parse("linux/amd64"), Platform.Parse("linux/arm64")],
            Tags = [tag],
        };
        var builder = there is { } on ? new Builder(on.Host.Tools) { Host = on.Host } : new Builder(Tools(into));
        var order = BuildOrder.Of(
            ImageProject.Of(with?.Invoke(request) ?? request, VerificationPolicy.Default), new BuildHeading("test", "build")) with
        {
            Push = push ? new PublicationRequest { Targets = [tag] } : null,
        };
        var finished = await builder.RunAsync(ordered?.Invoke(order) ?? order, events.Enqueue, Stop);
        if (there is { } open)
            await open.Node.DisposeAsync();
        return new Built(finished.Result?.Components[0].Result?.Index.Digest, finished.Failure);
    }
}
