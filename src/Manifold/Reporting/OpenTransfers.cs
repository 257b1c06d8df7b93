using Manifold.Events;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Reporting;

/// <summary>The transfers that are not finished, for people.</summary>
/// <remarks>Not thread-safe: its owner holds a lock.</remarks>
internal sealed class OpenTransfers
{
    private readonly Dictionary<(TransferKind, Digest, string), Transferred> open = [];

    public void Note(Transferred transfer)
    {
        var key = (transfer.Kind, transfer.Digest, transfer.Where);
        if (transfer.Done < transfer.Total)
            open[key] = transfer;
        else
            open.Remove(key);
    }

    public void Clear() => open.Clear();

    /// <summary>One text for each kind: <c>pulling 3 blobs, 12.1 MB of 40.0 MB</c>.</summary>
    public IEnumerable<string> Texts() => open.Values.GroupBy(transfer => transfer.Kind).Select(kind =>
        $"{Doing(kind.Key)} {Amounts.Count(kind.Count(), "blob")}, "
        + $"{Amounts.Bytes(kind.Sum(each => each.Done))} of {Amounts.Bytes(kind.Sum(each => each.Total))}");

    private static string Doing(TransferKind kind) => kind switch
    {
        TransferKind.Pull => "pulling",
        TransferKind.Push => "pushing",
        TransferKind.Unpack => "unpacking",
        _ => "compressing",
    };
}
