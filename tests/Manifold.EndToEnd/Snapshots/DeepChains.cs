using Manifold.Content;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Snapshots;

namespace Manifold.EndToEnd.Snapshots;

/// <summary>Layers whose folders lie in one another, hundreds deep, and are only implied.</summary>
public sealed class DeepChains : IDisposable
{
    private readonly TemporaryFolder folder = new(TemporaryFolder.InMemory);
    private readonly Store store;
    private readonly SnapshotStore snapshots;

    public DeepChains()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Snapshots need root.");
        store = Store.Open(folder["store"]);
        snapshots = new SnapshotStore(store);
    }

    [Fact]
    public async Task show_the_attributes_of_the_layer_that_has_entries_for_them()
    {
        var (below, above) = (await Layer("below", 30, implied: false), await Layer("above", 30, implied: true));
        var lowers = OverlayChain.Lowers(snapshots, [below, above], TestContext.Current.CancellationToken);
        Assert.Equal(3, lowers.Length);
        for (var depth = 1; depth <= 30; depth++)
            Assert.Equal(0b111_000_000, DirectoryHandle.StatusOf(Path.Combine(lowers[0], Deep(depth)))!.Value.Mode);
    }

    [Fact]
    public async Task of_nineteen_hundred_folders_cost_moments_and_not_minutes_of_the_processor()
    {
        var small = await ChainOf(475);
        var large = await ChainOf(1_900);
        var (cheap, dear) = (ProcessorTime.Of(() => Stack(small)), ProcessorTime.Of(() => Stack(large)));
        // Four times as deep: 4 where the work is linear, 64 where it is cubic.
        Assert.True(dear < cheap * 24 + TimeSpan.FromMilliseconds(50), $"475 folders take {cheap}, 1900 take {dear}");
        Assert.True(dear < TimeSpan.FromSeconds(5), $"{dear}");
    }

    [Fact]
    public async Task are_given_up_when_the_build_is_cancelled()
    {
        var chain = await ChainOf(200);
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        Assert.ThrowsAny<OperationCanceledException>(() => OverlayChain.Lowers(snapshots, [.. chain], stop.Token));
        Assert.Empty(Directory.GetDirectories(store.WorkFolder));
        Assert.Equal(4, Stack(chain));
    }

    [Fact]
    public async Task with_hundreds_of_implied_folders_side_by_side_are_right_too()
    {
        var below = await Layer("wide below", Enumerable.Range(0, 300).Select(i => FolderEntry($"f{i}")));
        var above = await Layer("wide above", Enumerable.Range(0, 300).Select(i => FileEntry($"f{i}/x")));
        var top = OverlayChain.Lowers(snapshots, [below, above], TestContext.Current.CancellationToken)[0];
        Assert.Equal(300, Directory.GetDirectories(top).Count(path => DirectoryHandle.StatusOf(path)!.Value.Mode == 0b111_000_000));
    }

    private int Stack(IReadOnlyList<Digest> chain) =>
        OverlayChain.Lowers(snapshots, [.. chain], TestContext.Current.CancellationToken).Length;

    private async Task<IReadOnlyList<Digest>> ChainOf(int depth) =>
        [await Layer($"explicit {depth}", depth, implied: false), await Layer($"one {depth}", depth, implied: true),
            await Layer($"two {depth}", depth, implied: true, "second")];

    private Task<Digest> Layer(string name, int depth, bool implied, string file = "file") =>
        Layer(name, implied ? [FileEntry($"{Deep(depth)}/{file}")] : Enumerable.Range(1, depth).Select(each => FolderEntry(Deep(each))));

    private async Task<Digest> Layer(string name, IEnumerable<LayerEntry> entries)
    {
        var digest = Digest.Of(name);
        await snapshots.GetOrAddAsync(digest,
            (target, stop) => Task.FromResult(new FolderWriter(target).Write(entries, stop).ImpliedFolders),
            TestContext.Current.CancellationToken);
        return digest;
    }

    private static string Deep(int folders) => string.Join('/', Enumerable.Repeat("d", folders));

    private static LayerEntry FolderEntry(string path) => new() { Path = path, Kind = EntryKind.Folder, Mode = 0b111_000_000 };

    private static LayerEntry FileEntry(string path) =>
        new()
        {
            Path = path,
            Kind = EntryKind.File,
            Mode = 0b110_100_100,
            Open = () => Stream.Null,
        };

    public void Dispose()
    {
        store?.Dispose();
        folder.Dispose();
    }
}
