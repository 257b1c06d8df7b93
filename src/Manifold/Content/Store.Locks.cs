using Manifold.Linux;

namespace Manifold.Content;

/// <remarks>
/// Who adds to the store holds it shared from its first blob until that blob is reachable from a name or a cache record.
/// Who removes holds it alone, and thus meets no content that is only on its way to a name.
/// </remarks>
public sealed partial class Store
{
    /// <summary>Held by a build, a pull or a push into the store while it works. Waits while a prune runs. Dispose it at the end.</summary>
    /// <param name="onWait">Called once where there is something to wait for, so that people may be told.</param>
    public Task<IDisposable> LockSharedAsync(Action? onWait = null, CancellationToken cancellation = default) =>
        WaitAsync(() => FileLock.TryShare(Layout.ContentLock), onWait, cancellation);

    /// <summary>Held by a prune. Null where somebody adds to the store at this moment.</summary>
    internal IDisposable? TryLockExclusive() => TryLock(() => FileLock.TryTake(Layout.ContentLock));

    /// <inheritdoc cref="LockSharedAsync"/>
    internal Task<IDisposable> LockExclusiveAsync(Action? onWait = null, CancellationToken cancellation = default) =>
        WaitAsync(() => FileLock.TryTake(Layout.ContentLock), onWait, cancellation);

    /// <summary>Held while a publication from this store writes tags: one at a time, for the moments that this takes.</summary>
    internal Task<IDisposable> LockPublicationsAsync(CancellationToken cancellation = default)
    {
        var folder = Layout.Publications.Path;
        Guarded(() => Directory.CreateDirectory(folder));
        return WaitAsync(() => FileLock.TryTake(Path.Combine(folder, "lock")), null, cancellation);
    }

    private async Task<IDisposable> WaitAsync(Func<FileLock?> take, Action? onWait, CancellationToken cancellation)
    {
        while (true)
        {
            if (TryLock(take) is { } held)
                return held;
            onWait?.Invoke();
            onWait = null;
            await Task.Delay(50, cancellation).ConfigureAwait(false);
        }
    }

    private FileLock? TryLock(Func<FileLock?> take)
    {
        FileLock? held = null;
        Guarded(() => held = take());
        return held;
    }
}
