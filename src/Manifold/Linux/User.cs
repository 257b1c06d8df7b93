using System.Runtime.InteropServices;

namespace Manifold.Linux;

/// <summary>Whose process this is.</summary>
public static partial class User
{
    /// <summary>The effective user's number; 0 for root.</summary>
    public static uint Id => GetEffectiveUserId();

    /// <summary>The effective group's number.</summary>
    public static uint GroupId => GetEffectiveGroupId();

    /// <summary>False in a user namespace, whose root may not make devices.</summary>
    public static bool HasWholeMachine { get; } =
        !File.Exists("/proc/self/uid_map") || File.ReadAllText("/proc/self/uid_map").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is ["0", "0", "4294967295"];

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint GetEffectiveGroupId();
}
