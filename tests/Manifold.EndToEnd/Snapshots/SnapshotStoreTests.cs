using Manifold.Content;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Snapshots;

namespace Manifold.EndToEnd.Snapshots;

public sealed class KeepingSnapshots : IDisposable
{
    private static readonly Digest DiffId = Digest.Of("layer");
    private readonly TemporaryFolder folder = new();
    private readonly SteppedTime time = new();
    private readonly Store store;
    private readonly SnapshotStore snapshots;

    public KeepingSnapshots()
    {
        store = Store.Open(folder["store"]);
        snapshots = new SnapshotStore(store, time);
    }

    [Fact]
    public async Task makes_one_once_however_many_ask()
    {
        var made = 0;
        var gate = new TaskCompletionSource();
        async Task<FolderSet> Make(string target, CancellationToken cancellation)
        {
            Interlocked.Increment(ref made);
            await gate.Task;
            await File.WriteAllTextAsync(Path.Combine(target, "file"), "content", cancellation);
            return ["a", ""];
        }
        var asked = Enumerable.Range(0, 8).Select(_ => snapshots.GetOrAddAsync(DiffId, Make)).ToList();
        Assert.False(snapshots.Contains(DiffId));
        gate.SetResult();
        await Task.WhenAll(asked);
        await snapshots.GetOrAddAsync(DiffId, Make);
        Assert.Equal(1, made);
        Assert.Equal("content", File.ReadAllText(Path.Combine(snapshots.FolderOf(DiffId), "file")));
        Assert.Equal(["", "a"], snapshots.ImpliedBy(DiffId));
        Assert.Equal(7, snapshots.SizeOf(DiffId));
    }

    [Fact]
    public async Task that_fail_leave_nothing_and_may_be_tried_again()
    {
        await Assert.ThrowsAsync<FormatException>(() => snapshots.GetOrAddAsync(DiffId, (target, _) =>
        {
            File.WriteAllText(Path.Combine(target, "half"), "");
            throw new FormatException();
        }));
        Assert.False(snapshots.Contains(DiffId));
        Assert.Empty(Directory.GetDirectories(store.WorkFolder));
        await snapshots.GetOrAddAsync(DiffId, Empty);
        Assert.True(snapshots.Contains(DiffId));
    }

    [Fact]
    public async Task whose_first_caller_is_cancelled_go_on_for_the_others()
    {
        using var source = new CancellationTokenSource();
        var (begun, gate, made) = (new TaskCompletionSource(), new TaskCompletionSource(), 0);
        async Task<FolderSet> Make(string target, CancellationToken cancellation)
        {
            made++;
            begun.SetResult();
            await gate.Task.WaitAsync(cancellation);
            return [];
        }
        var first = snapshots.GetOrAddAsync(DiffId, Make, source.Token);
        await begun.Task;
        var second = snapshots.GetOrAddAsync(DiffId, Make);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult();
        await second;
        Assert.Equal(1, made);
        Assert.True(snapshots.Contains(DiffId));
    }

    [Fact]
    public async Task made_by_two_at_once_are_kept_once()
    {
        using var other = Store.Open(store.Root); // as another process has it
        await snapshots.GetOrAddAsync(DiffId, async (target, cancellation) =>
        {
            await new SnapshotStore(other).GetOrAddAsync(DiffId, Empty, cancellation);
            await File.WriteAllTextAsync(Path.Combine(target, "late"), "", cancellation);
            return [];
        });
        Assert.Empty(Directory.GetFileSystemEntries(snapshots.FolderOf(DiffId)));
        Assert.Empty(Directory.GetDirectories(store.WorkFolder));
    }

    [Fact]
    public void adopts_changes_by_renaming_them()
    {
        foreach (var round in (int[])[1, 2])
        {
            var changes = Directory.CreateDirectory(Path.Combine(store.WorkFolder, $"changes{round}")).FullName;
            File.WriteAllText(Path.Combine(changes, "file"), $"{round}");
            snapshots.Adopt(changes, DiffId);
            Assert.False(Directory.Exists(changes));
        }
        Assert.Equal("1", File.ReadAllText(Path.Combine(snapshots.FolderOf(DiffId), "file")));
        Assert.Empty(Directory.GetDirectories(store.WorkFolder));
    }

    [Fact]
    public async Task lists_first_what_was_not_used_for_longest_and_removes_it()
    {
        var other = Digest.Of("other");
        await snapshots.GetOrAddAsync(DiffId, Empty);
        await snapshots.GetOrAddAsync(other, Empty);
        time.Step(TimeSpan.FromSeconds(1));
        await snapshots.GetOrAddAsync(DiffId, Empty);
        Assert.Equal([other, DiffId], snapshots.List().Select(entry => entry.DiffId));
        snapshots.Remove(other);
        Assert.Equal([DiffId], snapshots.List().Select(entry => entry.DiffId));
    }

    private static Task<FolderSet> Empty(string target, CancellationToken cancellation) => Task.FromResult(FolderSet.Empty);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }
}
