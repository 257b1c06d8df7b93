using System.Globalization;
using System.Text;

namespace Manifold.Layers;

/// <summary>
/// What stands for a device in an unpacked layer where the kernel lets nobody make one: an empty file whose attribute says which.
/// </summary>
/// <remarks>
/// Owner, mode and time are the file's own, and the attribute goes along where a RUN copies or moves it; so what is read from the folder is
/// the device again. It is no more than a RUN with CAP_MKNOD may do anyway.
/// </remarks>
internal static class DevicePlaceholder
{
    /// <summary>Never leaves the machine, nor comes in with a layer (<see cref="TravellingXattrs"/>).</summary>
    public const string Xattr = "user.manifold.device";

    public static byte[] Value(LayerEntry device) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $"{(device.Kind == EntryKind.BlockDevice ? 'b' : 'c')} {device.DeviceMajor}:{device.DeviceMinor}"));

    /// <summary>The device that a placeholder stands for; the entry as it is where its attribute says nothing of the kind.</summary>
    public static LayerEntry Device(LayerEntry placeholder, ReadOnlySpan<byte> value)
    {
        var text = Encoding.ASCII.GetString(value);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return placeholder is { Kind: EntryKind.File, Size: 0 } && colon > 2 && text[1] == ' ' && text[0] is 'b' or 'c'
            && uint.TryParse(text.AsSpan(2, colon - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            && uint.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var minor)
            ? placeholder with
            {
                Kind = text[0] == 'b' ? EntryKind.BlockDevice : EntryKind.CharacterDevice,
                DeviceMajor = major,
                DeviceMinor = minor,
            }
            : placeholder;
    }
}
