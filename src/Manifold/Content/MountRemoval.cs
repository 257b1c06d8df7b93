namespace Manifold.Content;

/// <summary>Folders that RUNs keep: they go by their last use, among the records of the cache.</summary>
internal sealed class MountRemoval : RemovalRule
{
    public override IEnumerable<UsedEntry> Used(StoreFolder folder) =>
        CacheFolders.In(folder).Select(kept => new UsedEntry(kept, CacheFolders.LastUse(kept), NamesContent: false));

    public override void Decide(StoreFolder folder, Sweep sweep)
    {
        foreach (var kept in CacheFolders.In(folder))
        {
            sweep.Decide(UsageKind.CacheMounts, sweep.Fits(kept), kept,
                () => CacheFolders.Remove(kept, sweep.Store.WorkFolder));
        }
    }
}
