namespace Manifold.Layers;

/// <summary>Where the fields of a tar header are, in bytes.</summary>
/// <remarks>
/// Source: POSIX.1-2024, pax, "ustar Interchange Format" and "pax Interchange Format"; GNU tar manual, "Basic Tar Format".
/// </remarks>
internal static class TarFormat
{
    internal const int Block = 512;

    internal static readonly Range Name = 0..100, Mode = 100..108, Uid = 108..116, Gid = 116..124, Size = 124..136, Modified = 136..148,
        Checksum = 148..156,
        LinkName = 157..257, Magic = 257..263, Version = 263..265, DeviceMajor = 329..337, DeviceMinor = 337..345, Prefix = 345..500;
    internal const int Type = 156;

    internal const string WhiteoutPrefix = ".wh.", OpaqueMarker = ".wh..wh..opq", AufsPrefix = ".wh..wh.", XattrPrefix = "SCHILY.xattr.";

    internal static long Padding(long size) => -size & (Block - 1);
}
