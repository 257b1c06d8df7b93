using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Engine;
using Manifold.Events;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Publishing;
using Manifold.Registry;
using Manifold.Verification;

namespace Manifold.Tests.Engine;

/// <summary>A program that uses the library's entrance, with a store of its own and a registry beside it.</summary>
public sealed class UsingTheEngine : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ConcurrentQueue<BuildEvent> events = new();
    private readonly ManifoldEngine engine;

    public UsingTheEngine()
    {
        engine = ManifoldEngine.Open(new EngineOptions
        {
            Environment = ImmutableSortedDictionary<string, string>.Empty,
            StoreFolder = folder["store"],
            Registry = new RegistryOptions { RetryDelay = TimeSpan.FromMilliseconds(5) },
            On = events.Enqueue,
        });
        folder.Write("app/Dockerfile", """
            FROM scratch
            ARG TARGETARCH
            COPY --chmod=755 app-$TARGETARCH /app
            ENTRYPOINT ["/app"]
            """);
        File.WriteAllBytes(folder["app/app-amd64"], ElfBuilder.Static(Cpu.Amd64));
        File.WriteAllBytes(folder["app/app-arm64"], ElfBuilder.Static(Cpu.Arm64));
    }

    public void Dispose()
    {
        engine.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task a_build_without_a_publication_is_named_in_the_store()
    {
        var tag = ImageReference.Parse("example.com/app:1");

        var built = await engine.BuildAsync(Request() with { Tags = [tag] }, cancellation: TestContext.Current.CancellationToken);

        Assert.Null(built.Publication);
        Assert.Equal(built.Index.Digest, engine.Store.Tags.Find(tag)?.Digest);
        Assert.Equal(["linux/amd64", "linux/arm64"], built.Platforms.Select(each => each.Platform.ToString()));
        Assert.Equal(["amd64", "arm64"], built.Platforms.Select(each => each.Config.Architecture));
        Assert.Contains(events, each => each is StepFinished);
    }

    [Fact]
    public async Task a_published_image_can_be_copied_and_verified()
    {
        await using var server = await RunningServer.StartAsync();
        var (name, copy) = ($"{server.Authority}/acme/app:1", $"{server.Authority}/acme/copy:2");

        var built = await engine.BuildAsync(Request(), new PublicationRequest { Targets = [ImageReference.Parse(name)] });
        await engine.CopyAsync(ImageLocation.Parse(name), [ImageLocation.Parse(copy)]);
        var report = await engine.VerifyAsync(ImageLocation.Parse(copy));

        Assert.Equal([$"{name}@{built.Index.Digest}"], built.Publication!.Tags.Select(each => each.ToString()));
        Assert.Equal(built.Index.Digest, report.Digest);
        Assert.Equal(2, report.Platforms.Length);
        Assert.False(report.IsRefusedBy(VerificationPolicy.Default));
        Assert.Contains(events, each => each is Transferred { Kind: TransferKind.Push });
    }

    [Fact]
    public async Task an_image_that_cannot_start_is_refused_and_no_tag_is_written()
    {
        await using var server = await RunningServer.StartAsync();
        File.WriteAllBytes(folder["app/app-arm64"], ElfBuilder.Static(Cpu.Amd64));
        var target = ImageReference.Parse($"{server.Authority}/acme/app:1");

        var refused = await Assert.ThrowsAnyAsync<ManifoldException>(
            () => engine.BuildAsync(Request(), new PublicationRequest { Targets = [target] }));

        Assert.Contains("linux/arm64", refused.Message);
        Assert.Null(await engine.Registry.HeadManifestAsync(target));
    }

    [Fact]
    public async Task a_publication_and_a_copy_need_a_name()
    {
        await Assert.ThrowsAsync<UsageException>(() => engine.BuildAsync(Request(), new PublicationRequest { Targets = [] }));
        await Assert.ThrowsAsync<UsageException>(() => engine.CopyAsync(ImageLocation.Parse("store:example.com/app:1"), []));
    }

    [Fact]
    public async Task a_publication_without_targets_has_the_tags_of_the_request()
    {
        await using var server = await RunningServer.StartAsync();
        var tag = ImageReference.Parse($"{server.Authority}/acme/app:1");

        var built = await engine.BuildAsync(Request() with { Tags = [tag] }, new PublicationRequest { Targets = [] });

        Assert.Equal([tag], built.Publication!.Tags.Select(each => each.Reference));
    }

    [Fact]
    public async Task a_canceled_build_throws_and_leaves_an_engine_that_builds()
    {
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.BuildAsync(Request(), cancellation: cancellation.Token));

        Assert.Equal(2, (await engine.BuildAsync(Request())).Platforms.Length);
    }

    [Fact]
    public void the_store_is_where_the_environment_says()
    {
        using var other = ManifoldEngine.Open(new EngineOptions
        {
            Environment = ImmutableSortedDictionary<string, string>.Empty.Add("MANIFOLD_ROOT", folder["elsewhere"]),
        });

        Assert.Equal(folder["elsewhere"], other.Store.Root);
    }

    private BuildRequest Request() => new()
    {
        ContextFolder = folder["app"],
        Platforms = [Platform.Parse("linux/amd64"), Platform.Parse("linux/arm64")],
    };
}
