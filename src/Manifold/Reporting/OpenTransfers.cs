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

    /// <summary>
    /// One text for each kind: <c>pulling 3 blobs, 12.1 MB of 40.0 MB</c>. Each node that blobs move to or from has its own.
    /// </summary>
    public IEnumerable<string> Texts() => open.Values.GroupBy(transfer => (transfer.Kind, Node: NodeOf(transfer))).Select(same =>
        $"{Doing(same.Key.Kind)} {Amounts.Count(same.Count(), "blob")}, "
        + $"{Amounts.Bytes(same.Sum(each => each.Done))} of {Amounts.Bytes(same.Sum(each => each.Total))}{same.Key.Node}");

    private static string NodeOf(Transferred transfer) => transfer.Kind switch
    {
        TransferKind.Send => $" to {transfer.Where}",
        TransferKind.Receive => $" from {transfer.Where}",
        _ => "",
    };

    private static string Doing(TransferKind kind) => kind switch
    {
        TransferKind.Pull => "pulling",
        TransferKind.Push => "pushing",
        TransferKind.Unpack => "unpacking",
        TransferKind.Send => "sending",
        TransferKind.Receive => "receiving",
        _ => "compressing",
    };
}
