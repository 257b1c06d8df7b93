namespace Manifold.Content;

/// <summary>Small files that can be made again: the least recently used go.</summary>
internal sealed class RecordRemoval : RemovalRule
{
    public override IEnumerable<UsedEntry> Used(StoreFolder folder) =>
        Records(folder).Select(record => new UsedEntry(record, LastUse(record), NamesContent: true));

    public override void Decide(StoreFolder folder, Sweep sweep)
    {
        foreach (var record in Records(folder))
            sweep.Decide(UsageKind.CacheRecords, sweep.Fits(record), record, record.Delete);
    }

    private static IEnumerable<FileInfo> Records(StoreFolder folder) => folder.Files().Where(file => file.Extension != ".lock");

    // Readers set the time of access; a file system may be mounted without it.
    private static DateTime LastUse(FileInfo record) =>
        record.LastWriteTimeUtc > record.LastAccessTimeUtc ? record.LastWriteTimeUtc : record.LastAccessTimeUtc;
}
