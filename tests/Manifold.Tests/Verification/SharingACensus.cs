using Manifold.Content;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Verification;

namespace Manifold.Tests.Verification;

/// <summary>Several images of a build share a layer, and its census is taken once.</summary>
public sealed class SharingACensus : IDisposable
{
    private static readonly Digest Layer = Digest.Of("layer"u8.ToArray());

    private readonly TemporaryFolder folder = new();
    private readonly Store store;
    private readonly CensusCache cache;

    public SharingACensus()
    {
        store = Store.Open(folder["store"]);
        cache = new CensusCache(store);
    }

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task an_image_that_is_given_up_leaves_the_census_to_the_other()
    {
        using var givenUp = new CancellationTokenSource();
        var (begun, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var first = cache.GetOrTakeAsync(Layer, async stop =>
        {
            begun.SetResult();
            await release.Task.WaitAsync(stop);
            return LayerCensus.Empty;
        }, givenUp.Token);
        await begun.Task;
        var second = cache.GetOrTakeAsync(Layer, _ => throw new InvalidOperationException("It is taken twice."), CancellationToken.None);

        await givenUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        release.SetResult();

        Assert.Empty((await second).Files);
    }

    [Fact]
    public async Task a_census_that_failed_or_was_cancelled_is_taken_again()
    {
        using var givenUp = new CancellationTokenSource();
        await Assert.ThrowsAsync<IOException>(() => cache.GetOrTakeAsync(Layer, _ => throw new IOException("no line"), givenUp.Token));
        Assert.False(cache.Has(Layer));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.GetOrTakeAsync(Layer, async stop =>
        {
            await givenUp.CancelAsync();
            await Task.Delay(Timeout.Infinite, stop);
            return LayerCensus.Empty;
        }, givenUp.Token));
        Assert.False(cache.Has(Layer));

        Assert.Empty((await cache.GetOrTakeAsync(Layer, _ => Task.FromResult(LayerCensus.Empty), CancellationToken.None)).Files);
        Assert.True(cache.Has(Layer));
    }

    [Fact]
    public async Task a_census_that_is_forgotten_is_taken_again()
    {
        var taken = 0;
        for (var i = 0; i < 2; i++)
        {
            await cache.GetOrTakeAsync(Layer, Take, CancellationToken.None);
            await cache.GetOrTakeAsync(Layer, Take, CancellationToken.None);
            cache.Forget(Layer);
            Assert.False(cache.Has(Layer));
        }
        Assert.Equal(2, taken);

        Task<LayerCensus> Take(CancellationToken stop)
        {
            taken++;
            return Task.FromResult(LayerCensus.Empty);
        }
    }

    [Fact]
    public async Task names_that_are_not_UTF8_are_the_same_when_the_census_is_read_again()
    {
        LayerEntry[] files =
        [
            Script("bin/run\udcfd"),
            Script("bin/run\udcfc"),
            FileTrees.FileEntry("bin/run", "#!/bin/sh\n"),
        ];
        var taken = await cache.GetOrTakeAsync(Layer, _ => Task.FromResult(LayerCensus.Of(files)), CancellationToken.None);

        var read = await new CensusCache(store)
            .GetOrTakeAsync(Layer, _ => throw new InvalidOperationException("It is kept."), CancellationToken.None);

        Assert.Equal(["bin/run", "bin/run\udcfc", "bin/run\udcfd"], read.Files.Keys);
        Assert.Equal(taken.Files.Values.Select(facts => facts.ToString()), read.Files.Values.Select(facts => facts.ToString()));
        Assert.Contains("/bin/sh\udcfe", read.Files["bin/run\udcfd"].ToString(), StringComparison.Ordinal);
    }

    private static LayerEntry Script(string path) =>
        FileTrees.FileEntry(path) with { Size = 11, Open = () => new MemoryStream([.. "#!/bin/sh"u8, 0xFE, (byte)'\n']) };
}
