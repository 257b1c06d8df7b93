using Manifold.Oci;

namespace Manifold.Content;

/// <summary>Blobs: those go that nothing with a name and no record needs.</summary>
internal sealed class BlobRemoval : RemovalRule
{
    public override void Decide(StoreFolder folder, Sweep sweep)
    {
        foreach (var (digest, file) in Blobs(folder))
        {
            sweep.Decide(sweep.IsNamed(digest) ? UsageKind.Images : UsageKind.Unnamed,
                sweep.HasUnread || sweep.IsMarked(digest), file, file.Delete);
        }
    }

    private static IEnumerable<(Digest Digest, FileInfo File)> Blobs(StoreFolder folder) =>
        from algorithm in folder.Entries().OfType<DirectoryInfo>()
        from file in algorithm.EnumerateFiles()
        where Digest.TryParse($"{algorithm.Name}:{file.Name}", out _)
        select (Digest.Parse($"{algorithm.Name}:{file.Name}"), file);
}
