namespace Manifold.Layers;

/// <summary>Which extended attributes belong to an image, and which to the machine that it lies on.</summary>
internal static class TravellingXattrs
{
    /// <remarks>
    /// Overlayfs's own must never be set from a layer (a redirect would show another folder's content) nor leave in one. SELinux labels and
    /// IMA hashes are the host's policy. ACLs travel, as does everything of users and file capabilities.
    /// </remarks>
    internal static bool Includes(string name) =>
        (name.StartsWith("user.", StringComparison.Ordinal)
            && !name.StartsWith("user.overlay.", StringComparison.Ordinal)
            && name != DevicePlaceholder.Xattr)
        || (name.StartsWith("trusted.", StringComparison.Ordinal) && !name.StartsWith("trusted.overlay.", StringComparison.Ordinal))
        || name is "security.capability" or "system.posix_acl_access" or "system.posix_acl_default";
}
