namespace Manifold.Content;

/// <summary>Records of builds: the latest stay, as many as <see cref="Limits.BuildRecords"/>.</summary>
internal sealed class BuildRecordRemoval : RemovalRule
{
    public override void Decide(StoreFolder folder, Sweep sweep)
    {
        var old = sweep.Store.Builds.BeyondBound().Select(file => file.FullName).ToHashSet();
        foreach (var file in folder.Files())
            sweep.Decide(UsageKind.Builds, !old.Contains(file.FullName), file, file.Delete);
    }
}
