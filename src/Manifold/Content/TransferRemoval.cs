namespace Manifold.Content;

/// <summary>Transfers that were cut: they go when nobody went on with them for a day.</summary>
internal sealed class TransferRemoval : RemovalRule
{
    private static readonly TimeSpan Grace = TimeSpan.FromDays(1);

    public override void Decide(StoreFolder folder, Sweep sweep)
    {
        foreach (var file in folder.Files())
            Decide(file, sweep);
    }

    public static void Decide(FileInfo file, Sweep sweep)
    {
        sweep.Decide(UsageKind.Transfers, IsRecent(), file, () =>
        {
            var size = file.Length;
            file.Refresh(); // a client may have continued it since: uploads do not wait for a prune
            if (IsRecent())
                sweep.Made[UsageKind.Transfers].Keep(size);
            else
                file.Delete();
        });

        bool IsRecent() => sweep.Time.GetUtcNow() - file.LastWriteTimeUtc < Grace;
    }
}

/// <summary>What clients pushed: uploads as other transfers, and records of blobs that are gone.</summary>
internal sealed class PushRemoval : RemovalRule
{
    public override void Decide(StoreFolder folder, Sweep sweep)
    {
        foreach (var file in folder.Files())
        {
            if (Repositories.IsUpload(file))
                TransferRemoval.Decide(file, sweep);
            else if (!sweep.HasUnread && (Repositories.DigestOf(file) is not { } digest || !sweep.IsMarked(digest)))
                sweep.Remove(file.FullName, file.Delete); // also a killed writer's temporary file: nobody writes now
        }
    }
}

/// <summary>What was fetched and can be fetched again: it goes where room is asked for, before any record of the cache does.</summary>
internal sealed class DownloadRemoval : RemovalRule
{
    public override void Decide(StoreFolder folder, Sweep sweep)
    {
        foreach (var source in folder.Entries())
            sweep.Decide(UsageKind.Downloads, sweep.Options is { All: false, KeepBytes: null }, source, () => sweep.Delete(source));
    }
}
