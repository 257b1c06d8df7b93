using System.Collections.Immutable;
using System.Globalization;

namespace Manifold.Linux;

/// <summary>Whose ids this process can use: the machine's, or those that a user namespace maps.</summary>
/// <remarks>
/// In a namespace that is not the machine's own, root may unpack, mount and run containers with the mapped ids, and may not make device
/// nodes, set
/// <c>trusted.*</c> attributes nor write control groups. Source: user_namespaces(7), "User and group ID mappings".
/// </remarks>
internal static class UserNamespace
{
    /// <summary>Tells the program that <see cref="UserNamespaceEntry"/> starts who it works for: <c>UID:GID</c>.</summary>
    internal const string Marker = "MANIFOLD_USER_NAMESPACE";

    private readonly record struct Range(uint First, uint Outside, uint Count)
    {
        public bool Has(uint id) => id >= First && id - First < Count;
    }

    private static readonly ImmutableArray<Range> Users = Read("/proc/self/uid_map"), Groups = Read("/proc/self/gid_map");

    /// <summary>Whether this is the machine's own namespace, where root is the machine's root.</summary>
    public static bool IsInitial { get; } = Users is [] or [{ First: 0, Outside: 0, Count: uint.MaxValue }];

    /// <summary>The ordinary user for whom the program entered the namespace that it is in; null where it entered none.</summary>
    public static (uint Uid, uint Gid)? EnteredFor { get; } = FindOrdinaryUser();

    /// <summary>How many user ids there are.</summary>
    public static long Size => Users is [] ? uint.MaxValue : Users.Sum(range => range.Count);

    public static bool HasUser(uint uid) => IsInitial || Users.Any(range => range.Has(uid));

    public static bool HasGroup(uint gid) => IsInitial || Groups.Any(range => range.Has(gid));

    /// <summary>Why an owner cannot be had here, and what mends it.</summary>
    public static string DescribeForeign(uint uid, uint gid) =>
        $"its owner {uid}:{gid} is not one of the {Size} ids of this user namespace. Assign more ids to the user, "
            + "as one range in /etc/subuid and /etc/subgid: sudo usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST USER";

    private static (uint, uint)? FindOrdinaryUser()
    {
#pragma warning disable RS0030 // no setting of the user's: one of our processes tells the next, and every user of this folder must agree
        var parts = (Environment.GetEnvironmentVariable(Marker) ?? "").Split(':');
#pragma warning restore RS0030
        return !IsInitial && Environment.IsPrivilegedProcess && parts.Length == 2
            && uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var uid)
            && uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var gid) ? (uid, gid) : null;
    }

    private static ImmutableArray<Range> Read(string map)
    {
        try
        {
            return [.. File.ReadLines(map).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(word => uint.Parse(word, CultureInfo.InvariantCulture)).ToArray())
                .Select(ids => new Range(ids[0], ids[1], ids[2]))];
        }
        catch (IOException)
        {
            return []; // a kernel without user namespaces
        }
    }
}
