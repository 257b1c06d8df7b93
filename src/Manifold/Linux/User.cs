using System.Runtime.InteropServices;

namespace Manifold.Linux;

/// <summary>Whose process this is.</summary>
public static partial class User
{
    /// <summary>The effective user's number; 0 for root.</summary>
    public static uint Id => GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();
}
