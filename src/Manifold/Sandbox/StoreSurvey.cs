using System.Collections.Immutable;
using System.Globalization;
using Manifold.Content;
using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>The state of the store, whatever is wrong with it, and a store in which other things can be tried.</summary>
/// <remarks>
/// Opens the store and writes a few bytes, as a build does. Where it cannot be written, a store of its own in memory or in a temporary
/// folder stands in until <see cref="Dispose"/>.
/// </remarks>
internal sealed class StoreSurvey : IDisposable
{
    private const long LittleSpace = 5_000_000_000;
    private readonly string? temporary;

    private StoreSurvey(HostCheck check, Store? store, string? temporary) => (Check, Store, this.temporary) = (check, store, temporary);

    public HostCheck Check { get; }

    /// <summary>The store, or a replacement for it; null if nothing on this machine is writable.</summary>
    public Store? Store { get; }

    /// <summary>Whether <see cref="Store"/> is the store itself.</summary>
    public bool IsUsable => temporary is null && Store is not null;

    public static StoreSurvey Make(string root)
    {
        root = Path.GetFullPath(root);
        var (store, refusal) = TryOpen(root);
        if (store is not null && Trouble(root, null) is null)
            return new StoreSurvey(Room(root), store, null);
        store?.Dispose();
        var check = Trouble(root, refusal)!;
        foreach (var place in (ImmutableArray<string>)[Path.GetTempPath(), "/dev/shm", "/run"])
        {
            var stand = Path.Combine(place, $"manifold-doctor-{Guid.NewGuid():N}");
            if (DiskSpace.Of(place) is { IsReadOnly: false } && !DiskTrouble.IsFull(place) && TryOpen(stand).Store is { } other)
                return new StoreSurvey(check, other, stand);
        }
        return new StoreSurvey(check, null, null);
    }

    private static (Store? Store, Exception? Refusal) TryOpen(string root)
    {
        Store? store = null;
        try
        {
            store = Store.Open(root, AbandonedRuns.End);
            var trial = Path.Combine(store.WorkFolder, "trial");
            File.WriteAllBytes(trial, new byte[4096]);
            File.Delete(trial);
            return (store, null);
        }
        catch (Exception e) when (e is HostNotReadyException or IOException or UnauthorizedAccessException)
        {
            try
            {
                store?.Dispose();
            }
            catch (Exception again) when (again is IOException or UnauthorizedAccessException)
            {
                // It could not be written, so there is nothing to remove.
            }
            return (null, e);
        }
    }

    // Null where it can be written.
    private static HostCheck? Trouble(string root, Exception? refusal)
    {
        const string cost = "builds and pulls do not work";
        var elsewhere = "export MANIFOLD_ROOT=/FOLDER";
        var space = DiskSpace.Of(root);
        if (space is { IsReadOnly: true })
            return Lack($"{root} is on a read-only disk, mounted on {DiskSpace.MountOf(root)}", cost, elsewhere);
        if (space is { Files: > 0, FreeFiles: 0 })
            return Lack($"the disk of {root}, mounted on {DiskSpace.MountOf(root)}, has no free inodes", cost, "manifold prune");
        if (DiskTrouble.IsFull(root))
            return Lack($"the disk of {root}, mounted on {DiskSpace.MountOf(root)}, is full ({Gigabytes(space)} GB free)",
                cost, "manifold prune");
        if (refusal is null)
            return null;
        var why = refusal is HostNotReadyException { InnerException: { } inner } ? inner : refusal;
        return Lack(File.Exists(root) ? $"{root} is a file, not a folder" : $"{root} cannot be used: {why.Message.TrimEnd('.')}",
            cost, elsewhere);
    }

    private static HostCheck Room(string root)
    {
        var space = DiskSpace.Of(root);
        var room = new HostCheck { Name = "store", Found = $"{Gigabytes(space)} GB free for {root}" };
        return space?.Free >= LittleSpace ? room
            : room with { Status = HostStatus.Reduced, Cost = "a large build might fill the disk", Remedy = "manifold prune" };
    }

    private static string Gigabytes(DiskSpace? space) => ((space?.Free ?? 0) / 1e9).ToString("0.#", CultureInfo.InvariantCulture);

    private static HostCheck Lack(string found, string cost, string remedy) =>
        new()
        {
            Name = "store",
            Status = HostStatus.Missing,
            Found = found,
            Cost = cost,
            Remedy = remedy,
        };

    public void Dispose()
    {
        Store?.Dispose();
        if (temporary is not null)
            FileTree.Delete(temporary);
    }
}
