using System.Text.RegularExpressions;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>Layers by DiffId, unpacked or as tars: those go that nothing needs, and with <c>--all</c> each one.</summary>
internal sealed partial class LayerRemoval : RemovalRule
{
    public override void Decide(StoreFolder folder, Sweep sweep)
    {
        foreach (var layer in folder.Entries().Where(entry => LeadingHex().IsMatch(entry.Name)))
        {
            sweep.Cancellation.ThrowIfCancellationRequested();
            var isNeeded = sweep.HasUnread || (!sweep.Options.All && sweep.IsMarked(Digest.Parse("sha256:" + layer.Name[..64])));
            sweep.Decide(UsageKind.Unpacked, isNeeded, layer, () => sweep.Delete(layer));
        }
    }

    [GeneratedRegex("^[0-9a-f]{64}")]
    private static partial Regex LeadingHex();
}

/// <summary>Corrections of unpacked layers, useless without any: they go when all layers do.</summary>
internal sealed class FixupRemoval : RemovalRule
{
    public override void Decide(StoreFolder folder, Sweep sweep)
    {
        if (sweep.Options.All && !sweep.HasUnread)
            sweep.Remove(folder.Path, () => sweep.Delete(new DirectoryInfo(folder.Path)));
    }
}
