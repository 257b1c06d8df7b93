using System.Runtime.InteropServices;

namespace Manifold.Linux;

/// <summary>Who the program works for: in a user namespace that it entered itself still the user who called it.</summary>
internal static partial class User
{
    /// <summary>The user's number on the machine; 0 for root.</summary>
    public static uint Id => UserNamespace.EnteredFor?.Uid ?? GetEffectiveUserId();

    public static uint GroupId => UserNamespace.EnteredFor?.Gid ?? GetEffectiveGroupId();

    /// <summary>Whether the machine's folders for root are the user's, e.g. <c>/var/lib/manifold</c>.</summary>
    public static bool IsRoot => Id == 0;

    /// <summary>Whom a file that we make belongs to, in the numbers of the namespace that we are in.</summary>
    public static (uint Uid, uint Gid) OfNewFiles => (GetEffectiveUserId(), GetEffectiveGroupId());

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint GetEffectiveGroupId();
}
